"""`docker buildx`: one build with its events, and nothing else of it."""

from __future__ import annotations

import codecs
import json
import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from imgopt import temporary
from imgopt.buildkit.docker_cli import run
from imgopt.buildkit.failure import Failed, failure, too_long
from imgopt.buildkit.progress import Progress
from imgopt.documents import parse_json
from imgopt.errors import EngineError
from imgopt.masking import redacted
from imgopt.project.bake import read_bake

_MOST_TARGETS = 1000


class BuildSpec(msgspec.Struct, frozen=True):
    """One build command. `cache_namespace` gives RUN cache mounts a space of their own; a
    `timeout_s` of 0 is none; `output` says where the image goes (empty: into the engine).

    `secrets` are values that no message may show. `folder` is where the build's own temporary files
    go, `held` are descriptors that it holds open as long as it runs.
    """

    context: Path
    dockerfile: Path
    tag: str
    target: str = ""
    build_args: Mapping[str, str] = {}
    network: str = ""
    builder: str = ""
    no_cache: bool = False
    cache_namespace: str = ""
    contexts: Mapping[str, str] = {}
    timeout_s: float = 0.0
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    output: str = ""
    secrets: tuple[str, ...] = ()
    folder: Path | None = None
    held: tuple[int, ...] = ()


class BuildOutcome(msgspec.Struct):
    """What a build that succeeded left behind: its events and its metadata file."""

    progress: Progress
    metadata: dict[str, Any]
    cli_duration_s: float


def has_buildx() -> bool:
    """Whether docker is there with its buildx plugin."""
    try:
        run("buildx", "version", timeout_s=20)
    except EngineError:
        return False
    return True


def bake_definition(file: Path) -> str:
    """The JSON of `docker buildx bake --print` for a bake file.

    EngineError when buildx fails, ConfigError for a file that cannot be read.
    """
    # Without names, bake prints the default group alone.
    text = read_bake(file)
    if file.suffix == ".json":
        try:
            names = list(parse_json(text).get("target", {}))
        except (ValueError, AttributeError) as error:
            raise EngineError(f"not a bake file: {error}") from error
    else:
        names = re.findall(r'^[ \t]*target[ \t]+"([\w.-]{1,200})"', text, re.MULTILINE)
    names = names[:_MOST_TARGETS]
    return run("buildx", "bake", f"--file={file}", "--print", "--progress=quiet", "--", *names)


def command(spec: BuildSpec, metadata_file: Path) -> list[str]:
    """The argument list of a build."""
    argv = ["docker", "buildx", "build", "--progress=rawjson"]
    argv.append(f"--output={spec.output}" if spec.output else "--load")
    if spec.builder:
        argv.append(f"--builder={spec.builder}")
    if spec.no_cache:
        argv.append("--no-cache")
    if spec.target:
        argv.append(f"--target={spec.target}")
    if spec.network:
        argv.append(f"--network={spec.network}")
    if spec.cache_namespace:
        argv.append(f"--build-arg=BUILDKIT_CACHE_MOUNT_NS={spec.cache_namespace}")
    argv += [f"--build-arg={name}={value}" for name, value in spec.build_args.items()]
    argv += [f"--build-context={name}={value}" for name, value in spec.contexts.items()]
    argv += [f"--cache-from={source}" for source in spec.cache_from]
    argv += [f"--cache-to={target}" for target in spec.cache_to]
    argv += [f"--metadata-file={metadata_file}", f"--file={spec.dockerfile}", f"--tag={spec.tag}"]
    return [*argv, str(spec.context)]


def build(spec: BuildSpec, on_step: Callable[[str], None] = lambda _name: None) -> BuildOutcome:
    """Run a build to its end; BuildFailed with step, line and log when it fails.

    Whatever ends this early ends the build too.
    """
    with temporary.folder("imgopt-meta-", spec.folder) as folder:
        metadata_file = folder / "metadata.json"
        progress = Progress()
        started = time.perf_counter()
        try:
            process = subprocess.Popen(
                command(spec, metadata_file),
                env={**os.environ, "BUILDX_METADATA_PROVENANCE": "max"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
                pass_fds=spec.held,
            )
        except FileNotFoundError as error:
            raise EngineError("docker is not installed; install it with buildx") from error
        try:
            deadline = started + spec.timeout_s if spec.timeout_s else 0.0
            if not _follow(process, progress, _masked(on_step, spec.secrets), deadline):
                raise too_long(_failed(spec, progress), spec.timeout_s)
            code = process.wait()
        except BaseException:
            _stop(process)
            raise
        duration = time.perf_counter() - started
        if code:
            raise failure(_failed(spec, progress), code)
        return BuildOutcome(progress, _read(metadata_file), duration)


def _failed(spec: BuildSpec, progress: Progress) -> Failed:
    return Failed(progress, spec.dockerfile, spec.build_args, spec.secrets)


def _masked(on_step: Callable[[str], None], secrets: tuple[str, ...]) -> Callable[[str], None]:
    return lambda name: on_step(redacted(name, secrets))


def _follow(
    process: subprocess.Popen[bytes],
    progress: Progress,
    on_step: Callable[[str], None],
    deadline: float,
) -> bool:
    """Read the events to their end; False when the deadline comes before it."""
    assert process.stderr is not None
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    shown = ""
    with selectors.DefaultSelector() as selector, process.stderr as stream:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            left = max(deadline - time.perf_counter(), 0.0) if deadline else None
            if not selector.select(left):
                return False
            data = os.read(stream.fileno(), 65536)
            if not data:
                break
            progress.feed(decoder.decode(data))
            if progress.latest != shown:
                shown = progress.latest
                on_step(shown)
    progress.finish()
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End buildx so that BuildKit cancels the build: politely, then not."""
    for sign, patience_s in ((signal.SIGINT, 10), (signal.SIGKILL, 5)):
        if process.poll() is None:
            process.send_signal(sign)
            try:
                process.wait(timeout=patience_s)
            except subprocess.TimeoutExpired:
                continue
    if process.stderr:
        process.stderr.close()


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
