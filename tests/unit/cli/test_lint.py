from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT


def imgopt(*argv: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "imgopt", *argv],
        cwd=cwd, input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN pip install --no-cache-dir x\nUSER a\n")
    return tmp_path


def test_json_is_the_contract(project: Path) -> None:
    done = imgopt("lint", "--format", "json", "--select", "IMG501", cwd=project)
    assert done.returncode == 1
    data = json.loads(done.stdout)
    assert data["schema_version"] == 1
    assert data["files"] == [{"path": "Dockerfile", "error": None}]
    assert data["summary"] == {"error": 0, "warning": 1, "info": 0, "files": 1}
    finding = data["findings"][0]
    assert (finding["rule"], finding["line"], finding["column"], finding["end_column"]) == (
        "IMG501", 1, 6, 12,
    )  # fmt: skip
    assert set(finding) == {
        "rule", "name", "category", "severity", "message", "path", "line", "column", "end_line",
        "end_column", "stage", "fix", "impact", "docs",
    }  # fmt: skip


def test_text_shows_the_line_with_a_caret(project: Path) -> None:
    done = imgopt("lint", "--select", "IMG501", cwd=project)
    assert "  1:6 warning IMG501 floating-base: python has no tag" in done.stdout
    assert "     1 | FROM python\n       |      ^^^^^^\n" in done.stdout


def test_fail_on_and_stdin(project: Path) -> None:
    assert imgopt("lint", "--fail-on", "error", cwd=project).returncode == 0
    assert imgopt("lint", "--fail-on", "never", cwd=project).returncode == 0
    done = imgopt("lint", "-", "--format", "json", cwd=project, stdin="FROM a:1\nRUNN x\n")
    assert done.returncode == 1
    assert json.loads(done.stdout)["files"] == [
        {"path": "<stdin>", "error": "line 2: unknown instruction: RUNN (did you mean RUN?)"}
    ]


def test_one_broken_file_does_not_end_the_run(project: Path) -> None:
    (project / "Dockerfile.bin").write_bytes(b"\x7fELF\0\0")
    (project / "Dockerfile.loop").symlink_to("Dockerfile.loop")
    (project / "Dockerfile.big").write_bytes(b"FROM a:1\n" + b"# x\n" * 600_000)
    done = imgopt("lint", "--format", "json", cwd=project)
    data = json.loads(done.stdout)
    errors = {f["path"]: f["error"] for f in data["files"]}
    assert errors["Dockerfile"] is None
    assert "binary" in errors["Dockerfile.bin"]
    assert "2 MB" in errors["Dockerfile.big"]
    assert errors["Dockerfile.loop"]
    assert {f["rule"] for f in data["findings"] if f["path"] == "Dockerfile"} >= {"IMG501"}
    assert "Traceback" not in done.stderr


def test_wrong_usage_is_one_message(project: Path) -> None:
    for argv, words in (
        (("lint", "nothing"), "no such file"),
        (("lint", "--select", "IMG999"), "unknown rule 'IMG999'"),
        (("explain", "IMG10"), "did you mean"),
        (("frob",), "No such command"),
    ):
        done = imgopt(*argv, cwd=project)
        assert done.returncode == 2
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_unknown_configuration_keys_name_the_nearest(project: Path) -> None:
    (project / "imgopt.toml").write_text("[lint]\nselct = ['IMG1']\n")
    done = imgopt("lint", cwd=project)
    assert done.returncode == 2
    assert "unknown key 'lint.selct'; did you mean 'select'?" in done.stderr


def test_color_and_quiet(project: Path) -> None:
    def lint(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "imgopt", "lint", *argv], cwd=project, capture_output=True,
            text=True, check=False, env={**os.environ, "NO_COLOR": "", "FORCE_COLOR": "1", **env},
        )  # fmt: skip

    assert "\x1b[" in lint().stdout
    assert "\x1b[" not in lint("--no-color").stdout
    assert "\x1b[" not in lint(NO_COLOR="1").stdout
    known = ("--baseline", "known.json")
    lint(*known, "--write-baseline")
    assert "known findings hidden" in lint(*known).stderr
    assert lint(*known, "-q").stderr == ""


def test_control_characters_do_not_reach_the_terminal(project: Path) -> None:
    (project / "Dockerfile").write_text("FROM python\x1b[31m\nCMD x\n")
    assert "\x1b" not in imgopt("lint", cwd=project).stdout


def test_explain_and_rules(project: Path) -> None:
    assert imgopt("explain", "img101", cwd=project).stdout.startswith(
        "# IMG101 copy-before-install"
    )
    rules = json.loads(imgopt("rules", "--format", "json", cwd=project).stdout)
    assert "IMG602" in {r["id"] for r in rules}
    assert all(Path(r["docs"]).is_file() for r in rules)
    done = imgopt("rules", "-o", "rules.txt", cwd=project)
    assert done.stdout == ""
    assert (project / "rules.txt").read_text().startswith("IMG001  error ")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("DL3008", "IMG506"),
        ("hadolint/dl3008", "IMG506"),
        ("JSONArgsRecommended", "IMG603"),
        ("buildkit/JSONArgsRecommended", "IMG603"),
    ],
)
def test_explain_finds_what_other_linters_call_it(name: str, rule: str, project: Path) -> None:
    done = imgopt("explain", name, cwd=project)
    assert done.stdout.startswith(f"# {rule} ")
    assert f"{rule} " in done.stderr
    assert name.rpartition("/")[2].lower() in done.stderr.lower()


def test_explain_says_which_linter_to_ask(project: Path) -> None:
    for name, linter in (("SC2086", "shellcheck"), ("DL3004", "hadolint")):
        done = imgopt("explain", name, cwd=project)
        assert done.returncode == 2
        assert f"no rule covers {name}; `imgopt lint --with {linter}`" in done.stderr


def test_pages_are_shown_without_the_marks_of_tests(project: Path) -> None:
    for rule in ("IMG101", "IMG401", "IMG402"):
        page = imgopt("explain", rule, cwd=project).stdout
        assert "# expect" not in page
        assert not re.search(r"^```\w+ .", page, re.MULTILINE)
        assert page.count("```") % 2 == 0
    assert "`node_modules/a/index.js`:\n\n```js\n" in page
    assert "With `min-bytes = 10`:\n\n```dockerfile\n" in page
    assert "Fixed, `.dockerignore`:\n\n```text\n" in page


def test_a_full_pipe_is_no_error(project: Path) -> None:
    command = f"{sys.executable} -m imgopt explain IMG101 | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout == "# IMG101 copy-before-install\n"


def test_one_file_as_json_needs_little_of_the_standard_library(project: Path) -> None:
    code = (
        "import sys; from imgopt.cli.main import main;"
        "main(['lint', 'Dockerfile', '--format=json', '--output=found.json', '--fail-on=never']);"
        "spared = {'rich', 'yaml', 'shutil', 'difflib', 'hashlib', 'subprocess', 'pkg_resources',"
        " 'multiprocessing', 'asyncio', 'email', 'importlib.metadata', 'click.shell_completion'};"
        "sys.exit(', '.join(spared & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_lint_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys; from imgopt.cli.main import main;"
        "main(['lint', 'benchmarks', '--fail-on=never']);"
        "heavy = {'pandas', 'matplotlib', 'scipy', 'sqlalchemy', 'docker'} & set(sys.modules);"
        "sys.exit(','.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
