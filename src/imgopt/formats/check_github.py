"""A check as annotations of a GitHub runner: each reason on the Dockerfile line that broke it."""

from __future__ import annotations

from imgopt.formats.reasons import sentence
from imgopt.formats.registry import Options
from imgopt.formats.workflow_command import command
from imgopt.gate.result import CheckResult, Kind, Reason

_TITLES = {
    Kind.BUDGET: "a budget is broken",
    Kind.SIZE: "the image grew",
    Kind.TIME: "a build got slower",
    Kind.LINT: "a new finding",
}


def render(result: CheckResult, _options: Options) -> str:
    """One line a reason or failure; nothing for a check that passed."""
    lines = [command("error", {"title": "a build failed"}, text) for text in result.failures]
    lines += [command("error", _place(reason), sentence(reason)) for reason in result.reasons]
    return "".join(lines)


def _place(reason: Reason) -> dict[str, str]:
    place = {"file": reason.dockerfile, "title": f"imgopt: {_TITLES[reason.kind]}"}
    if reason.most is not None and reason.most.line:
        place["line"] = str(reason.most.line)
    return place
