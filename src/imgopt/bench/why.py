"""Why a build runs steps again: what a step depended on then, against what it does now. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from imgopt.records.inputs import StepInputs

_MOST_FILES = 5


class Foretold(msgspec.Struct, frozen=True):
    """A step that the next build runs.

    `reasons` say what of its own has changed; without any, it runs because of what runs before
    it. `certain` is False where BuildKit compares the files that another stage made, which may
    be the same again. `seconds` is what it took when it was measured, None when it never was.
    """

    line: int
    stage: str
    instruction: str
    text: str
    reasons: tuple[str, ...]
    certain: bool
    seconds: float | None = None


def foretell(
    before: Sequence[StepInputs],
    now: Sequence[StepInputs],
    seconds: Mapping[tuple[str, str], float] | None = None,
) -> list[Foretold]:
    """The steps of `now` that a builder which holds `before` runs again, in the file's order.

    `seconds` are measured durations by (instruction, text).
    """
    known = {step.key for step in before}
    found: list[Foretold] = []
    # Whether some step of the stage so far runs for certain: then all behind it do.
    sure: dict[str, bool] = {}
    for step in now:
        if step.key in known:
            continue
        twin = _twin(step, before)
        reasons = _reasons(step, twin)
        if reasons and not _only_sources_differ(step, twin):
            certain = True
        elif twin is not None and twin.own == step.own:
            inherited = any(f.certain for f in found)  # the stage that it is built FROM
            certain = sure.get(step.stage, inherited)
        else:  # only what another stage made, or what a source is called, may differ
            certain = sure.get(step.stage, False)
        sure[step.stage] = certain or sure.get(step.stage, False)
        price = (seconds or {}).get((step.instruction, step.text))
        found.append(
            Foretold(step.line, step.stage, step.instruction, step.text, reasons, certain, price)
        )
    return found


def _only_sources_differ(step: StepInputs, twin: StepInputs | None) -> bool:
    """Whether a COPY takes what has another name: BuildKit compares contents, not names."""
    if twin is None or step.instruction not in ("COPY", "ADD") or step.text == twin.text:
        return False
    old, new = twin.text.split(), step.text.split()
    return _frame(old) == _frame(new)


def _frame(words: list[str]) -> tuple[list[str], str]:
    """Keyword, flags and target of a COPY, without its sources."""
    return [words[0], *(w for w in words if w.startswith("--"))], words[-1]


def _twin(step: StepInputs, before: Sequence[StepInputs]) -> StepInputs | None:
    """The step of the record that this one was: by what it depends on, its text, or its place."""
    same = [s for s in before if s.stage == step.stage and s.instruction == step.instruction]
    for name in ("own", "text", "line"):
        wanted = getattr(step, name)
        found = next((s for s in same if getattr(s, name) == wanted), None)
        if found is not None:
            return found
    return None


def _reasons(step: StepInputs, twin: StepInputs | None) -> tuple[str, ...]:
    if twin is None:
        return ("the instruction is new",)
    if twin.own == step.own:
        return ()
    found = []
    if twin.text != step.text:
        found.append("the instruction's text has changed")
    if twin.base != step.base and step.base and twin.base:
        found.append(f"the base image is another one ({twin.base[:19]} → {step.base[:19]})")
    found += _changed(twin.files, step.files, "", "")
    found += _changed(twin.env, step.env, "variable ", " (a RUN sees every ARG and ENV before it)")
    if twin.settings != step.settings:
        found.append("user, folder or shell have changed")
    return tuple(found)


def _changed(old: Mapping[str, str], new: Mapping[str, str], kind: str, why: str) -> list[str]:
    changes = [f"{kind}{k} changed{why}" for k in new if k in old and new[k] != old[k]]
    changes += [f"{kind}{k} is new{why}" for k in new if k not in old]
    changes += [f"{kind}{k} is gone{why}" for k in old if k not in new]
    if len(changes) > _MOST_FILES:
        changes = [*changes[:_MOST_FILES], f"and {len(changes) - _MOST_FILES} more"]
    return changes
