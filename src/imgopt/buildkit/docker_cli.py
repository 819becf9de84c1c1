"""The `docker` command line, for what only it can do: buildx. The rest goes through docker/."""

from __future__ import annotations

import shutil
import subprocess

from imgopt.errors import EngineError


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
