"""A report out of a history and the repository that it is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice
from pathlib import Path

from imgopt.errors import ConfigError
from imgopt.history import git
from imgopt.history.store import History
from imgopt.project.image import Image
from imgopt.records.build import BuildRecord, Failure
from imgopt.report.model import Change, Failed, ReportData

_LOOKED_UP = 200  # records that are parsed for a line's text or a failure; the rest has less to say
_SAMPLES = 20  # of a commit's records, looked through for one


def reported(
    store: History,
    root: Path,
    made_at: datetime,
    services: Sequence[str] = (),
    since: datetime | None = None,
    weekly: bool = False,
    budgets: Mapping[str, dict[str, float]] | None = None,
    images: Sequence[Image] = (),
) -> ReportData:
    """The report of a history; `root` is the folder whose repository has the commits, `budgets`
    are limits by service, `images` are what the services build, as far as that is known."""
    from imgopt.report.attribution import Sources
    from imgopt.report.document import looks_back_to, make_report

    lookup = _Lookup(store)
    # No build is older than its commit, so that what began before is not asked for.
    oldest = looks_back_to(made_at, since, weekly)
    return make_report(
        chain.from_iterable(store.rows(services=services, since=oldest)),
        made_at,
        since=since,
        weekly=weekly,
        services=services,
        budgets=budgets,
        events=store.events(services=services, since=since),
        sources=Sources(
            steps=store.steps,
            layers=store.layers,
            failures=lookup.failure,
            lines=lookup.lines,
            commits=_commits(root),
            narrow=_Narrow(images),
        ),
    )


class _Narrow:
    """Tells from the paths that commits change which of them may have changed a service."""

    def __init__(self, images: Sequence[Image]) -> None:
        self._images = {image.name: image for image in images}

    def __call__(self, change: Change) -> tuple[str, ...]:
        image = self._images.get(change.service)
        if image is None:
            return change.candidates
        from imgopt.bench.candidates import candidates

        try:
            found = candidates([image], f"{change.candidates[0]}^..{change.commit}")
        except ConfigError:  # a commit without one before it
            return change.candidates
        return tuple(found.get(change.service, change.candidates))


class _Lookup:
    """What only whole records say, of as many of them as a report has room for."""

    def __init__(self, store: History) -> None:
        self._store = store
        self._left = _LOOKED_UP
        self._lines: dict[tuple[str, str], dict[int, str]] = {}

    def failure(self, service: str, failed: Failed) -> Failure | None:
        """Why the last build of a commit failed."""
        found = [r.failure for r in self._records(service, failed.scenario, failed.commit)]
        return next((failure for failure in reversed(found) if failure is not None), None)

    def lines(self, service: str, commit: str) -> dict[int, str]:
        """The instructions of a service's Dockerfile at a commit, as BuildKit names their steps."""
        if (service, commit) not in self._lines:
            self._lines[service, commit] = next(
                (
                    {s.line: s.name.partition("] ")[2] for s in record.steps if s.line}
                    for record in self._records(service, "", commit)
                    if record.failure is None
                ),
                {},
            )
        return self._lines[service, commit]

    def _records(self, service: str, scenario: str, commit: str) -> Iterator[BuildRecord]:
        if not commit or self._left <= 0:
            return iter(())
        self._left -= 1
        scenarios = (scenario,) if scenario else ()
        found = self._store.records(services=(service,), scenarios=scenarios, commits=(commit,))
        return islice(found, _SAMPLES)


def _commits(root: Path) -> tuple[str, ...]:
    """All commits of the repository, oldest first; none outside one."""
    try:
        return tuple(revision.commit for revision in git.commits(root, "HEAD"))
    except ConfigError:
        return ()
