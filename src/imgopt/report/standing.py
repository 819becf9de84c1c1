"""How services stand, in sentences: what is over its budget, what did not build, and how they are
delivered. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from imgopt.records.build import RECORDED
from imgopt.report import wording
from imgopt.report.model import Delivery, Metric, Sentence, Series, ServiceReport

_SHOWN = 3  # commits that did not build
_NAME = 60
_DELIVERED = 8  # services


def over_budget(services: Sequence[ServiceReport]) -> Iterator[Sentence]:
    """One sentence a budget that the newest point of its series is over."""
    for report in services:
        for name, limit in report.budgets.items():
            series = _newest([s for s in report.series if s.name == name and s.points])
            if series is None or series.points[-1].value <= limit:
                continue
            last = series.points[-1]
            now, over, most = (
                wording.amount(value, series.metric.unit)
                for value in (last.value, last.value - limit, limit)
            )
            service = wording.cut(report.service, _NAME)
            yield Sentence(
                f"{service}: {_subject(series)} {now}, {over} over the budget of {most}.",
                "worse",
                report.service,
                last.commit,
            )


def _newest(found: Sequence[Series]) -> Series | None:
    """Of several machines or engines that with the last point; recorded builds come last."""
    return max(found, key=lambda s: (s.isolation != RECORDED, s.points[-1].at), default=None)


def _subject(series: Series) -> str:
    if series.metric is Metric.TIME:
        return f"{wording.cut(series.scenario, 40)} builds take"
    if series.metric is Metric.FINDINGS:
        return "lint's findings are"
    return "the image is" if series.metric is Metric.SIZE else f"the {series.metric} is"


def failures(services: Sequence[ServiceReport], first: datetime | None) -> Iterator[Sentence]:
    """One sentence a service with commits since `first` that did not build, the newest first."""
    for report in services:
        failed = [f for f in report.failed if first is None or f.at >= first]
        commits = list(dict.fromkeys(f.commit for f in reversed(failed)))
        if not commits:
            continue
        names = {f.commit: wording.commit(f.commit, f.subject, f.author) for f in failed}
        shown = [names[commit] for commit in commits[:_SHOWN]]
        more = len(commits) - _SHOWN
        if more > 0:
            shown.append(f"{more:,} more")
        service = wording.cut(report.service, _NAME)
        text = f"{service}: {wording.joined(shown)} did not build."
        yield Sentence(text, "worse", report.service, commits[0])


def delivery_sentences(delivered: Sequence[Delivery]) -> Iterator[Sentence]:
    """One sentence a service that was deployed, as far as it is known."""
    deployed = [one for one in delivered if one.deployments_a_week is not None]
    for one in sorted(deployed, key=lambda one: -one.deployments)[:_DELIVERED]:
        rate = one.deployments_a_week or 0.0
        said = [f"{rate:.1f} deployments a week"]
        if one.lead_time_s is not None:
            said.append(f"{wording.span(one.lead_time_s)} from commit to deployment")
        if one.change_failure_share is not None:
            said.append(f"{one.change_failure_share * 100:.0f} % of deployments failed")
        if one.restore_s is not None:
            said.append(f"{wording.span(one.restore_s)} to restore")
        service = wording.cut(one.service, _NAME)
        yield Sentence(f"{service}: {', '.join(said)}.", "neutral", one.service)
