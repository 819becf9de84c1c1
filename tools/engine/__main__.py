"""`python3 tools/engine up|down|status|env|run`: a Docker engine with BuildKit for demo and tests.

Uses the engine that already answers; where there is none, brings up a private one. Standard
library only, because it runs before anything of the project is installed.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import images
from daemon import Daemon, named
from host import EngineToolError, say, system_engine
from packages import SUITES


def _home() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("IMGOPT_ENGINE_HOME") or Path(cache) / "imgopt" / "engine")


def _daemon(args: argparse.Namespace) -> Daemon:
    return Daemon(args.home, args.store, args.suite, args.name, args.data_root)


def _up(args: argparse.Namespace) -> dict[str, str]:
    """Make an engine available; return the variables a client needs (empty: the user's engine)."""
    daemon = _daemon(args)
    if not args.private:
        found = system_engine(ignore_host=daemon.host)
        if found:
            say(f"using the running engine: {found}")
            return {}
    daemon.up()
    images.ensure(daemon, args.images)
    return daemon.environment()


def _exports(variables: dict[str, str]) -> str:
    return "".join(f"export {k}={shlex.quote(v)}\n" for k, v in variables.items())


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tools/engine", description=__doc__)
    parser.add_argument("--home", type=Path, default=_home(), help="folder of the private engine")
    parser.add_argument(
        "--store",
        choices=("containerd", "classic"),
        default="containerd",
        help="image store of the private engine (each has an engine of its own)",
    )
    parser.add_argument(
        "--suite",
        choices=tuple(SUITES),
        default="",
        help="Debian suite of the private engine's packages (default: the newest that has them)",
    )
    parser.add_argument("--name", default="", help="of a private engine of its own")
    parser.add_argument(
        "--data-root",
        type=lambda text: Path(text).absolute(),
        metavar="DIR",
        help="where the private engine keeps images and cache (default: under its home)",
    )
    parser.add_argument(
        "--private",
        action="store_true",
        help="bring up the private engine even beside a running one",
    )
    parser.add_argument(
        "--images",
        type=lambda text: tuple(name for name in text.split(",") if name),
        default=images.ALL,
        metavar="NAME,…",
        help="base images to make in the private engine (default: all)",
    )
    parser.add_argument(
        "--optional",
        action="store_true",
        help="run: go on without an engine where none can be had; IMGOPT_NO_ENGINE says why",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="bring an engine up; prints the exports a shell needs")
    down = commands.add_parser("down", help="stop the private engine; its images and cache stay")
    down.add_argument("--all", action="store_true", help="those of tests, too")
    commands.add_parser("status", help="which engine would be used, and what it holds")
    commands.add_parser("env", help="print the exports of the private engine, if it is up")
    run = commands.add_parser("run", help="up, then run a command with the engine's environment")
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- COMMAND …")
    args = parser.parse_args(argv)
    args.home = args.home.expanduser().absolute()
    try:
        return _dispatch(args)
    except EngineToolError as error:
        print(f"engine: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130


def _dispatch(args: argparse.Namespace) -> int:
    daemon = _daemon(args)
    if args.command == "up":
        sys.stdout.write(_exports(_up(args)))
    elif args.command == "env":
        if daemon.answers():
            sys.stdout.write(_exports(daemon.environment()))
    elif args.command == "down":
        stopped = [one for one in (named(args.home) if args.all else [daemon]) if one.down()]
        for one in stopped:
            say(f"stopped {one.state.name}")
        if not stopped:
            say("the private engine was not running")
    elif args.command == "status":
        return _status(daemon)
    elif args.command == "run":
        argv = args.argv[1:] if args.argv[:1] == ["--"] else args.argv
        if not argv:
            raise EngineToolError("run needs a command: tools/engine run -- COMMAND …")
        try:
            environment = {**os.environ, **_up(args)}
        except EngineToolError as error:
            if not args.optional:
                raise
            say(f"going on without an engine: {error}")
            environment = {**os.environ, "IMGOPT_NO_ENGINE": str(error)}
        try:
            os.execvpe(argv[0], argv, environment)
        except OSError as error:
            raise EngineToolError(f"cannot run {argv[0]}: {error.strerror}") from error
    return 0


def _status(daemon: Daemon) -> int:
    found = system_engine(ignore_host=daemon.host)
    print(f"system engine:  {found or 'none answers'}")
    if not daemon.answers():
        print(f"private engine: down ({daemon.home})")
        return 0 if found else 1
    print(f"private engine: up, {daemon.version()} ({daemon.home})")
    for name, size in images.present(daemon):
        print(f"  stand-in {name}  {size}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
