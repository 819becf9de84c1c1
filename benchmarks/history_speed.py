"""How fast a history takes and gives records, and how big it gets: make history-speed.

Records as builds make them: 20 steps, 12 layers of which 5 are of the base image. What is measured:

  import   JSON lines into an empty history in one transaction: decode, check, identify, store
  rows     all of `rows()`, which trends read
  size     of the database on the disk, all tables and indices
PostgreSQL is the server of the tests, which does not wait for the disk.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import postgresql_server
import sqlalchemy as sa

from imgopt.history.address import address
from imgopt.history.store import History
from imgopt.records.build import BuildRecord, BuiltImage, Engine, Layer, Step, decode, encode

SERVICES = ("api", "worker", "webhook", "dashboard", "gateway", "mailer", "search", "billing")
SCENARIOS = ("cold", "code-change", "deps-change", "ci")
STEPS, LAYERS, BASE_LAYERS = 20, 12, 5
_START = datetime(2026, 1, 1, tzinfo=UTC)
_ENGINE = Engine("v0.25.1", "28.5.1", "docker-container", "overlayfs", 8, 16 << 30, "0f3a9c21d7e4")


def records(count: int, seed: int = 1) -> Iterator[BuildRecord]:
    """Generated records, oldest first: of each commit all services and scenarios."""
    chance = random.Random(seed)
    series = [(service, scenario) for service in SERVICES for scenario in SCENARIOS]
    for number in range(count):
        service, scenario = series[number % len(series)]
        commit = number // len(series)
        yield _record(chance, number, commit, service, scenario)


def _record(
    chance: random.Random, number: int, commit: int, service: str, scenario: str
) -> BuildRecord:
    stage = f"{service}-build"
    at = _START + timedelta(minutes=20 * number / 32)
    times = [chance.lognormvariate(0, 1) for _ in range(STEPS)]
    digests = [_digest(service, position, commit // (21 - position)) for position in range(STEPS)]
    steps = tuple(
        Step(
            digest,
            f"[{stage} {position + 1}/{STEPS}] RUN make -C parts/{position} install",
            stage,
            2 * position + 1,
            2 * position + 2,
            "COPY" if position % 4 == 0 else "RUN",
            sum(times[:position], 0.0),
            times[position],
            position < 12 and scenario != "cold",
            (digests[position - 1],) if position else (),
            position % 3 == 0,
        )
        for position, digest in enumerate(digests)
    )
    layers = tuple(
        Layer(
            _digest("base" if position < BASE_LAYERS else service, position, commit // 40),
            1_000_000 * (position + 1) + commit,
            0 if position < BASE_LAYERS else 2 * position + 1,
            "RUN",
        )
        for position in range(LAYERS)
    )
    return BuildRecord(
        run=f"{commit:032x}",
        service=service,
        scenario=scenario,
        sample=1,
        commit=hashlib.sha1(str(commit).encode()).hexdigest(),
        dirty=False,
        committed_at=_START + timedelta(minutes=20 * commit),
        subject=f"Change part {commit} of the house",
        author="A Developer",
        dockerfile=f"{service}/Dockerfile",
        dockerfile_digest=_digest(service, 0, commit // 50),
        started_at=at,
        duration_s=sum(times),
        cli_duration_s=sum(times) + 0.5,
        context_bytes=2_000_000 + commit,
        export_s=0.7,
        cache_hits=12 if scenario != "cold" else 0,
        cache_steps=STEPS,
        critical_path_s=sum(times) * 0.9,
        attribution="provenance",
        edited="",
        image=BuiltImage(_digest(service, 99, commit), sum(la.size_bytes for la in layers), layers),
        steps=steps,
        engine=_ENGINE,
        imgopt="0.1.0",
    )


def _digest(*parts: object) -> str:
    return "sha256:" + hashlib.sha256(repr(parts).encode()).hexdigest()


class _Clock:
    """The time that lines are waited for, so that making them is not measured."""

    def __init__(self, count: int) -> None:
        self.waited_s = self.waited_cpu_s = 0.0
        self._lines = (encode(record) for record in records(count))

    def decoded(self) -> Iterator[BuildRecord]:
        while True:
            start, cpu = time.perf_counter(), time.thread_time()
            line = next(self._lines, None)
            self.waited_s += time.perf_counter() - start
            self.waited_cpu_s += time.thread_time() - cpu
            if line is None:
                return
            yield decode(line)


def fill(url: str, count: int) -> tuple[float, float]:
    """Import so many records into a history; seconds and those of the processor, without making
    the lines."""
    history = History(url)
    clock = _Clock(count)
    start, cpu = time.perf_counter(), time.process_time()
    history.add(clock.decoded())
    history.close()
    took, used = time.perf_counter() - start, time.process_time() - cpu
    return took - clock.waited_s, used - clock.waited_cpu_s


def _size(url: str) -> int:
    at = address(url)
    if at.file is not None:
        return sum(p.stat().st_size for p in at.file.parent.glob(f"{at.file.name}*"))
    with sa.create_engine(at.url).connect() as connection:
        tables = sa.text(
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
        )
        return int(connection.scalar(tables) or 0)


def _measure(name: str, url: str, count: int) -> None:
    took, cpu_s = fill(url, count)
    rate = f"{count / took:,.0f} records/s, {1e6 * cpu_s / count:.0f} µs of this process each"
    print(f"{name:10}  import {count:,} records: {took:.1f} s, {rate}", flush=True)
    history = History(url, create=False)
    start = time.perf_counter()
    found = sum(len(part) for part in history.rows())
    rows_s = time.perf_counter() - start
    history.close()
    size = _size(url)
    print(f"{name:10}  rows   {found:,} builds: {rows_s:.2f} s, {1e6 * rows_s / found:.1f} µs each")
    print(f"{name:10}  size   {size / 1e6:,.0f} MB, {size / found:,.0f} bytes a record", flush=True)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--records", type=int, default=100_000, metavar="N")
    asked = options.parse_args()
    gc.set_threshold(100_000, 20, 20)  # as the command has it (cli/main.py)
    with tempfile.TemporaryDirectory(prefix="imgopt-speed-") as folder:
        _measure("SQLite", f"sqlite:///{Path(folder) / 'h.db'}", asked.records)
    if problem := postgresql_server.problem():
        print(f"PostgreSQL  not measured: {problem}")
    else:
        with postgresql_server.server() as server:
            _measure("PostgreSQL", server.database(), asked.records)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"memory      {peak:,.0f} MB at most")
    return 0


if __name__ == "__main__":
    sys.exit(main())
