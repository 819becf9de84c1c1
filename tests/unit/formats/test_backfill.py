"""What a backfill shows while it runs and at its end."""

from __future__ import annotations

import json
import re

import pytest
from records import record

from imgopt.bench.backfill_rows import Backfilled, Row, Status
from imgopt.formats import registry
from imgopt.formats.backfill_live import BackfillLive
from imgopt.history.git import Revision

HOSTILE = "\x1b[31m::error::pwned\rnext"
FIRST = Revision("a" * 40, False, None, "First", "Ann")
BAD = Revision("b" * 40, False, None, HOSTILE, HOSTILE)
ROWS = (
    Row(FIRST, "web", Status.BUILT, samples=3),
    Row(FIRST, "api", Status.RECORDED),
    Row(BAD, "web", Status.FAILED, f"Dockerfile:3: RUN x {HOSTILE} " + "long " * 200),
    Row(BAD, "api", Status.UNCHANGED),
)


def render(name: str, found: Backfilled) -> str:
    return registry.find("backfill", name).render(found, registry.Options())


def test_text_counts_and_names_what_is_not_as_it_should_be() -> None:
    text = render("text", Backfilled(ROWS, 2))
    assert " ".join(text.split()).endswith(
        "2 commits of 2 services: 1 measured, 1 failed to build (recorded), 1 recorded before, "
        "1 unchanged"
    )
    assert "bbbbbbbbb web" in text
    assert "aaaaaaaaa" not in text
    assert len(text) < 1500


def test_a_dry_run_names_what_would_be_built() -> None:
    rows = (Row(FIRST, "web", Status.WANTED), Row(FIRST, "api", Status.ABSENT))
    text = render("text", Backfilled(rows, 1, is_dry=True))
    assert "aaaaaaaaa web  First" in text
    assert "1 commit of 2 services: 1 to build, 1 without the service" in text


def test_nothing_at_all_is_said() -> None:
    assert render("text", Backfilled((), 3)) == "3 commits: nothing done\n"


def test_json_has_every_row() -> None:
    data = json.loads(render("json", Backfilled(ROWS, 2)))
    assert (data["schema_version"], data["dry_run"]) == (1, False)
    assert [row["status"] for row in data["commits"]] == [
        "built", "recorded", "failed", "unchanged",
    ]  # fmt: skip
    assert data["commits"][2]["subject"] == HOSTILE
    assert data["commits"][0]["committed_at"] is None


@pytest.mark.parametrize("name", ["text", "json"])
def test_text_of_others_does_nothing_to_a_terminal_or_a_log(name: str) -> None:
    text = render(name, Backfilled(ROWS, 2))
    assert "\x1b" not in text
    assert "\r" not in text
    assert not re.search(r"(?m)^\s*::", text)


def test_a_line_a_commit_with_the_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    with BackfillLive() as live:
        live.begin("shared")
        live.plan({("web", "cold"): 2})
        live.commit(BAD, "web", left=3)
        live.subject("web", "Dockerfile")
        live.prepare("web", "prepare", "")
        live.build("web", "cold", "", 1, 2)
        live.step("[1/2] RUN x")
        live.built(record(service="web", duration_s=1.5))
        live.row(Row(BAD, "web", Status.BUILT, samples=1))
        live.row(Row(FIRST, "api", Status.UNCHANGED))
        live.commit(FIRST, "web", left=2)
        live.row(Row(FIRST, "web", Status.FAILED, "Dockerfile:3: no"))
        live.cleaning()
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[0] == "isolation: shared (only what this run makes is removed)"
    assert "\x1b" not in err
    assert lines[1].startswith("bbbbbbbbb ")
    assert re.search(r"web: cold 1\.50 s \(about 0:\d\d left\)$", lines[1])
    assert lines[2].startswith("aaaaaaaaa First: web: failed: Dockerfile:3: no")
    assert len(lines) == 3


def test_quiet_is_silent_but_for_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    with BackfillLive(quiet=True) as live:
        live.begin("shared")
        live.commit(FIRST, "web", left=1)
        live.row(Row(FIRST, "web", Status.BUILT))
        live.not_cleaned("it is busy")
    assert "busy" in capsys.readouterr().err
