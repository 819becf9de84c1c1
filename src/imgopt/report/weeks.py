"""This week against the four before it, by service and scenario. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median

from imgopt.report import wording
from imgopt.report.model import Metric, Sentence, Series, ServiceReport

_BEFORE = timedelta(weeks=4)
_WEEK = timedelta(weeks=1)
_NOTABLE = 0.05  # less is not worth a sentence


def weekly_sentences(services: Sequence[ServiceReport], made_at: datetime) -> Iterator[Sentence]:
    """One sentence a service that had commits this week."""
    for report in services:
        said = []
        ratios = []
        for series in report.series:
            pair = _sides(series, made_at)
            if pair is None or series.metric not in (Metric.TIME, Metric.SIZE):
                continue
            now, before = pair
            ratio = now / before if before > 0 else 1.0
            unit = series.metric.unit
            values = f"{wording.amount(now, unit)} ({wording.amount(before, unit)} before)"
            if abs(ratio - 1) >= _NOTABLE:
                said.append(_said(series, values))
                ratios.append(ratio)
        if said:
            tone = "worse" if max(ratios) > 1 else "better"
            text = f"{wording.cut(report.service, 60)}, this week against the four before: "
            yield Sentence(f"{text}{wording.joined(said)}.", tone, report.service)
        elif any(_sides(series, made_at) for series in report.series):
            text = f"{wording.cut(report.service, 60)}: this week is as the four before it."
            yield Sentence(text, "neutral", report.service)


def _said(series: Series, values: str) -> str:
    if series.metric is Metric.SIZE:
        return f"the image was {values}"
    return f"{wording.cut(series.scenario, 40)} builds took {values}"


def _sides(series: Series, made_at: datetime) -> tuple[float, float] | None:
    """The medians of this week's points and of those before; None where one has none."""
    week = made_at - _WEEK
    now = [p.value for p in series.points if week <= p.at <= made_at]
    before = [p.value for p in series.points if week - _BEFORE <= p.at < week]
    return (median(now), median(before)) if now and before else None
