"""The folder of a run: everything temporary of it is inside, and a lock says that it lives.

A run that is killed (SIGKILL, a lost terminal, no memory) leaves its folder, whose lock is free
then: the next run sees that. The lock is flock's, which ends with the last process that has the
file open, however it ends; a build holds it open, too, so that nothing is taken from a build that
outlives its run.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from imgopt import files, temporary
from imgopt.errors import ConfigError

PREFIX = "imgopt-run-"
_NEW = "imgopt-new-"  # before it is locked
_LOCK, _STATE = "lock", "run.json"
_STATE_BYTES = 100_000


class State(msgspec.Struct, frozen=True):
    """What of a run is outside its folder: on the engine `machine`, its images and, where it made
    one, a temporary builder."""

    run: str
    machine: str = ""
    made_builder: str = ""


class RunFolder:
    """A locked folder, which is there until `remove` or `leave`."""

    def __init__(self, state: State) -> None:
        new = Path(tempfile.mkdtemp(prefix=_NEW))
        self.lock = os.open(new / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with contextlib.suppress(OSError):  # a file system without locks: nobody can take it then
            fcntl.flock(self.lock, fcntl.LOCK_EX)
        # Nobody sees it under this name before it is locked.
        self.path = new.rename(new.with_name(f"{PREFIX}{state.run}"))
        self.write(state)

    def write(self, state: State) -> None:
        """Keep what the next run has to know if this one is killed."""
        files.write(self.path / _STATE, msgspec.json.encode(state))

    def remove(self) -> None:
        """The run has ended, and nothing of it is left elsewhere."""
        temporary.remove(self.path)
        os.close(self.lock)

    def leave(self) -> None:
        """The run has ended, and something of it is left on the engine, for the next run."""
        with contextlib.suppress(OSError):
            _remove_copies(self.path)
        os.close(self.lock)


class Dead:
    """The folder of a run that is dead, held so that no other run takes it up, too."""

    def __init__(self, path: Path, state: State | None) -> None:
        self.path = path
        self.state = state

    @property
    def copies(self) -> list[Path]:
        """The folders that it left: copies of build contexts, caches, what buildx wrote."""
        return [entry for entry in sorted(self.path.iterdir()) if entry.is_dir()]

    def remove_copies(self) -> None:
        """Remove the folders, and keep what is known of the run. Raises OSError."""
        _remove_copies(self.path)

    def remove(self) -> None:
        """Nothing of the run is left elsewhere. Raises OSError."""
        temporary.remove(self.path)


def dead_runs() -> Iterator[Dead]:
    """The folders of this user's runs that are dead, one after the other."""
    for path in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*")):
        try:
            info = path.lstat()
            if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.geteuid():
                continue
            lock = os.open(path / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:  # it is being removed, or is no run's
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(lock).st_nlink:  # else it has just been removed
                yield Dead(path, _state(path))
        except OSError:  # a living run has it, or there are no locks here
            continue
        finally:
            os.close(lock)


def _state(path: Path) -> State | None:
    try:
        return msgspec.json.decode(files.read_regular(path / _STATE, _STATE_BYTES), type=State)
    except (ConfigError, msgspec.MsgspecError):
        return None


def _remove_copies(path: Path) -> None:
    for entry in path.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            temporary.remove(entry)
