"""`imgopt backfill`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from imgopt import config as configuration
from imgopt.bench import cache_transfer
from imgopt.bench.backfill import Backfill, Limits
from imgopt.bench.backfill_rows import Backfilled, Row, Status
from imgopt.bench.checkout import moved
from imgopt.bench.commit_build import CommitBuild
from imgopt.bench.commits import Commits
from imgopt.bench.known import Known
from imgopt.bench.measure import plan_of, require_disposable
from imgopt.bench.options import Options
from imgopt.bench.registry import Planned, plan
from imgopt.bench.session import Session, expected_place
from imgopt.cli.backfill_options import Asked, backfill_options
from imgopt.cli.options import outputs, show
from imgopt.config import Config
from imgopt.errors import ConfigError
from imgopt.formats.backfill_live import BackfillLive
from imgopt.history import git
from imgopt.history.folder import NAME
from imgopt.history.git import Revision
from imgopt.history.opening import open_history
from imgopt.history.store import History
from imgopt.project.image import Image
from imgopt.project.services import select
from imgopt.records.build import BuildRecord

_AT_ONCE = 500  # databases limit the values of one query


@click.command("backfill")
@backfill_options
def command(**given: Any) -> int:
    """Build past commits and record them, oldest first.

    RANGE is A..B, or a branch, tag or commit for it and all before it (default with --since: HEAD).
    Only the line of first parents counts. Each commit is built in a worktree of its own, as
    today's imgopt.toml says.

    Skipped: what is recorded (same commit, service, scenario, machine and isolation), and commits
    that cannot have changed anything, since what their build depends on is equal to that of the
    commit before. A commit that does not build is recorded as such. Ctrl-C keeps what was
    recorded; run the same command again to go on.
    """
    asked = Asked(**given)
    places = outputs(asked.formats, asked.output)
    config = configuration.load(Path.cwd(), asked.config)
    services = [name for names in asked.services for name in names.split(",") if name]
    images = select(config, Path.cwd(), services)
    wanted = _plan(asked, config, images)
    options = _options(asked, config)
    cache_transfer.check(options, len(images))
    root = git.root_of(images[0].context)
    for image in images:
        moved(image, root, root, "an older commit")  # none may be outside the repository
    chosen = _chosen(asked, root)
    store = _store(asked, config)
    job = _Job(images, wanted, chosen, root, options, asked, store)
    rows: list[Row] = []
    try:
        job.run(rows)
    finally:  # whatever ended it, what was done is said
        show("backfill", Backfilled(tuple(rows), len(chosen), asked.dry_run), places)
        if store is not None:
            store.close()
    return 0


class _Job(msgspec.Struct, frozen=True):
    """What is to be built, and where its records go."""

    images: Sequence[Image]
    plan: Sequence[Planned]
    chosen: Sequence[Revision]
    root: Path
    options: Options
    asked: Asked
    store: History | None

    def run(self, rows: list[Row]) -> None:
        """Build, or say what would be built; `rows` has what became of each commit at the end,
        however it ends."""
        with BackfillLive(self.asked.quiet) as live:
            if self.asked.dry_run:
                machine, isolation = expected_place(self.options)
                known = self._known(machine, isolation)
                with Commits(self.root, self.chosen) as commits:
                    self._go(commits, known, _wanted, live, rows)
                return
            with Session(self.options, live) as session:
                require_disposable([session], [plan_of(i, self.plan) for i in self.images])
                known = self._known(session.facts.machine, session.isolation)

                def keep(records: Sequence[BuildRecord]) -> None:
                    if self.store is not None:
                        self.store.add(records)
                    known.add(records, is_new=True)

                build = CommitBuild(session, self.options, live, keep)
                with Commits(self.root, self.chosen, session.folder) as commits:
                    self._go(commits, known, build, live, rows)

    def _go(
        self,
        commits: Commits,
        known: Known,
        measure: Callable[[Image, Revision, Sequence[Planned]], Row],
        live: BackfillLive,
        rows: list[Row],
    ) -> None:
        limits = Limits(self.asked.limit or 0, self.asked.time_budget)
        backfill = Backfill(self.images, self.plan, commits, known, measure, live, limits)
        try:
            if self.asked.bisect:
                backfill.bisect()
            else:
                backfill.walk()
        finally:
            backfill.leave_rest()
            rows.extend(backfill.rows)

    def _known(self, machine: str, isolation: str) -> Known:
        known = Known(machine, isolation, self.asked.retry_failed)
        if self.store is not None:
            services = [image.name for image in self.images]
            commits = [revision.commit for revision in self.chosen]
            for start in range(0, len(commits), _AT_ONCE):
                some = commits[start : start + _AT_ONCE]
                known.add(self.store.records(services=services, commits=some))
        return known


def _wanted(image: Image, revision: Revision, _plan: Sequence[Planned]) -> Row:
    """What a dry run has in place of a build."""
    return Row(revision, image.name, Status.WANTED)


def _chosen(asked: Asked, root: Path) -> list[Revision]:
    """The commits that are asked for, the newest always among them; ConfigError for none."""
    if not asked.range_ and asked.since is None:
        raise ConfigError("name commits, such as main~20..main, or say --since 8w")
    found = git.commits(root, asked.range_ or "HEAD", asked.since, asked.merges_only)
    if not found:
        since = f" since {asked.since:%Y-%m-%d}" if asked.since else ""
        kind = "merges" if asked.merges_only else "commits"
        raise ConfigError(f"there are no {kind} in {asked.range_ or 'HEAD'}{since}")
    return every(found, asked.every)


def every(found: Sequence[Revision], step: int) -> list[Revision]:
    """Every `step`-th commit, counted from the newest."""
    return list(reversed(list(reversed(found))[::step]))


def _plan(asked: Asked, config: Config, images: Sequence[Image]) -> tuple[Planned, ...]:
    settings = config.settings
    for image in images:
        plan(image.scenarios, 1, settings.scenarios)  # a name that is wrong there
    names = [part for value in asked.scenarios for part in value.split(",") if part]
    runs = asked.runs or settings.bench.runs
    return plan(names or settings.bench.scenarios, runs, settings.scenarios)


def _options(asked: Asked, config: Config) -> Options:
    defaults = config.settings.bench
    return Options(
        builder=asked.builder or defaults.builder,
        network=asked.network,
        timeout_s=asked.timeout,
        logs=config.root / NAME / "logs",
        isolation=defaults.isolation if asked.isolation is None else asked.isolation,
        disposable=tuple(defaults.disposable),
        driver_options=tuple(defaults.driver_opts),
        cache_from=tuple(defaults.cache_from),
        cache_to=tuple(defaults.cache_to),
    )


def _store(asked: Asked, config: Config) -> History | None:
    """The history; of a dry run only one that is there."""
    named = asked.history or config.settings.history.url
    if not asked.dry_run:
        store = open_history(named, config.root)
        store.require_writable()
        return store
    if not named and not (config.root / NAME / "history.db").exists():
        return None
    return open_history(named, config.root, create=False)
