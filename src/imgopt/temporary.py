"""What has to be put back or removed, whatever comes: temporary folders, and blocks that a signal
does not break off."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait until the block is done, for the programs that it starts, too; then
    they are a KeyboardInterrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []
    # The handlers for what other threads are given, the mask for the programs.
    handlers = {s: signal.signal(s, lambda number, _frame: caught.append(number)) for s in _SIGNALS}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if caught:
        raise KeyboardInterrupt


@contextmanager
def folder(prefix: str, inside: Path | None = None) -> Iterator[Path]:
    """A temporary folder that is gone at the end of the block; `inside` another one, or where the
    system keeps such folders."""
    made = tempfile.TemporaryDirectory(prefix=prefix, dir=inside)
    try:
        yield Path(made.name)
    finally:
        with uninterrupted():
            made.cleanup()


def remove(path: Path) -> None:
    """Remove a folder with all in it, folders that nobody may enter, too. Raises OSError."""
    for inside, folders, _ in os.walk(path):
        for name in folders:
            below = Path(inside, name)
            if not below.is_symlink():
                with contextlib.suppress(OSError):
                    below.chmod(stat.S_IRWXU)
    shutil.rmtree(path)
