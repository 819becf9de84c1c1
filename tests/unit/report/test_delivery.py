from __future__ import annotations

from datetime import timedelta

import pytest
from rows import START, build, sha

from imgopt.records.event import Event, EventKind, EventStatus
from imgopt.report.delivery import delivery
from imgopt.report.model import Delivery
from imgopt.report.observations import observe

END = START + timedelta(weeks=4)


def event(hours: float, kind: str = "deploy", status: str = "success", **of: object) -> Event:
    return Event(
        kind=EventKind(kind), service="api", status=EventStatus(status),
        at=START + timedelta(hours=hours), **of,
    )  # fmt: skip


def of(*events: Event, rows: list[object] | None = None) -> Delivery:
    (found,) = delivery(observe(rows or []), events, START, END)
    return found


def test_builds_of_pipelines_and_how_many_failed() -> None:
    rows = [
        build(n, n, scenario="ci", isolation="recorded", duration_s=d)
        for n, d in enumerate([50.0, 60.0, 90.0])
    ]
    rows += [build(8, 8, scenario="ci", isolation="recorded", failed=True, duration_s=3.0)]
    rows += [build(9, 9), build(10, 10, scenario="ci", isolation="disposable")]
    found = of(rows=rows)
    assert (found.builds, found.failed_builds, found.pipeline_s) == (4, 1, 60.0)
    assert (found.deployments, found.deployments_a_week, found.lead_time_s) == (0, None, None)
    assert (found.change_failure_share, found.restore_s) == (None, None)


def test_measured_builds_alone_are_no_delivery() -> None:
    assert delivery(observe([build(1)]), [], START, END) == ()


def test_frequency_is_successful_deployments_a_week() -> None:
    found = of(event(1), event(2), event(3, status="failure"), event(4))
    assert (found.deployments, found.deployments_a_week) == (3, 0.75)


def test_lead_time_is_from_the_commit_to_its_first_deployment() -> None:
    rows = [build(1, 1)]  # committed 24 h after the start
    found = of(
        event(26, commit=sha(1)),
        event(90, commit=sha(1)),
        event(30, commit=sha(5), committed_at=START + timedelta(hours=26)),
        rows=rows,
    )
    assert found.lead_time_s == 3 * 3600


def test_changes_that_failed_are_those_that_did_not_deploy_or_were_rolled_back() -> None:
    found = of(event(1), event(2), event(3, "rollback"), event(4, status="failure"), event(5))
    assert found.change_failure_share == 0.5


def test_a_rollback_of_a_failed_deployment_is_one_failure() -> None:
    found = of(event(1, status="failure"), event(3, "rollback"), event(5))
    assert found.change_failure_share == 0.5
    assert found.restore_s == 2 * 3600


def test_restoring_takes_from_the_first_failure_to_the_next_success() -> None:
    found = of(
        event(1, status="failure"), event(2, status="failure"), event(4),
        event(10), event(11, "rollback"),
    )  # fmt: skip
    assert found.restore_s == pytest.approx(2 * 3600)  # the median of 3 h and 1 h


def test_environments_do_not_mend_each_other_and_production_counts_where_there_is_one() -> None:
    apart = of(event(1, status="failure", environment="a"), event(2, environment="b"))
    assert apart.restore_s is None
    found = of(
        event(1, status="failure", environment="staging"), event(2, environment="Production")
    )
    assert (found.deployments, found.change_failure_share) == (1, 0.0)


def test_events_of_another_time_do_not_count() -> None:
    (found,) = delivery(observe([]), [event(-50), event(1), event(5000)], START, END)
    assert found.deployments == 1
