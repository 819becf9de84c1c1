"""Selection, severities, baselines, outputs and what a change touches, through the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from engine_fixtures import git, write

DOCKERFILE = "FROM python\nRUN pip install x\nUSER a\n"


def imgopt(*argv: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "imgopt", *argv],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip


def findings(*argv: str, cwd: Path) -> list[dict[str, Any]]:
    done = imgopt("lint", "--format", "json", *argv, cwd=cwd)
    assert "Traceback" not in done.stderr
    return list(json.loads(done.stdout)["findings"])


def ids(*argv: str, cwd: Path) -> list[str]:
    return [f["rule"] for f in findings(*argv, cwd=cwd)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, {"Dockerfile": DOCKERFILE, "dev/Dockerfile": DOCKERFILE})
    return tmp_path


def test_select_extend_and_ignore(project: Path) -> None:
    one = "Dockerfile"
    assert ids(one, "--select", "IMG5", cwd=project) == ["IMG501", "IMG502", "IMG506"]
    assert ids(one, "--select", "IMG501", "--extend-select", "IMG502", cwd=project) == [
        "IMG501", "IMG502",
    ]  # fmt: skip
    write(project, {"imgopt.toml": "[lint]\nselect = ['IMG501']\nextend-select = ['IMG303']\n"
                    "ignore = ['floating-base']\n"})  # fmt: skip
    assert ids(one, cwd=project) == ["IMG303"]


def test_per_file_ignores_exclude_and_severity(project: Path) -> None:
    write(project, {"imgopt.toml": """
[lint]
select = ["IMG501"]
per-file-ignores = { "dev/*" = ["IMG5"] }
[lint.rules.IMG501]
severity = "error"
"""})  # fmt: skip
    found = findings(cwd=project)
    assert [(f["path"], f["severity"]) for f in found] == [("Dockerfile", "error")]
    assert ids("--exclude", "Dockerfile", cwd=project) == []


def test_options_of_rules_are_checked(project: Path) -> None:
    for text, words in (
        ("[lint.rules.IMG999]\nseverity = 'error'", "[lint.rules.IMG999]: unknown rule"),
        ("[lint.rules.IMG402]\nmin-byte = 1", "unknown option 'min-byte'; known: severity, min-b"),
        ("[lint.rules.IMG402]\nmin-bytes = 'x'", "min-bytes must be an integer"),
        ("[lint.rules.IMG402]\nseverity = 'bad'", "severity must be error, warning or info"),
        ("[lint]\nengines = ['x']", "engines"),
    ):
        write(project, {"imgopt.toml": text})
        done = imgopt("lint", cwd=project)
        assert done.returncode == 2
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_a_baseline_hides_known_findings_while_lines_move(project: Path) -> None:
    args = ("Dockerfile", "--baseline", "known.json")
    assert imgopt("lint", *args, cwd=project).returncode == 2
    done = imgopt("lint", *args, "--write-baseline", cwd=project)
    assert done.returncode == 0
    write(project, {"Dockerfile": "# more\n\n" + DOCKERFILE})
    done = imgopt("lint", *args, cwd=project)
    assert (done.returncode, done.stdout) == (0, "1 file, no findings\n")
    assert "known findings hidden" in done.stderr
    write(project, {"Dockerfile": DOCKERFILE + "RUN pip install y\n"})
    assert {f["line"] for f in findings(*args, cwd=project)} == {4}
    assert imgopt("lint", *args, cwd=project).returncode == 1
    # From another folder the paths are the same ones.
    below = ("../Dockerfile", "--baseline", "../known.json")
    assert {f["line"] for f in findings(*below, cwd=project / "dev")} == {4}
    write(project, {"known.json": "[]"})
    assert "not a valid baseline" in imgopt("lint", *args, cwd=project).stderr


def test_several_formats_in_one_run(project: Path) -> None:
    done = imgopt(
        "lint", "Dockerfile", "--format", "github", "--format", "sarif:out.sarif",
        "--format", "junit:out.xml", cwd=project,
    )  # fmt: skip
    assert done.stdout.startswith("::warning file=Dockerfile,")
    assert json.loads((project / "out.sarif").read_text())["version"] == "2.1.0"
    assert (project / "out.xml").read_text().startswith("<?xml")
    both = imgopt("lint", "--format", "json", "--format", "text", cwd=project)
    assert both.returncode == 2
    assert "write FORMAT:FILE" in both.stderr


def test_changed_since_takes_what_a_change_touches(project: Path) -> None:
    write(project, {
        "docker-compose.yml": "services:\n  a:\n    build: {context: a}\n  b:\n    build: b\n",
        "a/Dockerfile": DOCKERFILE, "b/Dockerfile": DOCKERFILE, "b/.dockerignore": "x\n",
    })  # fmt: skip
    git(project, "init", "-q", "-b", "main")
    git(project, "add", "-A")
    git(project, "-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "-qm", "x")

    def touched() -> set[str]:
        return {f["path"] for f in findings("--changed-since", "main", cwd=project)}

    assert touched() == set()
    write(project, {"a/app.py": "x", "docker-compose.yml":
                    "services:\n  a:\n    build: {context: a, target: prod}\n  b:\n"
                    "    build: b\n    ports: [80]\n"})  # fmt: skip
    assert touched() == {"a/Dockerfile"}
    write(project, {"b/.dockerignore": "y\n"})
    assert touched() == {"a/Dockerfile", "b/Dockerfile"}
    write(project, {"dev/Dockerfile": DOCKERFILE + "\n"})
    assert touched() == {"a/Dockerfile", "b/Dockerfile", "dev/Dockerfile"}
    for reference in ("nothing", "--help", "-q"):
        done = imgopt("lint", f"--changed-since={reference}", cwd=project)
        assert done.returncode == 2
        assert "is not a git revision here" in done.stderr


def test_changed_since_says_when_there_is_no_git(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "imgopt", "lint", "--changed-since", "HEAD"],
        cwd=project, env={**os.environ, "PATH": "/none"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "imgopt: --changed-since needs git, which is not installed\n"


def test_dockerfiles_inside_compose_files_are_linted_at_their_lines(tmp_path: Path) -> None:
    write(tmp_path, {"compose.yaml": """services:
  a:
    build:
      context: .
      dockerfile_inline: |
        FROM debian
        RUN true
        USER x
"""})  # fmt: skip
    found = findings("--select", "IMG501", cwd=tmp_path)
    assert [(f["path"], f["line"], f["column"]) for f in found] == [("compose.yaml", 6, 14)]
    assert found[0]["message"].startswith("service a: debian has no tag")
    assert found[0]["fix"] is None


def test_other_linters_that_are_missing_are_named_once(project: Path) -> None:
    code = (
        "import sys; sys.executable = '/nowhere/python'; import os; os.environ['PATH'] = '';"
        "from imgopt.cli.main import main;"
        "sys.exit(main(['lint', '--with', 'hadolint', '--engine', 'shellcheck',"
        " '--fail-on', 'never']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr.count("skipped hadolint: hadolint is not installed") == 1
    assert done.stderr.count("skipped shellcheck") == 1
    assert "IMG501" in done.stdout


def test_a_rule_that_raises_ends_in_exit_code_2(project: Path) -> None:
    code = (
        "import sys; from imgopt.lint.rules.base.floating_base import FloatingBase as F;"
        "F.check_stage = lambda *_: 1 / 0;"
        "from imgopt.cli.main import main; sys.exit(main(['lint', 'Dockerfile']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "internal error in IMG501: ZeroDivisionError" in done.stdout
    assert "IMG303" in done.stdout


def test_a_stated_context_is_believed(project: Path) -> None:
    write(project, {"docker/Dockerfile": "FROM a:1\nCOPY nothing /x\n", "src/a": ""})
    argv = ("lint", "docker/Dockerfile", "--select", "IMG405")
    assert "IMG405" not in imgopt(*argv, cwd=project).stdout
    done = imgopt(*argv, "--context", "src", cwd=project)
    assert "nothing is not in the build context src/" in done.stdout
    assert imgopt(*argv, "--context", "nowhere", cwd=project).returncode == 2
