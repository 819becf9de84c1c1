from __future__ import annotations

import hashlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from records import record

from imgopt.records.build import (
    BaseImage,
    BuildRecord,
    Failure,
    Step,
    content_id,
    encode,
    identified,
)
from imgopt.records.inputs import StepInputs

LATER: dict[str, Any] = {
    "variant": "", "isolation": "shared", "load_per_core": 0.0, "steal": 0.0, "inputs": [],
    "target": "", "author": "", "bases": [], "build_args": {}, "failure": None, "findings": None,
    "ref": "",
}  # fmt: skip


def identity(made: BuildRecord) -> str:
    """The identity as architecture.md tells it, by way of plain JSON."""
    data = json.loads(encode(made))
    kept = {k: v for k, v in data.items() if k not in LATER or v != LATER[k]}
    for step in kept["steps"]:
        if not step["critical"]:
            del step["critical"]
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ['","critical":false,"digest":"', ',"variant":""', "\\", '"', "\x7f", "é\U0001f600"]
)


@given(words, words, words, st.booleans(), st.dictionaries(words, words, max_size=3),
       st.lists(words, max_size=2), st.none() | st.integers(0, 3))  # fmt: skip
def test_the_identity_is_that_of_the_canonical_json(
    one: str, two: str, three: str, critical: bool, env: dict[str, str], bases: list[str],
    findings: int | None,
) -> None:  # fmt: skip
    steps = (
        Step(one, two, three, 1, 2, "RUN", 0.5, 1.5, False, (one,), critical),
        Step(two, three, one, 1, 2, "RUN", 0.5, 1.5, True, (), False),
    )
    made = record(
        steps=steps, subject=one, author=two, build_args=env, findings=findings,
        bases=tuple(BaseImage(name) for name in bases), variant=two,
        inputs=tuple(StepInputs(1, 2, two, "RUN", one, three, two, env) for _ in bases),
        failure=Failure(one, two, 3, three) if critical else None,
    )  # fmt: skip
    assert content_id(made) == identity(made)
    assert identified(made) == (identity(made), encode(made))


def test_an_identity_never_changes() -> None:
    """Of a record of the first version."""
    assert content_id(record()) == identity(record()) == KNOWN


KNOWN = "fe44af91a9f67f642bc4cab770eae800164eca466562a85b04c81cf5d4b1dd8f"
