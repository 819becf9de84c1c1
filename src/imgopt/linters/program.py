"""Running a linter: finding its program, its arguments, its time limit."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from imgopt.config import LinterName
from imgopt.errors import ConfigError
from imgopt.severity import Severity

TIMEOUT_S = 120
# What hadolint and ShellCheck call their levels.
_LEVELS = {**{str(severity): severity for severity in Severity}, "style": Severity.INFO}


def severity_of(level: object) -> Severity:
    """The severity that a level of another linter stands for."""
    return _LEVELS.get(str(level), Severity.INFO)


class MissingProgram(ConfigError):
    """The program of another linter is not installed."""


def find(linter: LinterName, extra: str) -> str:
    """The program's path: beside this Python, else on PATH; MissingProgram without one."""
    name = str(linter)
    beside = Path(sys.executable).with_name(name)
    if beside.is_file():
        return str(beside)
    found = shutil.which(name)
    if found is None:
        raise MissingProgram(f"{name} is not installed; run pip install 'imgopt[{extra}]'")
    return found


def output(argv: list[str], text: str = "", cwd: Path | None = None) -> str:
    """What a program prints, whatever its exit code; ConfigError when it cannot be run."""
    try:
        done = subprocess.run(
            argv,
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT_S,
            check=False,
            cwd=cwd,
        )
    except OSError as error:
        raise ConfigError(f"{argv[0]}: cannot be run ({error.strerror})") from error
    except subprocess.TimeoutExpired as error:
        raise ConfigError(f"{argv[0]}: no answer within {TIMEOUT_S} s") from error
    if not done.stdout.strip() and done.returncode:
        reason = done.stderr.strip().splitlines()
        raise ConfigError(f"{Path(argv[0]).name}: {reason[-1] if reason else 'failed'}")
    return done.stdout
