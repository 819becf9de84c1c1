"""The wheel with all extras, away from its repository."""

from __future__ import annotations

from pathlib import Path

from installed import Installed


def test_the_wheels_code_runs_and_not_the_repositorys(full: Installed, tmp_path: Path) -> None:
    (tmp_path / "where.py").write_text("import imgopt\nprint(imgopt.__file__)\n")
    done = full.python("where.py", cwd=tmp_path)
    assert done.stdout.startswith(str(full.packages))


def test_commands_of_extras_start(full: Installed, tmp_path: Path) -> None:
    for name in ("bench", "why", "record", "analyze", "report"):
        done = full.imgopt(name, "--help", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "needs more packages" not in done.stdout
