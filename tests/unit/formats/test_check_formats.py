"""A check as text, Markdown and JSON."""

from __future__ import annotations

import json
import re

import pytest
from places import ROOT

from imgopt.dockerfile.model import Position, Span
from imgopt.formats import check_github, check_json, check_markdown, check_text
from imgopt.formats.registry import Options
from imgopt.gate.reasons import Terms, lint_reasons, reasons_of
from imgopt.gate.result import (
    CheckResult,
    LineSize,
    LintCheck,
    ServiceCheck,
    SizeChange,
    State,
)
from imgopt.lint.finding import Finding
from imgopt.report.budgets import Cost, Spent, judge
from imgopt.severity import Severity

HOSTILE = "a`b|c<script>@team [x](http://e)\x1b[31m\n::error::x"


def result(name: str = "web", text: str = "COPY data /data", many: int = 1) -> CheckResult:
    """A check that found something of every kind, with names and lines of others in it."""
    size = SizeChange(
        100_000_000, 112_000_000, (LineSize(9, text, None, 12_000_000), LineSize(3, "x", 5, 9)),
        12_000_000, 1,
    )  # fmt: skip
    spent = {"size": Spent(112e6, Cost(9, text, 12e6)), "cold": Spent(3.0)}
    service = ServiceCheck(
        service=name,
        dockerfile=f"{name}/Dockerfile",
        state=State.CHANGED,
        why=(f"line 9: {name} is new",),
        size=size,
        budgets=judge({"size": 110e6, "cold": 90.0, "waste": 1e6}, spent),
    )
    same = ServiceCheck(service="other", dockerfile="other/Dockerfile", state=State.SAME)
    span = Span(Position(4, 1), Position(4, 9))
    finding = Finding("IMG101", "copy-before-install", "cache", Severity.WARNING, text, name, span)
    lint = LintCheck(1, (finding,), 2, (f"{name}: no",), "warning")
    reasons = (*reasons_of(service, Terms(0.1, 0.05)), *lint_reasons(lint))
    return CheckResult((service, same) * many, reasons * many, (), lint, name, "1234567890abcdef")


def test_the_comment_has_the_verdict_first_behind_its_marker() -> None:
    lines = check_markdown.render(result(), Options()).splitlines()
    assert lines[:5] == [
        "<!-- imgopt:check -->",
        "### imgopt check against `web`: failed",
        "",
        "- **`web`: image size is 112.0 MB, 2.0 MB (2%) over its budget of 110.0 MB; "
        "`web/Dockerfile:9` `COPY data /data` added 12.0 MB**",
        "- **`web`: the image grew by 12.0 MB to 112.0 MB (+12 %); `web/Dockerfile:9` "
        "`COPY data /data` added 12.0 MB**",
    ]
    text = "\n".join(lines)
    assert "- `other`: not built: its inputs have not changed" in text
    assert "- lint: 1 file that changed, 1 new finding, 2 known before" in text
    assert "| `web` | waste | 1.0 MB | – | unknown | not measured |" in text
    assert "| 9 | – | 12.0 MB | +12.0 MB | `COPY data /data` |" in text
    assert "| 3 |" not in text  # 4 bytes are nothing to tell
    assert "pulls 1 layer, 12.0 MB unpacked" in text


def test_nothing_in_the_comment_is_markup_of_others() -> None:
    text = check_markdown.render(result(HOSTILE, HOSTILE), Options())
    assert "\x1b" not in text
    assert text.count("<!--") == 1
    for line in text.splitlines()[1:]:
        plain = re.sub(r"\\.", "", line)  # a sign behind a backslash is no markup
        assert plain.count("`") % 2 == 0
        outside = "".join(plain.split("`")[::2])  # what no code span holds
        assert not {"<", "]"} & set(outside)
        assert "@team" not in outside
        assert not line.startswith("::")


def test_a_comment_fits_where_comments_go() -> None:
    text = check_markdown.render(result("n" * 3000, "t" * 3000, many=200), Options())
    assert len(text) < 65_536
    assert "and 570 more" in text
    assert "failed" in text.splitlines()[1]
    text = check_markdown.render(result("|*" * 3000, "<_" * 3000, many=200), Options())
    assert len(text) < 65_536
    assert text.endswith("The rest is too long for a comment.\n")


@pytest.mark.parametrize("width", [20, 40, 100])
def test_the_text_fits_any_terminal(width: int) -> None:
    text = check_text.render(result(HOSTILE), Options(width=width))
    assert "\x1b" not in text
    assert "::error" not in "".join(line[:7] for line in text.splitlines())
    shown = " ".join(check_text.render(result(), Options(width=width)).split())
    assert "2.0 MB over" in shown
    assert "not built: its inputs have not changed" in shown


def test_annotations_stand_on_the_line_that_broke_it() -> None:
    first, *_, last = check_github.render(result(), Options()).splitlines()
    assert first.startswith(
        "::error file=web/Dockerfile,title=imgopt%3A a budget is broken,line=9::`web`: image size"
    )
    assert last.startswith("::error file=web,title=imgopt%3A a new finding,line=4::")
    lines = check_github.render(result(HOSTILE, HOSTILE), Options()).splitlines()
    assert all(line.startswith("::error ") for line in lines)
    assert len(lines) == 3
    failed = CheckResult((), (), ("service web: RUN x\nfailed",))
    assert check_github.render(failed, Options()).count("\n") == 1
    assert check_github.render(CheckResult((), ()), Options()) == ""


def test_no_verdict_where_a_build_failed() -> None:
    failed = CheckResult((), (), ("service web, cold: RUN x failed",))
    assert "no verdict, a build failed" in check_markdown.render(failed, Options())
    assert "service web, cold: RUN x failed" in check_markdown.render(failed, Options())
    assert json.loads(check_json.render(failed, Options()))["verdict"] == "error"


def test_the_json_is_what_docs_say() -> None:
    document = json.loads(check_json.render(result(), Options()))
    assert (document["schema_version"], document["verdict"]) == (1, "fail")
    assert document["base"] == "1234567890abcdef"
    reason = document["reasons"][0]
    assert {"kind", "service", "name", "dockerfile", "unit", "value", "limit", "over", "before",
            "line", "instruction", "line_value", "message"} == set(reason)  # fmt: skip
    assert (reason["kind"], reason["line"], reason["over"]) == ("budget", 9, 2e6)
    service = document["services"][0]
    assert service["state"] == "changed"
    assert [b["broken"] for b in service["budgets"]] == [True, False, False]
    assert service["size"]["pull_bytes"] == 12_000_000
    assert document["lint"]["new"][0]["line"] == 4
    page = (ROOT / "docs" / "check.md").read_text()
    keys = {*document, *reason, *service, *service["size"], *service["size"]["lines"][0],
            *service["budgets"][0], *document["lint"], *document["lint"]["new"][0]}  # fmt: skip
    assert [key for key in keys if f'"{key}"' not in page] == []
    passed = json.loads(check_json.render(CheckResult((), ()), Options()))
    assert (passed["verdict"], passed["lint"]) == ("pass", None)
