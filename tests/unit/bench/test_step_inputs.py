"""What a change of the inputs means; tests/engine/test_why.py builds it for real."""

from __future__ import annotations

import hashlib
from pathlib import Path

from engine_fixtures import write

from imgopt.bench.step_inputs import ContextDigests, folded, step_inputs
from imgopt.bench.why import foretell
from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.parse import parse
from imgopt.facts.file import FileFacts, Surroundings
from imgopt.records.inputs import StepInputs

TEXT = """\
FROM a:1 AS build
ARG TOKEN=secret-value
COPY src/ /src/
RUN make TOKEN=secret-value
FROM a:1
COPY --link x /x
COPY --from=build /out /out
"""


def inputs(root: Path, text: str = TEXT, base: str = "sha256:1") -> tuple[StepInputs, ...]:
    context = BuildContext(root, root / "Dockerfile")
    facts = FileFacts(parse(text), Surroundings(context=context))
    return step_inputs(facts, ContextDigests(context), {"a:1": base}, ("secret-value",))


def test_a_change_reaches_what_follows_it_and_stays_in_doubt_across_stages(tmp_path: Path) -> None:
    write(tmp_path, {"src/a": "1", "x": "1"})
    before = inputs(tmp_path)
    assert foretell(before, inputs(tmp_path)) == []
    write(tmp_path, {"src/a": "2"})
    found = foretell(before, inputs(tmp_path), {("RUN", "RUN make TOKEN=***"): 4.0})
    assert [(f.line, f.certain, f.reasons) for f in found] == [
        (3, True, ("src/a changed",)), (4, True, ()), (7, False, ()),
    ]  # fmt: skip
    assert found[1].seconds == 4.0


def test_a_linked_copy_does_not_care_for_its_base(tmp_path: Path) -> None:
    write(tmp_path, {"src/a": "1", "x": "1"})
    before = inputs(tmp_path)
    lines = [f.line for f in foretell(before, inputs(tmp_path, base="sha256:2"))]
    assert 6 not in lines
    assert {1, 3, 4, 5, 7} <= set(lines)


def test_no_secret_stands_in_the_inputs(tmp_path: Path) -> None:
    write(tmp_path, {"src/a": "1", "x": "1"})
    assert "secret-value" not in repr(inputs(tmp_path))
    text = "FROM a:1\nARG TOKEN=secret-value\nWORKDIR /src/$TOKEN\nRUN make\nCOPY x /$TOKEN\n"
    assert "secret-value" not in repr(inputs(tmp_path, text))


def test_a_secrets_digest_is_dear_to_guess_from(tmp_path: Path) -> None:
    write(tmp_path, {"src/a": "1", "x": "1"})
    text = "FROM a:1\nARG TOKEN=1234\nARG PLAIN=1234\nRUN make\n"
    env = inputs(tmp_path, text)[-1].env
    plain = hashlib.sha256(b"1234\0").hexdigest()[:12]
    assert env["PLAIN"] == plain
    assert env["TOKEN"] != plain
    assert inputs(tmp_path, text)[-1].env == env


def test_a_hundred_thousand_files_are_told_by_folder() -> None:
    files = {f"src/d{i // 1000}/f{i}": f"{i}" for i in range(100_000)}
    before = folded(files)
    assert len(before) == 100
    assert before == folded(dict(reversed(files.items())))
    after = folded({**files, "src/d7/f7000": "other"})
    assert [k for k in before if after[k] != before[k]] == ["src/d7/"]
    flat = folded({f"f{i}": "x" for i in range(3000)})
    assert list(flat) == ["./"]
    few = {"a": "1", "b/c": "2"}
    assert folded(few) == few
    assert set(folded({**few, "b/d": "3"}, most=2)) == {"a", "b/"}
