"""Reading and writing of files: only regular ones, bounded, and never half of one.

A file is written aside and then renamed, so that a full disk or a signal leaves the old one.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from imgopt.errors import ConfigError

MEGABYTE = 1_000_000
NO_FILE = "is not a regular file"


class UnreadableFile(ConfigError):
    """A file cannot be read; `reason` says why, without its path."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.reason = reason


class ChangedMeanwhile(ConfigError):
    """A file is no longer what it was when it was read, so it is not replaced."""


def read_regular(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes.

    Raises UnreadableFile with the path and the reason: no such file, a folder, a FIFO or device,
    too big, or what the system says. Opening neither blocks nor follows into a device.
    """
    data = read_head(path, limit + 1)
    if len(data) > limit:
        size = f"{limit // MEGABYTE} MB" if limit >= MEGABYTE else f"{limit // 1000} kB"
        raise UnreadableFile(path, f"is larger than {size}, the most that is read")
    return data


def read_head(path: Path, limit: int) -> bytes:
    """The first `limit` bytes of a regular file; UnreadableFile as for `read_regular`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UnreadableFile(path, f"cannot be read ({reason})") from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "is a folder" if stat.S_ISDIR(mode) else NO_FILE
        raise UnreadableFile(path, kind)
    with os.fdopen(descriptor, "rb") as stream:
        try:
            return stream.read(limit)
        except OSError as error:
            raise UnreadableFile(path, f"cannot be read ({error.strerror})") from error


def write(path: Path, data: bytes) -> None:
    """Replace a file, all of it or nothing; a link stays one, and the mode stays.

    Raises ConfigError with the path and what the system says.
    """
    write_all({path: data})


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """The same for what is too much to hold: parts, one behind the other.

    What `parts` raises leaves the file as it was.
    """
    target = Path(os.path.realpath(path))
    part = None
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as stream:
                stream.writelines(parts)
            return
        part = _aside(target, parts)
        part.replace(target)
    except OSError as error:
        if part is not None:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error


def write_all(
    files: Mapping[Path, bytes], expected: Mapping[Path, bytes | None] | None = None
) -> None:
    """Replace several files: all are written aside before the first is renamed.

    `expected` is what a file must hold right before that, None that there must be none.
    Raises ConfigError with the path and what the system says, ChangedMeanwhile for a file that
    holds something else; then no file has changed, unless a rename itself has failed.
    """
    parts: dict[Path, Path] = {}
    try:
        for path, data in files.items():
            target = Path(os.path.realpath(path))
            try:
                if target.exists() and not target.is_file():
                    target.write_bytes(data)  # /dev/stderr, a FIFO; a folder refuses by itself
                else:
                    parts[target] = _aside(target, (data,))
            except OSError as error:
                raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error
        for path, content in (expected or {}).items():
            if _content(path) != content:
                raise ChangedMeanwhile(f"{path}: changed in the meantime, so it is not overwritten")
        for target, part in list(parts.items()):
            try:
                part.replace(target)
            except OSError as error:
                raise ConfigError(f"{target}: cannot be written ({error.strerror})") from error
            del parts[target]
    finally:
        for part in parts.values():
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _aside(target: Path, parts: Iterable[bytes]) -> Path:
    """A new file beside the target with its mode and owner, written through to the disk."""
    # What tempfile.mkstemp does, without the milliseconds that its import costs every command.
    name = target.parent / f".{target.name[:100]}.{os.urandom(8).hex()}"
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.writelines(parts)
            stream.flush()
            os.fsync(descriptor)
            os.fchmod(descriptor, _mode(target))
            _keep_owner(descriptor, target)
    except BaseException:
        with contextlib.suppress(OSError):
            name.unlink(missing_ok=True)
        raise
    return name


def _mode(target: Path) -> int:
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _keep_owner(descriptor: int, target: Path) -> None:
    if not target.exists():
        return
    status, own = target.stat(), os.fstat(descriptor)
    if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
        with contextlib.suppress(PermissionError):  # only root gives files away
            os.fchown(descriptor, status.st_uid, status.st_gid)
