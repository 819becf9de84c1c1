"""The summary of a report, as somebody would say it who has read all of it.

What got worse comes first, the costliest of it at the top; then what was mended, what got better,
what does not build. Nothing is escaped: formats do that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from imgopt.report import wording
from imgopt.report.model import Change, Delivery, Metric, Sentence, ServiceReport
from imgopt.report.standing import delivery_sentences, failures, over_budget
from imgopt.report.weeks import weekly_sentences

WEEKS = 5  # of a weekly report: this one and the four before it
_BYTES_PER_S = 50e6  # a node pulls: what makes sizes and times one cost
_AGAIN = 0.05  # nearer than that to the level before, a change is undone
_MOST = 12  # sentences of one kind; the page has all of it
_SERVICES = 4  # named in one sentence
_MOST_OF_IT = 0.5  # of a change: less is not the one line that did it


def sentences(
    services: Sequence[ServiceReport],
    made_at: datetime,
    weekly: bool = False,
    delivered: Sequence[Delivery] = (),
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
    slower, faster = _commits(worse), _commits(better)
    return (
        _headline(slower, faster, services, weekly),
        *_look_first(slower),
        *(_changed(groups, "worse") for groups in slower[:_MOST]),
        *_left_out(slower, "worse"),
        *map(_mended, _by_commits(mended)[:_MOST]),
        *(_changed(groups, "better") for groups in faster[:_MOST]),
        *_left_out(faster, "better"),
        *(weekly_sentences(services, made_at) if weekly else ()),
        *over_budget(services),
        *failures(services, first),
        *delivery_sentences(delivered),
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


def _commits(groups: Iterable[list[Change]]) -> list[list[list[Change]]]:
    """The groups of several services by their commit, the costliest first."""
    found: dict[tuple[str, str], list[list[Change]]] = {}
    for group in sorted(groups, key=lambda group: -_seconds(group[0])):
        main = group[0]
        found.setdefault((main.commit, "" if main.commit else main.service), []).append(group)
    return list(found.values())


def _seconds(change: Change) -> float:
    """What a change costs each time: seconds of a build, or of a pull."""
    delta = abs(change.after - change.before)
    return delta if change.metric is Metric.TIME else delta / _BYTES_PER_S


def _headline(
    worse: Sequence[object],
    better: Sequence[object],
    services: Sequence[ServiceReport],
    weekly: bool,
) -> Sentence:
    when = " this week" if weekly else ""
    if not worse and not better:
        count = wording.counted(len(services), "service")
        verb = "got slower or bigger this week" if weekly else "is slower or bigger than it was"
        return Sentence(f"Nothing {verb}, in {count}.", "neutral")
    slower, faster = wording.counted(len(worse), "commit"), wording.counted(len(better), "commit")
    if worse and better:
        text = f"{slower} made builds slower or images bigger{when}, {len(better):,} the opposite."
    elif worse:
        text = f"{slower} made builds slower or images bigger{when}."
    else:
        text = f"{faster} made builds faster or images smaller{when}; nothing got worse."
    return Sentence(text, "worse" if worse else "better")


def _look_first(worse: Sequence[Sequence[Sequence[Change]]]) -> Iterator[Sentence]:
    if len(worse) < 2:
        return
    change = worse[0][0][0]
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


def _changed(groups: Sequence[Sequence[Change]], tone: str) -> Sentence:
    """What a commit did to a service, or in short what it did to several."""
    main = groups[0][0]
    if len(groups) == 1:
        said = wording.joined([wording.what_changed(change) for change in groups[0]])
        text = f"{wording.cut(main.service, 60)}: {said} since {wording.since(main)}"
        return Sentence(f"{text}{_line(main)}.", tone, main.service, main.commit)
    what = "slower or bigger" if tone == "worse" else "faster or smaller"
    shown = [
        f"{wording.cut(group[0].service, 60)} ({wording.briefly(group[0])})"
        for group in groups[:_SERVICES]
    ]
    more = [f"{len(groups) - _SERVICES:,} more"] if len(groups) > _SERVICES else []
    same = {(group[0].metric, group[0].line, group[0].instruction) for group in groups}
    line = _line(main) if len(same) == 1 else ""
    text = f"{len(groups):,} services are {what} since {wording.since(main)}: "
    return Sentence(
        f"{text}{wording.joined([*shown, *more])}{line}.", tone, main.service, main.commit
    )


def _line(change: Change) -> str:
    """The end of a sentence: the line behind a change, and how much of it that is."""
    moved = wording.line(change)
    if not moved:
        return ""
    by = wording.amount(abs(change.line_delta), change.metric.unit)
    if not change.line:
        return f"; {moved} {'grew' if change.line_delta > 0 else 'shrank'} by {by}"
    is_most = abs(change.line_delta) >= _MOST_OF_IT * abs(change.after - change.before)
    return f"; {moved}, {'is what moved' if is_most else 'moved most'}, by {by}"


def _mended(pairs: Sequence[tuple[Change, Change]]) -> Sentence:
    """What one commit made worse and another undid."""
    made, undone = pairs[0]
    said = wording.joined([wording.what_changed(change, past=True) for change, _ in pairs])
    now = "now that is undone"
    if len(pairs) == 1:
        value = wording.amount(undone.after, made.metric.unit)
        now = f"now {'they take' if made.metric is Metric.TIME else 'it is'} {value}"
    return Sentence(
        f"{wording.cut(made.service, 60)}: {said} from {wording.since(made)} "
        f"until {wording.since(undone)}; {now}.",
        "better",
        made.service,
        undone.commit,
    )


def _by_commits(pairs: Iterable[tuple[Change, Change]]) -> list[list[tuple[Change, Change]]]:
    """Pairs of the same service and commits together."""
    found: dict[tuple[str, str, str], list[tuple[Change, Change]]] = {}
    for made, undone in pairs:
        key = (made.service, made.commit, undone.commit)
        found.setdefault(key, []).append((made, undone))
    return list(found.values())


def _left_out(groups: Sequence[object], tone: str) -> Iterator[Sentence]:
    if len(groups) > _MOST:
        more = wording.counted(len(groups) - _MOST, "smaller change")
        yield Sentence(f"{more} for the {tone} besides; the charts show all of them.", tone)
