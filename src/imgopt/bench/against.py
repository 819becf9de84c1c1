"""A against B: pairs of builds, one right after the other, in an order that alternates."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import msgspec

from imgopt.bench import cache_transfer
from imgopt.bench.baseline import Baseline, baselines
from imgopt.bench.compare import ServiceComparison, compare_records, settled
from imgopt.bench.measure import plan_of, require_disposable, samples
from imgopt.bench.options import Measured, Options, Watcher
from imgopt.bench.registry import Planned
from imgopt.bench.sampler import Sampler
from imgopt.bench.session import Session
from imgopt.bench.stats import MIN_EFFECT
from imgopt.bench.workspace import Workspace
from imgopt.errors import BuildFailed
from imgopt.project.image import Image
from imgopt.records.build import BuildRecord
from imgopt.records.variant import Side, variant

MAX_PAIRS = 50


class Aim(msgspec.Struct, frozen=True):
    """When a comparison is done: the smallest effect that gets a verdict, the share that is a
    regression (None: nobody asks), and the seconds for which pairs are added (0: as planned)."""

    min_effect: float = MIN_EFFECT
    regression: float | None = None
    budget_s: float = 0.0


def against(
    images: Sequence[Image],
    plan: Sequence[Planned],
    baseline: Baseline,
    options: Options,
    watcher: Watcher,
    aim: Aim | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Measured, list[ServiceComparison]]:
    """Measure each image (B) in pairs with its baseline (A).

    With a budget, pairs are added until each verdict is settled (and whether it is a regression,
    where that is asked) or the time is spent; else there are as many as the plan says. A build
    that fails ends its scenario. All records and a comparison for each scenario.
    """
    aim = aim or Aim()
    measured = Measured([], [])
    found: list[ServiceComparison] = []
    plans = [_with_runs(plan_of(image, plan), aim) for image in images]
    cache_transfer.check(options, 2 * len(images))
    with ExitStack() as stack:
        session_b = stack.enter_context(Session(options, watcher))
        session_a = session_b
        if baseline.builder:
            other = msgspec.structs.replace(options, isolation="")
            session_a = stack.enter_context(Session(other, watcher, baseline.builder))
        require_disposable([session_a, session_b], plans)
        older = stack.enter_context(baselines(images, baseline, session_b.folder))
        watcher.plan({key: 2 * runs for key, runs in samples(images, plans).items()})
        share_s = aim.budget_s / max(len(images), 1)
        deadline = clock() + share_s
        for new, old, own_plan in zip(images, older, plans, strict=True):
            with (
                Workspace(old, session_a.folder) as work_a,
                Workspace(new, session_b.folder) as work_b,
            ):
                a = Sampler(
                    old, work_a, session_a, options, watcher, variant(Side.A, baseline.label)
                )
                b = Sampler(new, work_b, session_b, options, watcher, variant(Side.B))
                pair = _Pair(new.name, a, b, watcher)
                own = pair.measure(own_plan, aim, deadline, clock)
            records = own.records
            for session in dict.fromkeys((session_a, session_b)):
                session.sizes.read()
                records = [session.sizes.exact(record) for record in records]
            measured.records.extend(records)
            measured.failures.extend(own.failures)
            if options.waste and (searched := b.last_image()):
                measured.images[new.name] = searched
            found += compare_records(records, baseline.label, aim.min_effect)
            deadline += share_s
    return measured, found


def _with_runs(plan: Sequence[Planned], aim: Aim) -> list[Planned]:
    """The plan; with a budget, as many pairs as there may be at most."""
    if not aim.budget_s:
        return list(plan)
    return [msgspec.structs.replace(planned, runs=MAX_PAIRS) for planned in plan]


class _Pair:
    """The two variants of one image."""

    def __init__(self, name: str, a: Sampler, b: Sampler, watcher: Watcher) -> None:
        self._name, self._a, self._b, self._watcher = name, a, b, watcher
        a.edits_like(b)

    def measure(
        self, plan: Sequence[Planned], aim: Aim, deadline: float, clock: Callable[[], float]
    ) -> Measured:
        """The samples of all scenarios, a pair of each in turn."""
        found = Measured([], [])
        open_ = [planned for planned in plan if self._fits(planned)]
        number = 0
        while open_:
            number += 1
            for planned in list(open_):
                name = planned.scenario.name
                try:
                    found.records.extend(self._pair(planned, number))
                except BuildFailed as error:
                    self._watcher.failed(self._name, name)
                    found.failures.append(error)
                    if self._a.is_broken or self._b.is_broken:
                        return found
                    open_.remove(planned)
                    continue
                done = number >= planned.runs
                if aim.budget_s and not done:
                    own = [r for r in found.records if r.scenario == name]
                    done = clock() > deadline or settled(own, aim.min_effect, aim.regression)
                if done:
                    self._watcher.ended(self._name, name)
                    open_.remove(planned)
        return found

    def _fits(self, planned: Planned) -> bool:
        scenario = planned.scenario
        if reason := self._a.misfit(scenario) or self._b.misfit(scenario):
            self._watcher.skipped(self._name, scenario.name, f"in one of the two, {reason}")
        return not reason

    def _pair(self, planned: Planned, number: int) -> list[BuildRecord]:
        order = (self._a, self._b) if number % 2 else (self._b, self._a)
        for one in order:
            one.make_ready(planned.scenario)
        return [one.sample(planned.scenario, number, planned.runs) for one in order]
