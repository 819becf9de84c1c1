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


def test_without_an_engine_it_does_not_advise_what_a_wheel_lacks(
    full: Installed, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox\n")
    (tmp_path / "imgopt.toml").write_text("[services.web]\n")
    for argv in (["bench"], ["analyze", "busybox"]):
        done = full.imgopt(*argv, cwd=tmp_path)
        assert done.returncode == 3
        assert done.stderr.startswith("imgopt: ")
        assert "tools/engine" not in done.stderr
        assert "Traceback" not in done.stderr
