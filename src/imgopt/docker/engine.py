"""The `docker` command line but for builds: engine facts, images, the save stream.

The command line and not the SDK, because it also knows docker contexts.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

import msgspec

from imgopt.errors import EngineError, ImageError

_HINT = "start Docker, or bring up a private engine with `python3 tools/engine up`"


class EngineInfo(msgspec.Struct, frozen=True):
    """What the engine says of itself; `machine` is a digest that tells machines apart."""

    docker: str
    storage: str
    cpus: int
    memory_bytes: int
    machine: str


class HistoryEntry(msgspec.Struct, frozen=True):
    """One entry of an image's history, oldest first; `size_bytes` is uncompressed."""

    created_by: str
    size_bytes: int


class ImageInfo(msgspec.Struct, frozen=True):
    """An image in the engine: its id, diff IDs and history, oldest first."""

    id: str
    diff_ids: tuple[str, ...]
    history: tuple[HistoryEntry, ...]


def run(*argv: str, timeout_s: float = 60, ok_codes: tuple[int, ...] = (0,)) -> str:
    """`docker …` to its end; stdout. EngineError with its stderr when it fails."""
    if not shutil.which("docker"):
        raise EngineError("docker is not installed; install it with its buildx plugin")
    try:
        done = subprocess.run(
            ["docker", *argv],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"`docker {argv[0]}` gave no answer in {timeout_s:.0f} s") from error
    if done.returncode not in ok_codes or (done.returncode and not done.stdout.strip()):
        message = " ".join((done.stderr or done.stdout).split())[:500]
        raise EngineError(f"`docker {' '.join(argv[:2])}` failed: {message or done.returncode}")
    return done.stdout


def image_digest(name: str) -> str | None:
    """The digest of an image's name: what its registry says, else what the engine pulled it by.

    EngineError when neither knows it.
    """
    try:
        argv = ("buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", name)
        text = run(*argv, timeout_s=30).strip()
    except EngineError:
        text = run("image", "inspect", "--format", '{{join .RepoDigests " "}}', name).strip()
    digest = text.rpartition("@")[2].split()[0] if text else ""
    return digest if re.fullmatch(r"sha256:[0-9a-f]{64}", digest) else None


def base_identity(name: str) -> str | None:
    """What tells a base image from another one of its name: the digest that the engine has it by,
    else its id, else its registry's digest; None when nobody knows it."""
    try:
        text = run("image", "inspect", "--format", '{{join .RepoDigests " "}} {{.Id}}', name)
    except EngineError:
        try:
            return image_digest(name)
        except EngineError:
            return None
    return text.split()[0].rpartition("@")[2] if text.split() else None


def info() -> EngineInfo:
    """Facts about the engine; EngineError when none answers."""
    try:
        data: dict[str, Any] = json.loads(run("info", "--format", "{{json .}}", timeout_s=20))
    except EngineError as error:
        raise EngineError(f"no Docker engine answers; {_HINT}. ({error})") from error
    if not data.get("ServerVersion"):
        reason = "; ".join(data.get("ServerErrors") or []) or "no server version"
        raise EngineError(f"no Docker engine answers; {_HINT}. ({reason})")
    status = dict(item[:2] for item in data.get("DriverStatus") or [] if len(item) >= 2)
    snapshotter = "containerd" in status.get("driver-type", "")
    marks = (data.get("ID"), data.get("NCPU"), data.get("MemTotal"), data.get("Architecture"))
    return EngineInfo(
        str(data["ServerVersion"]),
        f"{data.get('Driver', '')}{' (containerd)' if snapshotter else ''}",
        int(data.get("NCPU") or 0),
        int(data.get("MemTotal") or 0),
        hashlib.sha256(repr(marks).encode()).hexdigest()[:12],
    )


def image(name: str) -> ImageInfo:
    """Facts about an image; ImageError when the engine has none of that name."""
    argv = ("history", "--no-trunc", "--human=false", "--format", "json", name)
    with ThreadPoolExecutor(1) as pool:  # starting docker takes as long as its answer
        listed = pool.submit(run, *argv)
        try:
            data = json.loads(run("image", "inspect", name))[0]
        except EngineError as error:
            if "no such" in str(error).lower() or "invalid reference" in str(error).lower():
                raise ImageError(
                    f"no image {name!r} in the engine; build or pull it first"
                ) from error
            raise
        lines = listed.result().splitlines()
    entries = [json.loads(line) for line in lines if line.strip()]
    history = tuple(
        HistoryEntry(str(e.get("CreatedBy", "")), _bytes(e.get("Size"))) for e in reversed(entries)
    )
    return ImageInfo(str(data["Id"]), tuple(data.get("RootFS", {}).get("Layers") or ()), history)


def _bytes(value: object) -> int:
    try:
        return int(float(str(value)))
    except ValueError:
        return 0


def tag(name: str, other: str) -> None:
    """Give an image another name."""
    run("image", "tag", name, other)


def remove_images(names: list[str]) -> None:
    """Remove images by name; those that are gone already do not matter."""
    if names:
        with contextlib.suppress(EngineError):
            run("image", "rm", "--force", *names)


@contextlib.contextmanager
def save(name: str) -> Iterator[IO[bytes]]:
    """The `docker save` stream of an image; ImageError when it breaks off."""
    if not shutil.which("docker"):
        raise EngineError("docker is not installed; install it with its buildx plugin")
    process = subprocess.Popen(
        ["docker", "save", name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        yield process.stdout
        # What pads the archive's end: closed before it is read, it ends docker by SIGPIPE.
        while process.stdout.read(1 << 20):
            pass
        message = process.stderr.read().decode(errors="replace").strip()
        if process.wait():
            raise ImageError(
                f"`docker save {name}` failed: {message or f'exit code {process.returncode}'}"
            )
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()
        process.stderr.close()
