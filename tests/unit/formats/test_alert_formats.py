"""Alerts of checks and of change points, in every form."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from imgopt.alerts.alert import Alert
from imgopt.formats import alert_json, alert_slack, alert_teams, registry
from imgopt.formats.alerts import of_changes, of_check, of_report
from imgopt.formats.registry import Options
from imgopt.gate.result import CheckResult, Kind, Reason
from imgopt.report.budgets import Cost
from imgopt.report.model import Change, Metric, ReportData, ServiceReport, Unit

HOSTILE = "<!channel> <https://evil.example|x> @all [x](https://evil.example)\x1b[31m & `y`"


def failed(service: str = "web", many: int = 1) -> CheckResult:
    reason = Reason(
        kind=Kind.BUDGET, service=service, name="size", dockerfile="Dockerfile", unit=Unit.BYTES,
        value=7e6, limit=6e6, over=1e6, most=Cost(7, "COPY data /data", 5e6),
    )  # fmt: skip
    return CheckResult((), (reason,) * many)


def change(ratio: float, **parts: object) -> Change:
    given: dict[str, object] = {
        "service": "web", "metric": Metric.TIME, "scenario": "cold", "commit": "a" * 40,
        "at": datetime(2026, 1, 5, tzinfo=UTC), "author": "Ann", "subject": "Bring data",
        "before": 10.0, "after": 10.0 * ratio, "ratio": ratio, "low": ratio, "high": ratio,
        "confidence": 0.99, "candidates": ("a" * 40,), "line": 7, "instruction": "RUN install",
        **parts,
    }  # fmt: skip
    return Change(**given)


def test_a_check_that_passed_alerts_nobody() -> None:
    assert of_check(CheckResult((), ())) is None
    assert of_changes([]) is None


def test_the_alert_of_a_check_is_for_programs_too() -> None:
    alert = of_check(failed(), "https://ci.example/1")
    assert alert is not None
    document = json.loads(alert_json.render(alert, Options()))
    assert (document["schema_version"], document["kind"]) == (1, "check")
    assert document["title"] == "imgopt check failed"
    assert document["sentences"][0].startswith("`web`: image size is 7.0 MB, 1.0 MB (17%) over")
    assert (document["items"][0]["line"], document["items"][0]["over"]) == (7, 1e6)
    assert document["link"] == "https://ci.example/1"
    error = of_check(CheckResult((), (), ("RUN x failed",)))
    assert error is not None
    assert (error.title, error.sentences) == (
        "imgopt check has no verdict: a build failed", ("RUN x failed",)
    )  # fmt: skip


def test_change_points_are_told_worst_first() -> None:
    alert = of_changes([
        change(0.8), change(1.2),
        change(2.0, metric=Metric.SIZE, before=5e6, after=10e6, candidates=("b", "a")),
    ])  # fmt: skip
    assert alert is not None
    assert alert.title == "imgopt report: 3 changes in build time or image size"
    assert alert.sentences == (
        "`web`: size +100 %, 5.0 MB → 10.0 MB, since `aaaaaaaaa` by `Ann` (`Bring data`) or one of "
        "the 1 commits before it; line 7 `RUN install`",
        "`web`: cold build +20 %, 10.00 s → 12.00 s, since `aaaaaaaaa` by `Ann` (`Bring data`); "
        "line 7 `RUN install`",
        "`web`: cold build −20 %, 10.00 s → 8.00 s, since `aaaaaaaaa` by `Ann` (`Bring data`); "
        "line 7 `RUN install`",
    )


def test_a_report_alerts_of_its_last_week() -> None:
    made_at = datetime(2026, 1, 12, tzinfo=UTC)
    service = ServiceReport(
        "web", (), (change(1.5), change(2.0, at=datetime(2026, 1, 4, tzinfo=UTC))), ()
    )
    alert = of_report(ReportData(made_at, None, True, (service,), ()))
    assert alert is not None
    assert alert.title == "imgopt report: 1 change in build time or image size"
    assert "cold build +50 %" in alert.sentences[0]
    late = ReportData(made_at + timedelta(days=8), None, True, (service,), ())
    assert of_report(late) is None


def test_slack_mentions_nobody_and_links_nowhere() -> None:
    alert = of_check(failed(HOSTILE), "https://ci.example/1")
    assert alert is not None
    body = json.loads(alert_slack.render(alert, Options()))
    texts = [block["text"] for block in body["blocks"]]
    assert all(text["verbatim"] for text in texts)
    joined = body["text"] + "".join(text["text"] for text in texts)
    assert joined.count("<") == 1  # the job's own
    assert "<https://ci.example/1|the job>" in joined
    assert "\x1b" not in joined
    assert "&lt;!channel&gt;" in joined
    assert body["unfurl_links"] is False


def test_teams_knows_no_markup_in_it() -> None:
    alert = of_check(failed(HOSTILE), "https://ci.example/1")
    assert alert is not None
    body = json.loads(alert_teams.render(alert, Options()))
    (attachment,) = body["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert card["actions"] == [
        {"type": "Action.OpenUrl", "title": "The job", "url": "https://ci.example/1"}
    ]


@pytest.mark.parametrize("name", registry.names("alert"))
def test_every_form_is_bounded(name: str) -> None:
    alert = Alert("check", "t" * 5000, ("s" * 5000,) * 5000, ({"x": 1},) * 5000)
    body = registry.find("alert", name).render(alert, Options())
    json.loads(body)
    assert len(body) < {"teams": 28_000, "slack": 40_000}.get(name, 600_000)
