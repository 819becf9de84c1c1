"""A against B: pairs of builds, one right after the other, in an order that alternates."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from imgopt.bench import cache_transfer as caches
from imgopt.bench.compare import ServiceComparison, compare_records, settled
from imgopt.bench.measure import require_disposable, scenarios_of
from imgopt.bench.options import Measured, Options, Watcher
from imgopt.bench.sampler import Service
from imgopt.bench.session import Run
from imgopt.bench.stats import MIN_EFFECT
from imgopt.bench.workspace import Workspace
from imgopt.errors import BuildFailed, ConfigError
from imgopt.history import git
from imgopt.project.image import Image
from imgopt.records.build import BuildRecord

MAX_PAIRS = 50


class Baseline(msgspec.Struct, frozen=True):
    """What to compare with, one of them: a git reference, a Dockerfile, a builder."""

    reference: str = ""
    dockerfile: Path | None = None
    builder: str = ""

    @property
    def label(self) -> str:
        return self.reference or (str(self.dockerfile) if self.dockerfile else self.builder)


def against(
    images: list[Image],
    baseline: Baseline,
    options: Options,
    watcher: Watcher,
    budget_s: float = 0.0,
    min_effect: float = MIN_EFFECT,
    regression: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Measured, list[ServiceComparison]]:
    """Measure each image (B) in pairs with its baseline (A).

    With a budget, pairs are added until each verdict is settled (and whether it is slower by
    more than `regression`, where given) or the time is spent; else there are as many as
    `options` says. A build that fails ends its scenario. All records and a comparison for each
    scenario.
    """
    measured = Measured([], [])
    found: list[ServiceComparison] = []
    wanted = [scenarios_of(image, options) for image in images]
    caches.check(options, 2 * len(images))
    with ExitStack() as stack:
        run_b = stack.enter_context(Run(options, watcher))
        run_a = run_b
        if baseline.builder:
            other = msgspec.structs.replace(options, isolation="")
            run_a = stack.enter_context(Run(other, watcher, baseline.builder))
        require_disposable([run_a, run_b], wanted, options)
        older = stack.enter_context(_baselines(images, baseline))
        watcher.plan(
            {
                (image.name, name): 2 * (MAX_PAIRS if budget_s else n)
                for image, scenarios in zip(images, wanted, strict=True)
                for name, n in scenarios.items()
            }
        )
        deadline = clock() + budget_s / max(len(images), 1) if budget_s else 0.0
        for new, old, scenarios in zip(images, older, wanted, strict=True):
            with Workspace(old) as work_a, Workspace(new) as work_b:
                a = Service(old, work_a, run_a, options, watcher, f"A {baseline.label}")
                b = Service(new, work_b, run_b, options, watcher, "B")
                pair = _Pair(new, a, b, scenarios, watcher)
                own = pair.measure(
                    deadline, lambda own: settled(own, min_effect, regression), clock
                )
            measured.records.extend(own.records)
            measured.failures.extend(own.failures)
            found += compare_records(own.records, baseline.label, min_effect)
            deadline += budget_s / max(len(images), 1)
    return measured, found


class _Pair:
    """The two variants of one image."""

    def __init__(
        self, image: Image, a: Service, b: Service, scenarios: dict[str, int], watcher: Watcher
    ) -> None:
        self._a, self._b = a, b
        self._name, self._watcher = image.name, watcher
        a.edits_like(b)
        self._scenarios = {}
        for scenario, runs in scenarios.items():
            if reason := a.misfit(scenario) or b.misfit(scenario):
                watcher.skipped(image.name, scenario, f"in one of the two, {reason}")
            else:
                self._scenarios[scenario] = runs

    def measure(
        self,
        deadline: float,
        is_settled: Callable[[Sequence[BuildRecord]], bool],
        clock: Callable[[], float],
    ) -> Measured:
        """The samples of all scenarios, a pair of each in turn."""
        found = Measured([], [])
        open_ = dict(self._scenarios)
        number = 0
        while open_:
            number += 1
            for scenario in list(open_):
                limit = MAX_PAIRS if deadline else open_[scenario]
                try:
                    found.records.extend(self._pair(scenario, number, limit))
                except BuildFailed as error:
                    self._watcher.failed(self._name, scenario)
                    found.failures.append(error)
                    if self._a.is_broken or self._b.is_broken:
                        return found
                    del open_[scenario]
                    continue
                done = number >= limit
                if deadline:
                    own = [r for r in found.records if r.scenario == scenario]
                    done = done or clock() > deadline or is_settled(own)
                if done:
                    self._watcher.ended(self._name, scenario)
                    del open_[scenario]
        return found

    def _pair(self, scenario: str, number: int, of: int) -> list[BuildRecord]:
        order = (self._a, self._b) if number % 2 else (self._b, self._a)
        for one in order:
            one.make_ready(scenario)
        return [one.sample(scenario, number, of) for one in order]


@contextmanager
def _baselines(images: Sequence[Image], baseline: Baseline) -> Iterator[list[Image]]:
    """The images as the baseline has them."""
    if baseline.dockerfile is not None:
        other = Path(os.path.realpath(baseline.dockerfile))
        yield [msgspec.structs.replace(image, dockerfile=other) for image in images]
    elif baseline.reference:
        with git.worktree(images[0].context, baseline.reference) as (root, checkout):
            yield [_moved(image, root, checkout, baseline.reference) for image in images]
    else:
        yield list(images)


def _moved(image: Image, root: Path, checkout: Path, reference: str) -> Image:
    """The image with its paths in a checkout of the same repository."""

    def there(path: Path) -> Path:
        try:
            inside = path.relative_to(Path(os.path.realpath(root)))
        except ValueError:
            raise ConfigError(
                f"service {image.name}: {path} is outside the repository {root}, so {reference} "
                f"has no other version of it"
            ) from None
        return checkout / inside

    dockerfile = there(image.dockerfile)
    if not dockerfile.is_file():
        raise ConfigError(
            f"service {image.name}: {reference} has no {image.dockerfile.name}; "
            f"compare with --against-file"
        )
    contexts = {
        name: str(there(Path(value))) if value.startswith("/") and Path(value).is_relative_to(root)
        else value
        for name, value in image.contexts.items()
    }  # fmt: skip
    return msgspec.structs.replace(
        image, context=there(image.context), dockerfile=dockerfile, contexts=contexts
    )
