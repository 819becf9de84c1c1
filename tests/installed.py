"""imgopt as people install it: a wheel, and virtual environments with and without the extras.

All workers share what one of them makes.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from places import ROOT

PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


@dataclass(frozen=True)
class Installed:
    """A virtual environment that has the wheel of imgopt."""

    root: Path

    @property
    def packages(self) -> Path:
        return Path(sysconfig.get_path("purelib", "venv", {"base": str(self.root)}))

    def imgopt(
        self, *argv: str, cwd: Path, text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run its imgopt, which finds no Docker engine."""
        return self.python(self.root / "bin" / "imgopt", *argv, cwd=cwd, text=text)

    def python(
        self, *argv: str | Path, cwd: Path, text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "bin" / "python", *argv],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": "", "HOME": str(cwd), "DOCKER_HOST": "unix:///none"},
            input=text, capture_output=True, text=True, check=False,
        )  # fmt: skip


def _once(base: Path, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first worker makes."""
    folder = base.parent / "installed" / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            make(folder)
            (folder / "done").touch()
    return folder


def _pip(*argv: str | Path) -> None:
    done = subprocess.run([*PIP, *argv], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _venv(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)


def _install(folder: Path, *what: str | Path) -> None:
    python = str(folder / "bin" / "python")
    _pip("--python", python, "install", "--constraint", ROOT / "constraints.txt", *what)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    base = tmp_path_factory.getbasetemp()
    folder = _once(base, "wheel", lambda f: _pip("wheel", "--no-deps", "--wheel-dir", f, ROOT))
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def light(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Installed:
    """`pip install imgopt`, without pip beside it."""

    def make(folder: Path) -> None:
        _venv(folder)
        _install(folder, wheel)

    return Installed(_once(tmp_path_factory.getbasetemp(), "light", make))


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Installed:
    """The wheel with all extras, which come from the environment of the tests."""

    def make(folder: Path) -> None:
        _venv(folder)
        _install(folder, "--no-deps", wheel)
        # Files .pth in a folder that a .pth names are not read: imgopt itself is the wheel's.
        more = Installed(folder).packages / "more.pth"
        more.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")

    return Installed(_once(tmp_path_factory.getbasetemp(), "full", make))
