"""The summary of a report, as somebody would say it who has read all of it.

What got worse comes first, the costliest of it at the top; then what was mended, what got better,
what does not build. Nothing is escaped: formats do that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from imgopt.report import wording
from imgopt.report.model import Change, Metric, Sentence, Series, ServiceReport
from imgopt.report.weeks import weekly_sentences

WEEKS = 5  # of a weekly report: this one and the four before it
_BYTES_PER_S = 50e6  # a node pulls: what makes sizes and times one cost
_AGAIN = 0.05  # nearer than that to the level before, a change is undone
_MOST = 12  # sentences of one kind; the page has all of it
_FAILED_SHOWN = 3


def sentences(
    services: Sequence[ServiceReport], made_at: datetime, weekly: bool = False
) -> tuple[Sentence, ...]:
    """The whole summary, the most important first; of a weekly report, the last week's changes."""
    first = made_at - timedelta(weeks=1) if weekly else None
    worse: list[list[Change]] = []
    better: list[list[Change]] = []
    mended: list[tuple[Change, Change]] = []
    for report in services:
        open_, pairs = _settled([c for c in report.changes if first is None or c.at >= first])
        for group in _groups(open_):
            (worse if group[0].ratio > 1 else better).append(group)
        mended += pairs
    worse.sort(key=_cost, reverse=True)
    better.sort(key=_cost, reverse=True)
    return (
        _headline(worse, better, services, weekly),
        *_look_first(worse),
        *(_changed(group, "worse") for group in worse[:_MOST]),
        *_left_out(worse, "worse"),
        *(_mended(*pair) for pair in mended[:_MOST]),
        *(_changed(group, "better") for group in better[:_MOST]),
        *_left_out(better, "better"),
        *(weekly_sentences(services, made_at) if weekly else ()),
        *_over_budget(services),
        *_failures(services, first),
    )


def _settled(found: Sequence[Change]) -> tuple[list[Change], list[tuple[Change, Change]]]:
    """Changes that still hold, and pairs of a worse one and the one that undid it."""
    open_: list[Change] = []
    pairs = []
    for change in sorted(found, key=lambda change: change.at):
        made = next(
            (
                old
                for old in reversed(open_)
                if (old.metric, old.scenario) == (change.metric, change.scenario)
                and old.ratio > 1 > change.ratio
                and abs(math.log(change.after / old.before)) < _AGAIN
            ),
            None,
        )
        if made is None:
            open_.append(change)
        else:
            open_.remove(made)
            pairs.append((made, change))
    return open_, pairs


def _groups(found: Iterable[Change]) -> Iterator[list[Change]]:
    """Changes of one commit in one direction, the costliest first: one sentence says them."""
    groups: dict[tuple[str, bool], list[Change]] = {}
    for change in found:
        groups.setdefault((change.commit, change.ratio > 1), []).append(change)
    for group in groups.values():
        yield sorted(group, key=lambda change: -_seconds(change))


def _seconds(change: Change) -> float:
    """What a change costs each time: seconds of a build, or of a pull."""
    delta = abs(change.after - change.before)
    return delta if change.metric is Metric.TIME else delta / _BYTES_PER_S


def _cost(group: Sequence[Change]) -> float:
    return _seconds(group[0])


def _headline(
    worse: Sequence[Sequence[Change]],
    better: Sequence[Sequence[Change]],
    services: Sequence[ServiceReport],
    weekly: bool,
) -> Sentence:
    when = " this week" if weekly else ""
    if not worse and not better:
        count = wording.counted(len(services), "service")
        verb = "got slower or bigger this week" if weekly else "is slower or bigger than it was"
        return Sentence(f"Nothing {verb}, in {count}.", "neutral")
    said = [
        wording.counted(len(groups), "commit made a service", "commits made a service") + kind
        for groups, kind in ((worse, " slower or bigger"), (better, " faster or smaller"))
        if groups
    ]
    text = f"{wording.joined(said)}{when}."
    return Sentence(text[0].upper() + text[1:], "worse" if worse else "better")


def _look_first(worse: Sequence[Sequence[Change]]) -> Iterator[Sentence]:
    if len(worse) < 2:
        return
    change = worse[0][0]
    unit = change.metric.unit
    more = wording.amount(change.after - change.before, unit)
    cost = (
        f"each of its {wording.subject(change)} takes {more} more"
        if change.metric is Metric.TIME
        else f"{wording.subject(change)} is {more} bigger"
    )
    yield Sentence(
        f"Look at {wording.cut(change.service, 60)} first: {cost}.", "worse", change.service,
        change.commit,
    )  # fmt: skip


def _changed(group: Sequence[Change], tone: str) -> Sentence:
    main = group[0]
    said = wording.joined([wording.what_changed(change) for change in group])
    text = f"{wording.cut(main.service, 60)}: {said} since {wording.since(main)}"
    return Sentence(f"{text}{_line(main)}.", tone, main.service, main.commit)


def _line(change: Change) -> str:
    moved = wording.line(change)
    if not moved:
        return ""
    by = wording.amount(abs(change.line_delta), change.metric.unit)
    if change.line:
        return f"; {moved}, is what moved, by {by}"
    return f"; {moved} {'grew' if change.line_delta > 0 else 'shrank'} by {by}"


def _mended(made: Change, undone: Change) -> Sentence:
    service = wording.cut(made.service, 60)
    now = wording.amount(undone.after, made.metric.unit)
    return Sentence(
        f"{service}: {wording.what_changed(made, past=True)} from {wording.since(made)} "
        f"until {wording.since(undone)}; now "
        f"{'they take' if made.metric is Metric.TIME else 'it is'} {now}.",
        "better",
        made.service,
        undone.commit,
    )


def _left_out(groups: Sequence[Sequence[Change]], tone: str) -> Iterator[Sentence]:
    if len(groups) > _MOST:
        more = wording.counted(len(groups) - _MOST, "smaller change")
        yield Sentence(f"{more} for the {tone} besides; the charts show all of them.", tone)


def _over_budget(services: Sequence[ServiceReport]) -> Iterator[Sentence]:
    for report in services:
        for series in report.series:
            limit = report.budgets.get(series.name)
            last = series.points[-1] if series.points else None
            if limit is None or last is None or last.value <= limit:
                continue
            now, over, most = (
                wording.amount(value, series.metric.unit)
                for value in (last.value, last.value - limit, limit)
            )
            name = wording.cut(report.service, 60)
            yield Sentence(
                f"{name}: {_budgeted(series)} {now}, {over} over the budget of {most}.",
                "worse",
                report.service,
                last.commit,
            )


def _budgeted(series: Series) -> str:
    if series.metric is Metric.TIME:
        return f"{wording.cut(series.scenario, 40)} builds take"
    return "the image is" if series.metric is Metric.SIZE else f"{series.metric} is at"


def _failures(services: Sequence[ServiceReport], first: datetime | None) -> Iterator[Sentence]:
    for report in services:
        failed = [f for f in report.failed if first is None or f.at >= first]
        if not failed:
            continue
        commits = list(dict.fromkeys(f.commit for f in reversed(failed)))
        names = {f.commit: wording.commit(f.commit, f.subject, f.author) for f in failed}
        shown = wording.joined([names[commit] for commit in commits[:_FAILED_SHOWN]])
        more = len(commits) - _FAILED_SHOWN
        rest = f", and {more:,} more" if more > 0 else ""
        yield Sentence(
            f"{wording.cut(report.service, 60)}: {shown}{rest} did not build.",
            "worse",
            report.service,
            commits[0],
        )
