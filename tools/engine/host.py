"""What the machine has and may: commands, rights, the engine that already answers, errors."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path


class EngineToolError(Exception):
    """What happened, and what to do about it, in one message."""


def say(text: str) -> None:
    """Progress goes to stderr, so that stdout stays evaluable by a shell."""
    print(f"engine: {text}", file=sys.stderr, flush=True)


def run(
    argv: list[str],
    *,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    timeout_s: float = 900,
    what: str = "",
    stdin: str | None = None,
) -> str:
    """Run to the end and return stdout; raise EngineToolError with the end of stderr."""
    try:
        done = subprocess.run(
            argv,
            env=env,
            cwd=cwd,
            timeout=timeout_s,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise EngineToolError(f"{argv[0]} is not installed ({what or 'needed here'})") from error
    except subprocess.TimeoutExpired as error:
        raise EngineToolError(f"{what or argv[0]}: no end after {timeout_s:.0f} s") from error
    if done.returncode:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-15:])
        raise EngineToolError(f"{what or argv[0]} failed with exit code {done.returncode}:\n{tail}")
    return done.stdout


def system_engine(ignore_host: str) -> str | None:
    """Describe the engine that answers in the caller's environment, or None.

    An environment that points to our own private engine does not count.
    """
    if not shutil.which("docker") or os.environ.get("DOCKER_HOST") == ignore_host:
        return None
    try:
        version = run(
            ["docker", "info", "--format", "{{.ServerVersion}} ({{.OperatingSystem}})"],
            timeout_s=10,
        ).strip()
        buildx = run(["docker", "buildx", "version"], timeout_s=10).split()
    except EngineToolError:
        return None
    return f"Docker {version}, buildx {buildx[1] if len(buildx) > 1 else '?'}" if version else None


def require_private_engine_possible() -> None:
    """Raise with the reason when this machine cannot run a private engine."""
    if platform.system() != "Linux":
        raise EngineToolError(
            f"no Docker engine answers, and a private one needs Linux "
            f"(this is {platform.system()}). Start Docker and run again."
        )
    if os.geteuid() != 0:
        raise EngineToolError(
            "no Docker engine answers, and a private one needs root. "
            "Start Docker (and see that `docker info` works for you), or run again as root."
        )
    for command in ("apt-get", "dpkg"):
        if not shutil.which(command):
            raise EngineToolError(
                f"no Docker engine answers, and a private one is made from Debian packages, but "
                f"{command} is missing. Install Docker with buildx and run again."
            )


def debian_mirror() -> str:
    """URI of the Debian archive that this machine's own apt sources name."""
    lines = run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"],
        what="reading the machine's apt sources",
    ).splitlines()
    codename = _os_release().get("VERSION_CODENAME", "stable")
    for line in lines:
        uri, _, release = line.partition(" ")
        if release in (codename, "stable", "testing", "unstable") and uri.startswith("http"):
            return uri.rstrip("/")
    raise EngineToolError(
        f"this machine's apt sources name no Debian archive for {codename}; "
        "install Docker with buildx, or add Debian's main archive to apt's sources"
    )


def _os_release() -> dict[str, str]:
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines())
    return {key: value.strip('"') for key, _, value in pairs}


def machine() -> str:
    """Processor name as npm and PyPI wheels write it: x64 or arm64."""
    name = platform.machine()
    known = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
    if name not in known:
        raise EngineToolError(f"no base images for processor {name}; use a Docker engine of yours")
    return known[name]
