from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import record

from imgopt.bench.edit import FileEdit
from imgopt.bench.scenario import choose, code_edit, deps_edit
from imgopt.bench.stats import summarise
from imgopt.bench.tables import line_rows, scenario_rows
from imgopt.bench.workspace import Workspace
from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.parse import parse
from imgopt.errors import ConfigError
from imgopt.facts.file import FileFacts, Surroundings
from imgopt.project.image import Image


def facts(root: Path, text: str, files: dict[str, str]) -> FileFacts:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    (root / "Dockerfile").write_text(text)
    return FileFacts(parse(text), Surroundings(context=BuildContext(root, root / "Dockerfile")))


FILES = {"requirements.txt": "flask\n", "app/main.py": "x = 1\n", "app/config.py": "",
         "Makefile": "", "tests/test_a.py": ""}  # fmt: skip
TEXT = "FROM a\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n"


def test_code_change_edits_what_people_change_most(tmp_path: Path) -> None:
    made = facts(tmp_path, TEXT, FILES)
    assert code_edit(made, {}) == FileEdit("app/main.py")
    assert code_edit(made, {"app/config.py": 9, "Dockerfile": 99}) == FileEdit("app/config.py")


def test_deps_change_edits_the_manifest(tmp_path: Path) -> None:
    assert deps_edit(facts(tmp_path, TEXT, FILES)) == FileEdit("requirements.txt")
    text = "FROM a\nCOPY web/package.json web/\nRUN cd web && npm ci\n"
    found = deps_edit(facts(tmp_path, text, {"web/package.json": "{}"}))
    assert found == FileEdit("web/package.json")


def test_nothing_to_edit(tmp_path: Path) -> None:
    made = facts(tmp_path, "FROM a\nRUN true\n", FILES)
    assert code_edit(made, {}) is None
    assert deps_edit(made) is None


_MARKS = st.text("0123456789abcdef-", min_size=1, max_size=20)


@given(st.lists(_MARKS, min_size=2, max_size=4, unique=True))
def test_edits_change_the_content_and_not_the_meaning(marks: list[str]) -> None:
    python, data = b"x = [1,\n 2]", b'{"a": [1]}'
    for path, original, meaning in (
        ("a.py", python, lambda b: ast.dump(ast.parse(b))),
        ("package.json", data, json.loads),
    ):
        results = [FileEdit(path).apply(original, mark) for mark in marks]
        assert len({original, *results}) == len(marks) + 1
        assert all(meaning(r) == meaning(original) for r in results)


def test_neither_links_nor_binary_files_are_edited(tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("x = 1\n")
    root = tmp_path / "project"
    root.mkdir()
    text = "FROM a\nCOPY app/ requirements.txt /\nRUN pip install -r requirements.txt\n"
    made = facts(root, text, {"app/main.py": "x = 1\n"})
    (root / "app/data.bin").write_bytes(b"\x00\x01")
    (root / "app/link.py").symlink_to(outside)
    (root / "requirements.txt").symlink_to(outside)
    often = {"app/link.py": 99, "app/data.bin": 98, "app/main.py": 1}
    assert code_edit(made, often) == FileEdit("app/main.py")
    assert deps_edit(made) is None
    with (
        Workspace(Image("a", root, root / "Dockerfile")) as workspace,
        pytest.raises(ConfigError, match=r"app/link\.py is a link out of the context"),
    ):
        workspace.edit(FileEdit("app/link.py"), "m")
    assert outside.read_text() == "x = 1\n"


def test_scenarios_are_chosen_with_their_runs() -> None:
    assert choose([], 3) == {"cold": 3, "warm": 3, "code-change": 3, "deps-change": 3}
    assert choose(["warm", "cold=1"], 5) == {"cold": 1, "warm": 5}
    with pytest.raises(
        ConfigError, match=r"\[scenarios\.cold\]: imgopt has a scenario of that name"
    ):
        choose([], 3, ["mine", "cold"])
    for wrong in ("hot", "cold=0", "cold=x"):
        with pytest.raises(ConfigError):
            choose([wrong], 3)


def test_the_workspace_leaves_the_tree_alone(tmp_path: Path) -> None:
    facts(tmp_path, TEXT, {**FILES, ".dockerignore": "Makefile\n"})
    (tmp_path / "link").symlink_to("app/main.py")
    image = Image("a", tmp_path, tmp_path / "Dockerfile")
    with Workspace(image) as workspace:
        folder = workspace.context
        assert not (folder / "Makefile").exists()
        assert (folder / "link").is_symlink()
        workspace.edit(FileEdit("app/main.py"), "m")
        assert (folder / "app/main.py").read_text() == "x = 1\n# imgopt m\n"
        workspace.restore()
        assert (folder / "app/main.py").read_text() == "x = 1\n"
        workspace.edit(FileEdit("app/main.py"), "m")
    assert not folder.exists()
    assert (tmp_path / "app/main.py").read_text() == "x = 1\n"


def test_a_missing_dockerfile_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigError, match="no Dockerfile at"),
        Workspace(Image("a", tmp_path, tmp_path / "Dockerfile")),
    ):
        pass


def test_median_and_mad() -> None:
    summary = summarise([1.0, 2.0, 10.0])
    assert (summary.n, summary.median, summary.mad) == (3, 2.0, 1.0)


def test_rows_gather_samples() -> None:
    records = [record(0), record(1, commit="0" * 40), record(2, commit="0" * 40)]
    rows = scenario_rows(records)
    assert [(r.service, r.scenario, r.duration.n, r.duration.median) for r in rows] == [
        ("api", "cold", 3, 9.0)
    ]
    assert [(r.line, r.text, r.median_s) for r in line_rows(records)] == [(2, "RUN x", 9.0)]
