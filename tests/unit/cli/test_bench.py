"""What `imgopt bench` refuses before it asks an engine for anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgopt.cli.main import main
from imgopt.cli.values import build_args


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "taken").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    return tmp_path


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--keep-images", "BAD NAME"], "'BAD NAME/"),
        (["--keep-images", "x", "--against", "HEAD"], "cannot be used in a comparison"),
        (["--min-effect", "much"], "'much' is not a percentage; write 10% or 0.1"),
        (["--fail-on-regression", "-1"], "must be between 0% and 10000%"),
        (["--timeout", "soon"], "'soon' is not a duration; write 90s, 10m or 1h"),
        (["--scenario", "code-chang"], "did you mean 'code-change'?"),
        (["--format", "pdf"], "'pdf' is not one of text, csv, json, markdown"),
        (["--format", "json", "--format", "csv"], "json and csv would both go to stdout"),
        (["--format", "csv:no/x.csv"], "there is no folder"),
        (["--export", "csv:x", "--format", "json:x"], "two formats would go to the same file: x"),
        (["--export", "csv"], "--export: write FORMAT:FILE"),
        (["--annotate", "--format", "json"], "--annotate is for the text format"),
        (["--cache-to", "x"], "add --scenario ci or ci-code-change"),
        (["./nowhere"], "./nowhere: no such folder"),
        (["--time-budget", "10m"], "need a comparison: add --against"),
    ],
)
def test_wrong_usage_is_one_message(
    project: Path, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    assert main(["bench", "--no-history", *argv]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_old_spellings_are_taken(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["--format", "table"], ["--export", "table:out.txt"], ["--format", "table:out"]):
        assert main(["bench", "--no-history", *argv]) == 3  # no engine answers
        assert "is not one of" not in capsys.readouterr().err


def test_defaults_are_shown_as_they_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "[default: 6%]" in shown
    assert "(6%)" not in shown
    assert "cold, warm, code-change, deps-change (these by default), base-change, ci," in shown


def test_build_arguments_as_docker_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_HERE", "1")
    monkeypatch.delenv("NOWHERE", raising=False)
    found = build_args(("A=b=c", "FROM_HERE", "NOWHERE", "EMPTY="))
    assert found == {"A": "b=c", "FROM_HERE": "1", "EMPTY": ""}


def test_nothing_is_made_where_no_engine_answers(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "."]) == 3
    assert "no Docker engine answers" in capsys.readouterr().err
    assert sorted(path.name for path in project.iterdir()) == ["Dockerfile", "taken"]
