"""Scenarios of imgopt.toml: what they change in the copy of the context and in the build."""

from __future__ import annotations

import os
import subprocess
from functools import partial
from pathlib import Path

import msgspec

from imgopt.bench.edit import FileEdit
from imgopt.bench.subject import Subject
from imgopt.bench.variation import Start, Variation
from imgopt.bench.workspace import Workspace
from imgopt.config import Scenario as Written
from imgopt.errors import ConfigError

TIMEOUT_S = 300
_SAMPLE = "{sample}"


class Custom(msgspec.Struct, frozen=True):
    """A scenario as `[scenarios.NAME]` has it; all of them run behind imgopt's own."""

    name: str
    written: Written
    order: int = 1000
    is_usual: bool = False

    @property
    def start(self) -> Start:
        return Start.CACHE if self.written.ci else Start.BUILDER

    def misfit(self, subject: Subject) -> str:
        """It fits wherever it is configured; what it cannot change is an error."""
        return ""

    def edit(self, subject: Subject, mark: str) -> str:
        """Make the changes; ConfigError for one that cannot be made, which names it."""
        where = f"[scenarios.{self.name}]"
        _apply(self.written, subject.workspace, mark, where)
        return where

    def variation(self, subject: Subject, mark: str) -> Variation:
        """Its own target and build arguments."""
        args = {k: v.replace(_SAMPLE, mark) for k, v in self.written.build_args.items()}
        return Variation(self.written.target, args)


def _apply(scenario: Written, workspace: Workspace, mark: str, where: str) -> None:
    for path in scenario.touch:
        workspace.change(_inside(path, workspace, where), partial(_touched, FileEdit(path), mark))
    for path, text in scenario.append.items():
        new = text.replace(_SAMPLE, mark).encode()
        workspace.change(_inside(path, workspace, where), partial(_appended, new))
    for path, (old_text, new_text) in scenario.replace.items():
        file = _inside(path, workspace, where)
        old, new = old_text.encode(), new_text.replace(_SAMPLE, mark).encode()
        if old not in file.read_bytes():
            raise ConfigError(f"{where}: {path} does not hold {old_text!r}")
        workspace.change(file, partial(_replaced, old, new))
    if scenario.run:
        workspace.keep_all()
        _run([word.replace(_SAMPLE, mark) for word in scenario.run], workspace.context, where)


def _touched(edit: FileEdit, mark: str, content: bytes) -> bytes:
    return edit.apply(content, mark)


def _appended(new: bytes, content: bytes) -> bytes:
    return content + new


def _replaced(old: bytes, new: bytes, content: bytes) -> bytes:
    return content.replace(old, new)


def _inside(path: str, workspace: Workspace, where: str) -> Path:
    file = workspace.context / path
    real = Path(os.path.realpath(file))
    if not real.is_relative_to(os.path.realpath(workspace.context)):
        raise ConfigError(f"{where}: {path} is outside the build context")
    if not file.is_file():
        raise ConfigError(f"{where}: the build context sends no file {path}")
    return file


def _run(argv: list[str], folder: Path, where: str) -> None:
    try:
        done = subprocess.run(
            argv, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    except OSError as error:
        raise ConfigError(f"{where}: {argv[0]} cannot be run ({error.strerror})") from error
    except subprocess.TimeoutExpired as error:
        raise ConfigError(f"{where}: {argv[0]} took longer than {TIMEOUT_S} s") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise ConfigError(
            f"{where}: {argv[0]} ended with {done.returncode}: {said[-1] if said else ''}"
        )
