from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgopt.bench import scenarios as folder
from imgopt.bench.edit import FileEdit
from imgopt.bench.registry import plan, scenarios
from imgopt.bench.scenarios.code_change import code_edit
from imgopt.bench.scenarios.deps_change import deps_edit
from imgopt.bench.variation import Start
from imgopt.bench.workspace import Workspace
from imgopt.config import Scenario as Written
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
        pytest.raises(
            ConfigError, match=r"app/link\.py is a symlink that points outside the context"
        ),
    ):
        workspace.edit(FileEdit("app/link.py"), "m")
    assert outside.read_text() == "x = 1\n"


@pytest.mark.parametrize("kept", [".git", ".hg", ".svn", "node_modules"])
def test_what_version_control_or_tools_keep_is_never_edited(tmp_path: Path, kept: str) -> None:
    """Without a commit, .git/HEAD would be the first file of the alphabet."""
    files = {f"{kept}/HEAD": "ref: x\n", f"lib/{kept}/a.py": "", f"{kept}/package.json": "{}"}
    made = facts(tmp_path, "FROM a\nCOPY . .\nRUN npm ci\n", files)
    assert code_edit(made, {f"{kept}/HEAD": 9}) is None
    assert deps_edit(made) is None
    (tmp_path / "z").write_text("x\n")
    assert code_edit(facts(tmp_path, "FROM a\nCOPY . .\n", files), {}) == FileEdit("z")


def runs(names: list[str], count: int, own: dict[str, Written] | None = None) -> dict[str, int]:
    return {p.scenario.name: p.runs for p in plan(names, count, own)}


def test_scenarios_are_planned_with_their_runs() -> None:
    assert runs([], 3) == {"cold": 3, "warm": 3, "code-change": 3, "deps-change": 3}
    assert runs(["warm", "cold=1"], 5) == {"cold": 1, "warm": 5}
    own = {"mine": Written(ci=True), "other": Written()}
    assert runs(["other", "mine=2", "ci"], 1, own) == {"ci": 1, "mine": 2, "other": 1}
    assert [p.scenario.start for p in plan(["mine", "other"], 1, own)] == [
        Start.CACHE, Start.BUILDER,
    ]  # fmt: skip
    with pytest.raises(
        ConfigError, match=r"\[scenarios\.cold\]: imgopt has a scenario of that name"
    ):
        plan([], 3, {"cold": Written()})
    for wrong, words in (
        ("hot", "unknown scenario 'hot'"), ("code-chang", "did you mean 'code-change'"),
        ("cold=0", "must be 1 to 1000"), ("cold=x", "must be 1 to 1000"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=words):
            plan([wrong], 3)


MADE_UP = """\
from imgopt.bench.variation import Scenario, Start, Variation

class Prod(Scenario):
    name = "prod"
    order = 25
    is_usual = True
    start = Start.BUILDER

    def variation(self, subject, mark):
        return Variation(target="prod")

SCENARIO = Prod()
"""


def test_a_new_scenario_is_a_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = list(scenarios())
    (tmp_path / "made_up.py").write_text(MADE_UP)
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(tmp_path)])
    assert list(scenarios()) == [*before[:2], "prod", *before[2:]]
    assert list(runs([], 1))[:3] == ["cold", "warm", "prod"]
    (planned,) = plan(["prod=2"], 1)
    assert (planned.scenario.start, planned.runs) == (Start.BUILDER, 2)
