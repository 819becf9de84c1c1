"""Whether a report finds the changes that the story made, no more and no fewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from story.plot import COMMITS, DOWN, SIZE, UP


def expected() -> list[dict[str, str]]:
    """The changes of the story, in the order of its commits."""
    return [
        {
            "service": change.service,
            "series": change.series,
            "direction": change.direction,
            "subject": commit.subject,
        }
        for commit in COMMITS
        for change in commit.changes
    ]


def found(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """The change points of a report's JSON, in the same form."""
    return [
        {
            "service": point["service"],
            "series": SIZE if point["metric"] == SIZE else point["scenario"],
            "direction": UP if point["ratio"] > 1 else DOWN,
            "subject": point["subject"],
        }
        for point in report["change_points"]
    ]


def differences(
    wanted: Sequence[Mapping[str, str]], told: Sequence[Mapping[str, str]]
) -> list[str]:
    """A line for each change that is missing, and for each that is one too many."""
    left = [dict(one) for one in told]
    lines = []
    for one in wanted:
        if dict(one) in left:
            left.remove(dict(one))
        else:
            lines.append(f"missing: {_line(one)}")
    return lines + [f"too many: {_line(one)}" for one in left]


def _line(one: Mapping[str, str]) -> str:
    return f"{one['service']} {one['series']} {one['direction']}: {one['subject']}"
