from __future__ import annotations

from datetime import timedelta

from rows import START, sha

from imgopt.report.model import (
    Change,
    Delivery,
    Failed,
    Metric,
    Point,
    Series,
    ServiceReport,
)
from imgopt.report.sentences import sentences

NOW = START + timedelta(days=60)


def change(day: int, before: float, after: float, **of: object) -> Change:
    known: dict[str, object] = {
        "service": "dashboard", "metric": Metric.TIME, "scenario": "code-change",
        "commit": f"3f2a91c{day:033x}", "at": START + timedelta(days=day), "author": "Ada",
        "subject": "Copy sources before npm ci", "before": before, "after": after,
        "ratio": after / before, "low": 0.9 * after / before, "high": 1.1 * after / before,
        "confidence": 0.99, "candidates": (f"3f2a91c{day:033x}",),
    }  # fmt: skip
    return Change(**(known | of))


def report(*changes: Change, service: str = "dashboard", **of: object) -> ServiceReport:
    known: dict[str, object] = {"series": (), "failed": (), "budgets": {}} | of
    return ServiceReport(service=service, changes=changes, **known)


def said(*reports: ServiceReport, weekly: bool = False) -> list[str]:
    return [s.text for s in sentences(reports, NOW, weekly)]


def series(metric: Metric, *values: tuple[int, float]) -> Series:
    points = [
        Point(sha(day), False, START + timedelta(days=day), "", "", v, v, v, (v,), (day,))
        for day, v in values
    ]
    scenario = "cold" if metric is Metric.TIME else ""
    return Series("dashboard", metric, scenario, "m", "v1", "shared", tuple(points))


def test_a_change_says_what_by_how_much_since_when_whose_and_which_line() -> None:
    worse = change(3, 4.1, 9.4, line=12, instruction="RUN npm ci", line_delta=5.2)
    assert said(report(worse)) == [
        "1 commit made builds slower or images bigger.",
        "dashboard: code-change builds take 2.3 times as long (4.1 s → 9.4 s) since 3f2a91c "
        "“Copy sources before npm ci” by Ada; line 12, RUN npm ci, is what moved, by 5.2 s.",
    ]


def test_changes_of_one_commit_are_one_sentence() -> None:
    size = change(3, 300e6, 183e6, metric=Metric.SIZE, scenario="")
    texts = said(report(size, change(3, 10.0, 8.0)))
    assert texts[1] == (
        "dashboard: the image is 39 % smaller (300 MB → 183 MB) and code-change builds take "
        "20 % less time (10.0 s → 8.0 s) since 3f2a91c “Copy sources before npm ci” by Ada."
    )


def test_what_costs_most_is_told_first_and_named_as_what_to_look_at() -> None:
    small, big = change(3, 1.0, 2.0), change(4, 60.0, 90.0, service="api", scenario="cold")
    texts = said(report(small), report(big, service="api"))
    assert texts[0] == "2 commits made builds slower or images bigger."
    assert texts[1] == "Look at api first: each of its cold builds takes 30.0 s more."
    assert [text.partition(":")[0] for text in texts[2:]] == ["api", "dashboard"]


def test_a_commit_that_changed_several_services_is_one_sentence() -> None:
    changes = [
        change(3, 100e6, 150e6 + n, service=name, metric=Metric.SIZE, scenario="", line=2,
               instruction="FROM node", line_delta=50e6)
        for n, name in enumerate("edcba")
    ]  # fmt: skip
    texts = said(*(report(c, service=c.service) for c in changes))
    one = "(the image is 1.5 times as big, 100 MB → 150 MB)"
    assert texts[1:] == [
        "5 services are slower or bigger since 3f2a91c “Copy sources before npm ci” by Ada: "
        f"a {one}, b {one}, c {one}, d {one} and 1 more; line 2, FROM node, is what moved, "
        "by 50.0 MB.",
    ]


def test_better_alone_says_that_nothing_got_worse() -> None:
    assert said(report(change(3, 9.0, 4.0)))[0] == (
        "1 commit made builds faster or images smaller; nothing got worse."
    )


def test_better_and_worse_are_counted_apart() -> None:
    texts = said(report(change(3, 9.0, 4.0), change(4, 9.0, 40.0, scenario="cold")))
    assert texts[0] == "1 commit made builds slower or images bigger, 1 the opposite."


def test_what_was_mended_is_told_as_past() -> None:
    texts = said(report(change(3, 4.0, 9.4), change(9, 9.4, 4.1, author="Bob", subject="Fix it")))
    assert texts == [
        "Nothing is slower or bigger than it was, in 1 service.",
        "dashboard: code-change builds took 2.4 times as long (4.0 s → 9.4 s) from 3f2a91c "
        "“Copy sources before npm ci” by Ada until 3f2a91c “Fix it” by Bob; now they take 4.1 s.",
    ]


def test_what_one_commit_mended_is_one_sentence() -> None:
    at, later = {"commit": "a" * 40, "subject": ""}, {"commit": "b" * 40, "subject": ""}
    texts = said(
        report(
            change(3, 4.0, 9.4, **at), change(3, 10.0, 20.0, scenario="cold", **at),
            change(9, 9.4, 4.1, **later), change(9, 20.0, 10.0, scenario="cold", **later),
        )
    )  # fmt: skip
    assert texts[1:] == [
        "dashboard: code-change builds took 2.4 times as long (4.0 s → 9.4 s) and cold builds took "
        "2.0 times as long (10.0 s → 20.0 s) from aaaaaaa by Ada until bbbbbbb by Ada; "
        "now that is undone."
    ]


def test_delivery_is_told_as_far_as_it_is_known() -> None:
    known = Delivery("api", 9, 1, 60.0, 12, 3.2, 2.2 * 86400, 0.12, 2400.0)
    found = sentences(
        (), NOW, False, [known, Delivery("web", 4, 0, 9.0, 0, None, None, None, None)]
    )
    assert [s.text for s in found[1:]] == [
        "api: 3.2 deployments a week, 2 days from commit to deployment, 12 % of deployments "
        "failed, 40 min to restore."
    ]


def test_commits_that_were_not_built_are_said() -> None:
    texts = said(report(change(3, 4.0, 9.4, candidates=("a", "b", "c"))))
    assert "by Ada, or one of the 2 commits before it that were not built." in texts[1]
    texts = said(report(change(3, 4.0, 9.4, candidates=("a", "b"))))
    assert "by Ada, or the commit before it, which was not built." in texts[1]


def test_a_base_image_that_grew_is_named() -> None:
    grown = change(3, 100e6, 150e6, metric=Metric.SIZE, scenario="", line_delta=50e6)
    assert said(report(grown))[1].endswith("by Ada; the base image grew by 50.0 MB.")


def test_a_line_that_is_a_small_part_of_a_change_has_moved_most() -> None:
    worse = change(3, 4.0, 9.0, line=12, instruction="RUN npm ci", line_delta=1.0)
    assert said(report(worse))[1].endswith("; line 12, RUN npm ci, moved most, by 1.0 s.")


def test_nothing_to_tell() -> None:
    assert said(report(), report(service="b")) == [
        "Nothing is slower or bigger than it was, in 2 services."
    ]


def test_commits_that_do_not_build() -> None:
    failed = tuple(
        Failed(sha(n), False, START + timedelta(days=n), f"try {n}", "Ada", "cold", (n,))
        for n in range(5)
    )
    assert said(report(failed=failed))[-1] == (
        "dashboard: 0000004 “try 4” by Ada, 0000003 “try 3” by Ada, 0000002 “try 2” by Ada "
        "and 2 more did not build."
    )
    assert said(report(failed=failed[:1]))[-1].endswith("“try 0” by Ada did not build.")


def test_what_is_over_its_budget() -> None:
    sizes = series(Metric.SIZE, (1, 90e6), (2, 212e6))
    texts = said(report(series=(sizes,), budgets={"size": 200e6}))
    assert texts[-1] == ("dashboard: the image is 212 MB, 12.0 MB over the budget of 200 MB.")


def test_the_newest_of_several_machines_is_held_against_the_budget() -> None:
    old, new = series(Metric.SIZE, (1, 900e6)), series(Metric.SIZE, (2, 100e6))
    assert len(said(report(series=(old, new), budgets={"size": 200e6}))) == 1


def test_a_weekly_report_tells_this_week_beside_the_four_before() -> None:
    times = series(Metric.TIME, (30, 10.0), (40, 10.0), (55, 12.0), (57, 12.0))
    old = change(20, 4.0, 9.0)
    texts = said(report(old, series=(times,)), weekly=True)
    assert texts == [
        "Nothing got slower or bigger this week, in 1 service.",
        "dashboard, this week against the four before: cold builds took 12.0 s (10.0 s before).",
    ]


def test_names_of_others_are_one_line_and_not_too_long() -> None:
    evil = change(3, 4.0, 9.4, subject="a\n" * 90_000, author="b" * 90_000, service="c" * 90_000)
    texts = said(report(evil, service="c" * 90_000))
    assert all("\n" not in text and len(text) < 500 for text in texts)
