"""Rows of a history for tests: builds, their steps and their layers, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from imgopt.records.rows import BuildRow, LayerRow, StepRow

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def sha(number: int) -> str:
    return f"{number:07x}".ljust(40, "0")


def build(number: int, commit: int = 0, **changes: object) -> BuildRow:
    """A build of a commit; the commit moves its dates and its subject."""
    made = BuildRow(
        number=number,
        id=f"{number:064x}",
        run="r1",
        service="api",
        scenario="cold",
        sample=1,
        commit=sha(commit),
        dirty=False,
        committed_at=START + timedelta(days=commit),
        subject=f"change {commit}",
        author="Ada",
        dockerfile="Dockerfile",
        target="",
        variant="",
        isolation="shared",
        machine="m",
        engine="v0.20",
        driver="docker",
        started_at=START + timedelta(days=commit, minutes=number % 1000),
        duration_s=10.0,
        context_bytes=1000,
        cache_hits=1,
        cache_steps=4,
        image_id="sha256:i",
        size_bytes=50_000_000,
        findings=None,
        failed=False,
    )
    return made._replace(**changes)


def step(number: int, line: int, duration_s: float, **changes: object) -> StepRow:
    made = StepRow(number, line, "app", line, line, "RUN", duration_s, False, True)
    return made._replace(**changes)


def layer(number: int, line: int, size_bytes: int, **changes: object) -> LayerRow:
    digest = f"sha256:{line}-{size_bytes}"
    made = LayerRow(number, line, digest, size_bytes, line, "COPY" if line else "")
    return made._replace(**changes)
