"""A change held against its base: what is touched is built in pairs, all else is left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from imgopt.bench.against import Aim, against
from imgopt.bench.baseline import Baseline
from imgopt.bench.compare import ServiceComparison
from imgopt.bench.measure import measure
from imgopt.bench.options import Measured, Options, Watcher
from imgopt.bench.registry import Planned
from imgopt.config import Config
from imgopt.errors import BuildFailed
from imgopt.gate.base import base_of
from imgopt.gate.inputs import Base, Touched, touched
from imgopt.gate.lines import size_change
from imgopt.gate.measured import spent
from imgopt.gate.reasons import LEAST_BYTES, Terms, lint_reasons, reasons_of
from imgopt.gate.result import CheckResult, LintCheck, ServiceCheck, State
from imgopt.gate.spending import context_before, shown_path, spent_here
from imgopt.lint.linter import Linter
from imgopt.project.image import Image
from imgopt.records.build import BuildRecord
from imgopt.records.variant import Side
from imgopt.report.budgets import Spent, judge


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """How a check measures: the images with the scenarios that each is built in, their limits by
    service, and what a failing check is. `lint` is given the base, and lints what changed."""

    images: Sequence[Image]
    limits: Mapping[str, Mapping[str, float]]
    plan: Sequence[Planned]
    options: Options
    terms: Terms
    aim: Aim
    watcher: Watcher
    linter: Linter
    lint: Callable[[Base], LintCheck | None]


def check_against(
    reference: str, config: Config, start: Path, work: Work
) -> tuple[CheckResult, list[BuildRecord]]:
    """The check of a pull request, and the samples that it took. Asks the engine for nothing where
    no service is touched."""
    with base_of(start, reference) as base:
        lint = work.lint(base)
        try:
            found = touched(work.images, config, start, base)
        except BuildFailed as error:
            reasons = tuple(lint_reasons(lint)) if lint else ()
            return CheckResult((), reasons, (str(error),), lint, reference, base.commit), []
        here = [_here(one, base, work) for one in found]
        measured, comparisons, alone = _measure(found, reference, work)
    checks = [
        _check(one, spent, reference, measured, comparisons, alone, work)
        for one, spent in zip(found, here, strict=True)
    ]
    reasons = tuple(reason for check in checks for reason in reasons_of(check, work.terms))
    if lint is not None:
        reasons = (*reasons, *lint_reasons(lint))
    failures = tuple(str(error) for error in measured.failures)
    result = CheckResult(tuple(checks), reasons, failures, lint, reference, base.commit)
    return result, measured.records


class _Here(msgspec.Struct, frozen=True):
    """What the files tell of a service's budgets, here and in the base."""

    now: dict[str, Spent]
    before: dict[str, float]


def _here(one: Touched, base: Base, work: Work) -> _Here:
    """Of a service that is not touched, only what this change made worse: it need not mend the
    rest."""
    limits = dict(work.limits.get(one.image.name, {}))
    if not one.why and str(one.image.dockerfile) not in base.changed:
        limits.pop("findings", None)
    now = spent_here(one.image, limits, work.linter)
    before: dict[str, float] = {}
    context = now.get("context")
    if context is not None and context.value is not None and one.older is not None:
        before["context"] = context_before(one.image, one.older)
        if not one.why and context.value - before["context"] < LEAST_BYTES:
            del now["context"]
    return _Here(now, before)


def _measure(
    found: Sequence[Touched], reference: str, work: Work
) -> tuple[Measured, list[ServiceComparison], frozenset[str]]:
    """Pairs of what is touched, plain samples of what the base lacks, and the names of services
    that were built alone in the end because a build of the pair failed."""
    pairs = [one for one in found if one.why and one.older is not None]
    measured, comparisons = Measured([], []), list[ServiceComparison]()
    if pairs:
        baseline = Baseline(reference, older=tuple(one.older for one in pairs if one.older))
        measured, comparisons = against(
            [one.image for one in pairs], work.plan, baseline, work.options, work.watcher, work.aim
        )
    alone: list[Image] = []
    if measured.failures:
        # Whether the base or the change does not build: the change alone tells.
        scenarios = {(c.service, c.scenario) for c in comparisons}
        alone = [
            one.image
            for one in pairs
            if any((one.image.name, name) not in scenarios for name in one.image.scenarios)
        ]
        measured.failures.clear()
    new = [one.image for one in found if one.older is None]
    if alone or new:
        more = measure([*alone, *new], work.plan, work.options, work.watcher)
        measured.records.extend(more.records)
        measured.failures.extend(more.failures)
        measured.images.update(more.images)
    return measured, comparisons, frozenset(image.name for image in alone)


def _check(
    one: Touched,
    here: _Here,
    reference: str,
    measured: Measured,
    comparisons: Sequence[ServiceComparison],
    alone: frozenset[str],
    work: Work,
) -> ServiceCheck:
    name = one.image.name
    own = [r for r in measured.records if r.service == name]
    runs = _by_scenario(r for r in own if r.side is not Side.A)
    base = _by_scenario(r for r in own if r.side is Side.A)
    limits = work.limits.get(name, {})
    if not one.why:
        return ServiceCheck(
            service=name,
            dockerfile=shown_path(one.image),
            state=State.SAME,
            budgets=judge({key: limits[key] for key in here.now}, here.now),
            before=here.before,
        )
    notes = [f"a build of {reference} failed, so there is less to compare"] * (name in alone)
    if one.only_here:
        first, others = one.only_here[0], len(one.only_here) - 1
        more = f" and {others} more" if others else ""
        notes.append(f"git ignores {first}{more}, so only the images built here have that")
    return ServiceCheck(
        service=name,
        dockerfile=shown_path(one.image),
        state=State.NEW if one.older is None else State.CHANGED,
        why=one.why,
        comparisons=tuple(c for c in comparisons if c.service == name),
        size=size_change(_last(base), _last({k: runs[k] for k in runs if k in base})),
        budgets=judge(limits, {**spent(runs, measured.images.get(name)), **here.now}),
        before=here.before,
        notes=tuple(notes),
    )


def _by_scenario(records: Iterable[BuildRecord]) -> dict[str, list[BuildRecord]]:
    found: dict[str, list[BuildRecord]] = {}
    for record in records:
        found.setdefault(record.scenario, []).append(record)
    return found


def _last(runs: Mapping[str, Sequence[BuildRecord]]) -> dict[str, BuildRecord]:
    return {scenario: records[-1] for scenario, records in runs.items()}
