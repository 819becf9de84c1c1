"""A command with little memory: what hostile input may cost, told without a clock."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

MEGABYTE = 1 << 20
# What Python with all of imgopt takes comes to about 150 MB of addresses.
_ADDRESSES = 300 * MEGABYTE
_PROCESSOR_S = 10


def run(*argv: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`imgopt …` with bounded memory and processor time; one that waits ends after a minute."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
        resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_S, _PROCESSOR_S))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    return subprocess.run(
        [sys.executable, "-m", "imgopt", *argv],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        preexec_fn=limit,
        check=False,
        env={**os.environ, "PATH": "/usr/bin:/bin"},
    )
