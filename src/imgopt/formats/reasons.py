"""Sentences of a check: why it failed, and what its parts rest on.

Names stand in backticks, which `escape.markdown` makes code spans of; terminals show them as they
are.
"""

from __future__ import annotations

from imgopt.formats.escape import cut
from imgopt.formats.units import megabytes, percent, seconds
from imgopt.gate.result import Kind, Reason, ServiceCheck, State
from imgopt.report.budgets import Cost
from imgopt.report.model import Unit

_LABELS = {
    "size": "image size",
    "waste": "waste",
    "context": "build context",
    "findings": "number of findings",
}
_NAME, _TEXT = 60, 80
_TELLING = 10  # times: beyond that a percentage says nothing


def amount(value: float, unit: Unit) -> str:
    """A value with its unit."""
    if unit is Unit.BYTES:
        return megabytes(round(value))
    if unit is Unit.SECONDS:
        return seconds(value)
    return f"{value:.0f}"


def label(name: str) -> str:
    """What a budget limits, in words."""
    return _LABELS.get(name, f"{name} build")


def code(text: str, most: int = _NAME) -> str:
    """A name in backticks, in one line and not too long."""
    return f"`{cut(' '.join(text.split()), most).replace('`', chr(180))}`"


def sentence(reason: Reason) -> str:
    """Why a check fails: what, by how much, and the line that broke it."""
    if reason.kind is Kind.LINT:
        line = reason.most.line if reason.most else 0
        return f"{code(f'{reason.dockerfile}:{line}')}: {reason.name}: {reason.message}"
    return f"{code(reason.service)}: {_what(reason)}{_line(reason)}"


def _what(reason: Reason) -> str:
    unit, value = reason.unit, amount(reason.value, reason.unit)
    before = reason.before
    if reason.kind is Kind.SIZE and before is not None:
        more = amount(reason.value - before, unit)
        change = f" ({percent(reason.value / before)})" if before else ""
        return f"the image grew by {more} to {value}{change}"
    if reason.kind is Kind.TIME and before:
        times = f"{reason.value / before:.2f} times as long"
        return f"{reason.name} takes {value} instead of {amount(before, unit)}, {times}"
    share = ""
    if 0 < reason.over < _TELLING * reason.limit:
        share = f" ({reason.over / reason.limit:.0%})"
    limit = f"its budget of {amount(reason.limit, unit)}"
    text = f"{label(reason.name)} is {value}, {amount(reason.over, unit)}{share} over {limit}"
    if before is not None and before > reason.limit:
        text += f", as it was before ({amount(before, unit)})"
    return text


def _line(reason: Reason) -> str:
    """The line that is to blame, and with what."""
    most = reason.most
    if most is None:
        return ""
    newly = reason.before is not None and (
        reason.kind is not Kind.BUDGET or reason.before <= reason.limit
    )
    if reason.unit is Unit.COUNT:
        return f"; the worst is {place(reason.dockerfile, most)}"
    spent = amount(most.value, reason.unit)
    verb = "added" if newly else "takes most of it,"
    return f"; {place(reason.dockerfile, most)} {verb} {spent}"


def place(dockerfile: str, cost: Cost) -> str:
    """A Dockerfile line with its instruction."""
    where = f"{code(f'{dockerfile}:{cost.line}', 100)} " if cost.line else ""
    return f"{where}{code(cost.text, _TEXT)}" if cost.text else where.rstrip()


def basis(service: ServiceCheck) -> str:
    """What a service's part of the check rests on."""
    why = f": {'; '.join(cut(text, 120) for text in service.why)}" if service.why else ""
    if service.state is State.RECORDED and service.recorded_at is not None:
        commit = f", commit {service.commit[:9]}" if service.commit else ""
        return f"recorded {service.recorded_at:%Y-%m-%d %H:%M} UTC{commit}"
    if service.state is State.UNKNOWN and all(b.value is not None for b in service.budgets):
        return "its files alone"
    return {
        State.CHANGED: f"built in pairs{why}",
        State.NEW: f"built{why}",
        State.SAME: "not built: its inputs have not changed",
        State.MEASURED: "measured now",
    }.get(service.state, "no build is recorded")
