"""Budgets of what is here: of the last records in the history, or measured now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from imgopt.bench.measure import measure
from imgopt.bench.options import Measured
from imgopt.gate.measured import last_runs, newest, spent
from imgopt.gate.pull_request import Work
from imgopt.gate.reasons import reasons_of
from imgopt.gate.result import CheckResult, ServiceCheck, State
from imgopt.gate.spending import shown_path, spent_here
from imgopt.gate.terms import HERE
from imgopt.project.image import Image
from imgopt.records.build import BuildRecord
from imgopt.records.image import ImageRecord
from imgopt.report.budgets import judge


def check_measured(work: Work) -> tuple[CheckResult, list[BuildRecord]]:
    """Measure each service with a budget, and judge it; also the samples that were taken."""
    images = [image for image in work.images if work.limits.get(image.name)]
    built = [image for image in images if not HERE.issuperset(work.limits[image.name])]
    measured = Measured([], [])
    if built:
        measured = measure(built, work.plan, work.options, work.watcher)
    failures = tuple(str(error) for error in measured.failures)
    result = _judged(images, measured.records, State.MEASURED, measured.images, work)
    return CheckResult(result.services, result.reasons, failures), measured.records


def check_recorded(records: Iterable[BuildRecord], work: Work) -> CheckResult:
    """Judge each service with a budget by its last samples in the history."""
    images = [image for image in work.images if work.limits.get(image.name)]
    return _judged(images, list(records), State.RECORDED, {}, work)


def _judged(
    images: Iterable[Image],
    records: list[BuildRecord],
    state: State,
    searched: Mapping[str, ImageRecord],
    work: Work,
) -> CheckResult:
    checks = []
    for image in images:
        runs = last_runs(records, image.name)
        last = newest(runs)
        limits = work.limits[image.name]
        here = spent_here(image, limits, work.linter)
        checks.append(
            ServiceCheck(
                service=image.name,
                dockerfile=shown_path(image),
                state=state if last else State.UNKNOWN,
                budgets=judge(limits, {**spent(runs, searched.get(image.name)), **here}),
                commit=last.commit if last else "",
                recorded_at=last.started_at if last else None,
            )
        )
    reasons = tuple(reason for check in checks for reason in reasons_of(check, work.terms))
    return CheckResult(tuple(checks), reasons)
