from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from rows import START, build, layer, sha, step

from imgopt.records.build import Failure
from imgopt.records.event import Event, EventKind, EventStatus
from imgopt.records.rows import BuildRow, LayerRow, StepRow
from imgopt.report.attribution import Sources
from imgopt.report.document import looks_back_to, make_report
from imgopt.report.model import Failed, Metric, ReportData

NOW = START + timedelta(days=40)
COMMITS = 30


def story() -> list[BuildRow]:
    """A step at commit 12 on two machines, a bigger image from 20 on, one commit that failed."""
    rng = random.Random(7)
    rows = []
    for number in range(COMMITS * 6):
        commit, machine = number // 6, f"m{number % 2}"
        seconds = (4.0 if commit < 12 else 9.0) * rng.lognormvariate(0, 0.04)
        size = 50_000_000 if commit < 20 else 90_000_000
        failed = commit == 5
        rows.append(
            build(number, commit, duration_s=seconds, machine=machine, size_bytes=size,
                  failed=failed)
        )  # fmt: skip
    return rows


def steps(numbers: Sequence[int]) -> Iterator[StepRow]:
    for number in numbers:
        late = number // 6 >= 12
        yield step(number, 3, 1.0, instruction="RUN apt-get")
        yield step(number, 9 + late, 7.5 if late else 2.5, instruction="RUN npm ci")


def layers(numbers: Sequence[int]) -> Iterator[LayerRow]:
    for number in numbers:
        yield layer(number, 0, 40_000_000)
        yield layer(number, 6, 50_000_000 if number // 6 >= 20 else 10_000_000)


def failure(service: str, failed: Failed) -> Failure:
    return Failure("RUN make", "app", 8, f"{service}: exit code 2")


def made(**options: object) -> ReportData:
    return make_report(story(), NOW, **options)


def test_the_changes_of_a_story_are_found_once_with_their_lines() -> None:
    report = made(sources=Sources(steps=steps, layers=layers))
    (service,) = report.services
    assert [(c.metric, c.commit, c.line, c.instruction) for c in service.changes] == [
        (Metric.TIME, sha(12), 10, "RUN npm ci"),
        (Metric.SIZE, sha(20), 6, "COPY"),
    ]
    assert service.changes[1].line_delta == 40_000_000
    assert report.sentences[0].text == "2 commits made builds slower or images bigger."


def test_machines_that_built_other_commits_show_one_change() -> None:
    rows = [
        build(n, n, machine=f"m{n % 2}", size_bytes=50_000_000 if n < 21 else 90_000_000)
        for n in range(40)
    ]
    (service,) = make_report(rows, NOW).services
    assert [(c.metric, c.commit) for c in service.changes] == [(Metric.SIZE, sha(21))]


def test_steps_one_after_the_other_on_one_machine_are_two() -> None:
    rows = [build(n, n, size_bytes=50_000_000 + 20_000_000 * min(n // 3, 2)) for n in range(9)]
    (service,) = make_report(rows, NOW).services
    assert [c.commit for c in service.changes] == [sha(3), sha(6)]


def test_a_line_that_went_has_the_text_that_it_had() -> None:
    def some(numbers: Sequence[int]) -> Iterator[StepRow]:
        for number in numbers:
            yield step(number, 3, 1.0)
            if number < 30:
                yield step(number, 7, 5.0, instruction="COPY")

    def lines(_service: str, commit: str) -> dict[int, str]:
        return {7: "COPY . ." if commit < sha(10) else "COPY other ."}

    rows = [build(n, n // 3, duration_s=9.0 if n < 30 else 4.0) for n in range(60)]
    (service,) = make_report(rows, NOW, sources=Sources(steps=some, lines=lines)).services
    (change,) = service.changes
    assert (change.line, change.instruction, change.line_delta) == (7, "COPY . .", -5.0)


def test_without_steps_and_layers_changes_have_no_lines() -> None:
    (service,) = made().services
    assert [c.line for c in service.changes] == [0, 0]


def test_commits_that_failed_say_why() -> None:
    (service,) = made(sources=Sources(failures=failure)).services
    (failed,) = service.failed
    assert (failed.commit, failed.line, failed.message) == (sha(5), 8, "api: exit code 2")


def test_a_report_of_some_services_and_since_a_day() -> None:
    rows = [build(1, 1), build(2, 20), build(3, 20, service="web")]
    report = make_report(rows, NOW, since=START + timedelta(days=10), services=["api"])
    (service,) = report.services
    assert service.service == "api"
    assert {p.commit for s in service.series for p in s.points} == {sha(20)}


def test_a_change_in_a_short_time_is_known_by_what_was_before() -> None:
    report = made(since=START + timedelta(days=11))
    (service,) = report.services
    assert service.changes[0].commit == sha(12)
    assert min(p.at for s in service.series for p in s.points) == START + timedelta(days=11)
    assert service.failed == ()
    late = made(since=START + timedelta(days=13))
    assert [c.metric for c in late.services[0].changes] == [Metric.SIZE]


def test_a_report_looks_back_half_a_year_and_not_before_all_time() -> None:
    since = NOW - timedelta(weeks=4)
    assert looks_back_to(NOW, since) == since - timedelta(weeks=26)
    assert looks_back_to(NOW, None) is None
    assert looks_back_to(NOW, None, weekly=True) == NOW - timedelta(weeks=5 + 26)
    first = datetime(1, 1, 1, tzinfo=UTC)
    assert looks_back_to(NOW, first + timedelta(days=3)) == first
    assert make_report(story(), NOW, since=first).services


def test_a_weekly_report_has_five_weeks() -> None:
    report = made(weekly=True)
    assert report.since == NOW - timedelta(weeks=5)
    assert min(p.at for s in report.services[0].series for p in s.points) >= report.since


def test_events_make_delivery() -> None:
    event = Event(kind=EventKind.DEPLOY, service="api", status=EventStatus.SUCCESS, at=NOW)
    (found,) = made(events=[event]).delivery
    assert (found.service, found.deployments) == ("api", 1)


def test_services_whose_builds_all_failed_are_told_of() -> None:
    report = make_report([build(1, failed=True)], NOW)
    assert [f.commit for f in report.services[0].failed] == [sha(0)]


def test_services_with_names_that_look_alike_are_kept_apart() -> None:
    names = ["a/b", "a-b", "size", "$\\frac{$", "n" * 100_000]
    rows = [build(n, service=name) for n, name in enumerate(names)]
    report = make_report(rows, NOW)
    assert sorted(names) == [s.service for s in report.services]


def test_candidates_that_cannot_have_made_a_change_are_left_out() -> None:
    rows = [row for row in story() if row.commit not in (sha(18), sha(19), sha(20))]
    commits = tuple(sha(number) for number in range(COMMITS))

    def only(*kept: int) -> ReportData:
        sources = Sources(commits=commits, narrow=lambda _change: tuple(map(sha, kept)))
        return make_report(rows, NOW, sources=sources)

    def candidates(report: ReportData) -> tuple[str, ...]:
        return report.services[0].changes[1].candidates

    everything = Sources(commits=commits)
    assert candidates(make_report(rows, NOW, sources=everything)) == tuple(map(sha, range(18, 22)))
    assert candidates(only(19, 21)) == (sha(19), sha(21))
    # The commit that has it first is built: it may be that one, whatever is told of paths.
    assert candidates(only()) == (sha(21),)
