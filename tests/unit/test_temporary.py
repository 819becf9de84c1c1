"""Temporary folders go, whatever comes; what must not be broken off is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from imgopt import temporary


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Programs in the background of a shell are started with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_signal_waits_until_the_block_is_done() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), temporary.uninterrupted():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        # A program that is started here is not ended either.
        code = "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('lived')"
        ran = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        done.append(ran.stdout.strip())
    assert done == ["lived"]
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_without_a_signal_nothing_happens() -> None:
    before = signal.getsignal(signal.SIGINT)
    with temporary.uninterrupted():
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_a_folder_goes_with_its_block(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="x"), temporary.folder("imgopt-test-") as folder:
        (folder / "file").write_text("x")
        raise ValueError("x")
    assert not folder.exists()
