"""Completion as shells ask for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from engine_fixtures import write


def complete(words: str, cwd: Path) -> set[str]:
    """What bash would offer for the last of these words."""
    done = subprocess.run(
        [sys.executable, "-c", "from imgopt.cli.main import run; run()"],
        cwd=cwd, capture_output=True, text=True, check=True,
        env={**os.environ, "_IMGOPT_COMPLETE": "bash_complete", "COMP_WORDS": words,
             "COMP_CWORD": str(len(words.split(" ")) - 1)},
    )  # fmt: skip
    return {line.partition(",")[2] for line in done.stdout.splitlines() if line}


def test_commands_options_rules_formats_and_services(tmp_path: Path) -> None:
    write(tmp_path, {"compose.yaml": "services:\n  web: {build: .}\n  api: {build: a}\n"})
    assert complete("imgopt re", tmp_path) == {"record", "report"}
    assert "--select" in complete("imgopt lint --se", tmp_path)
    assert complete("imgopt lint --select IMG50", tmp_path) >= {"IMG501", "IMG506"}
    assert complete("imgopt lint --ignore IMG501,floating", tmp_path) == {"IMG501,floating-base"}
    assert complete("imgopt explain copy-bef", tmp_path) == {"copy-before-install"}
    assert complete("imgopt lint --format s", tmp_path) == {"sarif"}
    assert complete("imgopt report --format html,p", tmp_path) == {"html,png"}
    assert complete("imgopt report --service w", tmp_path) == {"web"}
    write(tmp_path, {"compose.yaml": "services: ["})
    assert complete("imgopt report --service w", tmp_path) == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts(shell: str, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "imgopt", "completion", shell]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert "_IMGOPT_COMPLETE" in done.stdout
    if shutil.which(shell):
        (tmp_path / "script").write_text(done.stdout)
        subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)
