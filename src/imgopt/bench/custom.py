"""Scenarios of imgopt.toml: what they change in the copy of the context and in the build."""

from __future__ import annotations

import os
import subprocess
from functools import partial
from pathlib import Path

from imgopt.bench.edit import FileEdit
from imgopt.bench.workspace import Workspace
from imgopt.config import Scenario
from imgopt.errors import ConfigError

TIMEOUT_S = 300


def apply(name: str, scenario: Scenario, workspace: Workspace, mark: str) -> None:
    """Make the scenario's changes; ConfigError for one that cannot be made, which names it.

    The workspace puts everything back: files that `run` made or deleted, too.
    """
    where = f"[scenarios.{name}]"
    for path in scenario.touch:
        workspace.change(_inside(path, workspace, where), partial(_touched, FileEdit(path), mark))
    for path, text in scenario.append.items():
        new = text.replace("{sample}", mark).encode()
        workspace.change(_inside(path, workspace, where), partial(_appended, new))
    for path, (old_text, new_text) in scenario.replace.items():
        file = _inside(path, workspace, where)
        old, new = old_text.encode(), new_text.replace("{sample}", mark).encode()
        if old not in file.read_bytes():
            raise ConfigError(f"{where}: {path} does not hold {old_text!r}")
        workspace.change(file, partial(_replaced, old, new))
    if scenario.run:
        workspace.keep_all()
        _run([word.replace("{sample}", mark) for word in scenario.run], workspace.context, where)


def build_args(scenario: Scenario, mark: str) -> dict[str, str]:
    """The scenario's own build arguments for one sample."""
    return {k: v.replace("{sample}", mark) for k, v in scenario.build_args.items()}


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
