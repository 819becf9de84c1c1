from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import START, build, layer, sha

from imgopt.records.rows import BuildRow, LayerRow
from imgopt.report.model import Metric, Series
from imgopt.report.observations import observe
from imgopt.report.trends import failed, series, with_images


def made(rows: Sequence[BuildRow], metric: Metric, **of: str) -> list[Series]:
    found = [s for s in series(observe(rows)) if s.metric is metric]
    return [s for s in found if all(getattr(s, key) == value for key, value in of.items())]


def test_a_point_of_a_commit_is_the_median_of_its_samples_with_their_quartiles() -> None:
    rows = [build(n, 0, duration_s=seconds) for n, seconds in enumerate([8.0, 10.0, 30.0])]
    (found,) = made(rows, Metric.TIME)
    (point,) = found.points
    assert (point.low, point.value, point.high) == (9.0, 10.0, 20.0)
    assert point.samples == (8.0, 10.0, 30.0)
    assert point.builds == (0, 1, 2)
    assert (point.commit, point.subject, point.author, point.at) == (
        sha(0), "change 0", "Ada", START,
    )  # fmt: skip


def test_points_are_in_the_order_of_their_commits_however_they_were_built() -> None:
    rows = [build(1, 2), build(2, 0), build(3, 1)]
    (found,) = made(rows, Metric.TIME)
    assert [p.commit for p in found.points] == [sha(0), sha(1), sha(2)]


@pytest.mark.parametrize("key", ["machine", "engine", "isolation", "scenario", "service"])
def test_what_differs_is_another_series(key: str) -> None:
    found = made([build(1), build(2, **{key: "other"})], Metric.TIME)
    assert [len(s.points[0].samples) for s in found] == [1, 1]
    assert {getattr(s, key) for s in found} == {getattr(build(1), key), "other"}


def test_sizes_of_all_measured_scenarios_are_one_series_and_those_of_ci_another() -> None:
    rows = [
        build(1),
        build(2, scenario="code-change", isolation="disposable"),
        build(3, scenario="ci", isolation="recorded", size_bytes=20_000_000),
        build(4, scenario="ci", isolation="disposable"),
    ]
    found = made(rows, Metric.SIZE)
    assert [(s.scenario, [p.value for p in s.points]) for s in found] == [
        ("", [50_000_000.0]),
        ("ci", [20_000_000.0]),
    ]


def test_the_other_side_of_a_comparison_is_left_out() -> None:
    assert made([build(1, variant="A main")], Metric.TIME) == []
    (found,) = made([build(1, variant="B"), build(2, variant="A main")], Metric.TIME)
    assert found.points[0].builds == (1,)


def test_failed_builds_are_no_times_but_failures() -> None:
    seen = observe([build(1), build(2, failed=True, duration_s=0.1, size_bytes=0), build(3, 1)])
    found = {s.metric: s for s in series(seen)}
    assert [p.samples for p in found[Metric.TIME].points] == [(10.0,), (10.0,)]
    assert [p.value for p in found[Metric.FAILURES].points] == [0.5, 0.0]
    ((service, broken),) = failed(seen)
    assert (service, broken.commit, broken.scenario, broken.builds) == ("api", sha(0), "cold", (2,))


def test_a_commit_that_never_builds_has_no_point_of_time() -> None:
    assert made([build(1, failed=True)], Metric.TIME) == []


def test_changes_in_the_tree_make_another_point_and_builds_outside_git_one_a_run() -> None:
    rows = [
        build(1),
        build(2, dirty=True),
        build(3, commit=0)._replace(commit="", run="a", committed_at=None),
        build(4, commit=0)._replace(commit="", run="b", committed_at=None),
    ]
    (found,) = made(rows, Metric.TIME)
    assert sorted((p.commit, p.dirty, p.builds) for p in found.points) == [
        ("", False, (3,)), ("", False, (4,)), (sha(0), False, (1,)), (sha(0), True, (2,)),
    ]  # fmt: skip


def test_cache_hits_are_shares_and_the_context_is_the_most_that_was_sent() -> None:
    rows = [build(1), build(2, cache_hits=3, context_bytes=10), build(3, 1, cache_steps=0)]
    (hits,) = made(rows, Metric.CACHE_HITS)
    assert [p.value for p in hits.points] == [0.5]
    (context,) = made(rows, Metric.CONTEXT)
    assert [p.value for p in context.points] == [1000.0, 1000.0]


def test_findings_count_where_lint_was_asked_and_zero_is_a_number() -> None:
    (found,) = made([build(1), build(2, 1, findings=0), build(3, 2, findings=4)], Metric.FINDINGS)
    assert [(p.commit, p.value) for p in found.points] == [(sha(1), 0.0), (sha(2), 4.0)]


LAYERS = {
    1: [layer(1, 0, 30), layer(1, 2, 10), layer(1, 5, 5)],
    2: [layer(2, 0, 30), layer(2, 2, 10), layer(2, 5, 7)],
    3: [layer(3, 0, 40), layer(3, 2, 10, digest="new"), layer(3, 5, 7)],
}


def layers(numbers: Sequence[int]) -> list[LayerRow]:
    return [row for number in numbers for row in LAYERS.get(number, [])]


def test_sizes_have_their_lines_and_nodes_pull_what_the_image_before_had_not() -> None:
    rows = [build(n, n, size_bytes=sum(x.size_bytes for x in LAYERS[n])) for n in LAYERS]
    found = {s.metric: s for s in with_images(series(observe(rows)), layers)}
    first = found[Metric.SIZE].points[0]
    assert [(p.line, p.instruction, p.value) for p in first.parts] == [
        (0, "", 30.0), (2, "COPY", 10.0), (5, "COPY", 5.0),
    ]  # fmt: skip
    pulls = found[Metric.PULL].points
    assert [(p.commit, p.value) for p in pulls] == [(sha(2), 7.0), (sha(3), 50.0)]


def test_images_whose_layers_are_not_known_are_no_pulls() -> None:
    found = with_images(series(observe([build(8, 1), build(9, 2)])), layers)
    assert Metric.PULL not in {s.metric for s in found}


def test_dates_at_both_ends_of_time_make_series() -> None:
    first = START.replace(year=1, month=1, day=1)
    last = START.replace(year=9999, month=12, day=31)
    rows = [build(1, committed_at=last, started_at=last), build(2, 1, committed_at=first,
                                                               started_at=first)]  # fmt: skip
    (found,) = made(rows, Metric.TIME)
    assert [p.at for p in found.points] == [first, last]


def test_no_rows_are_no_series() -> None:
    assert series(observe([])) == []
    assert failed(observe([])) == []


@settings(max_examples=20, deadline=None)
@given(st.permutations([build(n, n % 4, duration_s=float(n + 1)) for n in range(12)]))
def test_the_order_of_the_rows_does_not_matter(rows: list[BuildRow]) -> None:
    expected = [build(n, n % 4, duration_s=float(n + 1)) for n in range(12)]
    assert series(observe(rows)) == series(observe(expected))
