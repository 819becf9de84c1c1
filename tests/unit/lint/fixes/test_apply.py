"""Laws of fixing: it ends, what it gives parses and has fewer findings, twice is once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from blocks import blocks
from hypothesis import given, settings
from hypothesis import strategies as st

from imgopt.dockerfile.model import DockerfileSyntaxError, Position, Span
from imgopt.dockerfile.parse import decode, parse
from imgopt.facts.file import FileFacts, Surroundings
from imgopt.lint.check import lint_bytes
from imgopt.lint.finding import Edit, FileResult, Finding, Fix, Safety, Severity
from imgopt.lint.fixes.apply import Fixed, Texts, apply_edits, fix_file, to_bytes, to_text
from imgopt.lint.rule import Rule
from imgopt.lint.selection import choose_rules

RULES = choose_rules(["all"], [])
BOTH = frozenset(Safety)
TEXTS = [b.plain for b in blocks()]
_LINES = sorted({line for text in TEXTS for line in text.splitlines()})


def lint(texts: Texts) -> FileResult:
    return lint_bytes(to_bytes(texts[""] or "", b""), "Dockerfile", RULES, Surroundings())


def fix(text: str, safeties: frozenset[str] = BOTH) -> Fixed:
    return fix_file({"": text}, lint, safeties)


def assert_laws(text: str, safeties: frozenset[str]) -> None:
    before = lint({"": text})
    fixed = fix(text, safeties)
    new = fixed.texts.get("", text)
    if before.error is None:
        parse(decode(new.encode("utf-8", "surrogateescape")))
    after = lint({"": new})
    assert after.findings == fixed.result.findings
    old, now = (Counter(f.rule for f in r.findings) for r in (before, after))
    assert not now - old
    assert sum(now.values()) <= sum(old.values()) - (1 if fixed.applied else 0)
    assert fix(new, safeties).texts == {}


@pytest.mark.parametrize("safeties", [frozenset({Safety.SAFE}), BOTH], ids=["safe", "unsafe"])
@pytest.mark.parametrize("text", TEXTS)
def test_pages(text: str, safeties: frozenset[str]) -> None:
    assert_laws(text, safeties)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_LINES), min_size=1, max_size=14), st.booleans(), st.booleans())
def test_mixtures(lines: list[str], crlf: bool, ends_with_newline: bool) -> None:
    newline = "\r\n" if crlf else "\n"
    text = newline.join(["FROM python:3.13-slim", *lines]) + newline * ends_with_newline
    try:
        parse(decode(text.encode()))
    except DockerfileSyntaxError:
        assert fix(text).texts == {}
        return
    assert_laws(text, BOTH)
    new = fix(text).texts.get("", text)
    if crlf and new.count("\n") == new.count("\r\n") + (not ends_with_newline) * 0:
        assert "\n" not in new.replace("\r\n", "")
    assert new.endswith(newline) or not ends_with_newline


BAD = "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\nMAINTAINER é\n"


def test_line_ends_encoding_and_the_last_newline_stay() -> None:
    for data in (
        BAD.encode().replace(b"\n", b"\r\n"),
        BAD.encode().removesuffix(b"\n"),
        b"\xef\xbb\xbf" + BAD.encode(),
        b"# caf\xe9\n" + BAD.encode("latin-1").replace(b"MAINTAINER \xe9\n", b""),
    ):
        new = to_bytes(fix(to_text(data)).texts[""], data)
        assert new != data
        assert (b"\r\n" in new) == (b"\r\n" in data)
        assert new.count(b"\n") - new.count(b"\r\n") == 0 or b"\r\n" not in data
        assert new.endswith(b"\n") == data.endswith(b"\n")
        assert new.startswith(b"\xef\xbb\xbf") == data.startswith(b"\xef\xbb\xbf")
        assert (b"caf\xe9" in new) == (b"caf\xe9" in data)


def test_a_fix_that_does_not_help_is_dropped_with_a_reason() -> None:
    class Stubborn(Rule):
        id, name, severity, summary = "IMG998", "stubborn", Severity.INFO, "x"
        text = "RUN true\n"

        def check_file(self, facts: FileFacts) -> Iterator[Finding]:
            at = Position(2, 1)
            edit = Edit(Span(at, at), self.text)
            span = facts.file.instructions[0].span
            yield self.finding(facts, span, "x", fix=Fix(Safety.SAFE, "x", (edit,)))

    def run(rule: Rule) -> Fixed:
        def check(texts: Texts) -> FileResult:
            data = (texts[""] or "").encode()
            return lint_bytes(data, "D", (rule, *RULES), Surroundings())

        return fix_file({"": "FROM debian:12@sha256:0\nUSER a\n"}, check, BOTH)

    stubborn = run(Stubborn())
    assert stubborn.texts == {}
    assert [d.reason for d in stubborn.dropped] == ["it does not resolve the finding"]
    broken = Stubborn()
    broken.text = "RUNN true\n"
    assert "does not parse" in run(broken).dropped[0].reason
    unreadable = Stubborn()
    unreadable.text = "RUN if\n"
    assert "shell code" in run(unreadable).dropped[0].reason
    worse = Stubborn()
    worse.text = "FROM python\n"
    assert run(worse).texts == {}


def test_only_what_may_be_applied_is() -> None:
    fixed = fix(BAD, frozenset({Safety.SAFE}))
    assert all(f.fix and f.fix.safety is Safety.SAFE for f in fixed.applied)
    assert "--no-install-recommends" not in fixed.texts[""]
    assert "--no-install-recommends" in fix(BAD).texts[""]


def test_edits_that_touch_the_end_of_a_text_without_newline() -> None:
    end = Position(3, 1)
    assert apply_edits("a\nb", [Edit(Span(end, end), "c\n")]) == "a\nb\nc"
    whole = Span(Position(2, 1), end)
    assert apply_edits("a\nb", [Edit(whole, "")]) == "a\n"
    assert apply_edits("a\r\nb\r\n", [Edit(Span(end, end), "c\n")]) == "a\r\nb\r\nc\r\n"


def test_reordering_keeps_comments_with_their_instructions(tmp_path: Path) -> None:
    text = (
        "FROM python:3.13-slim\nWORKDIR /app\n\n# The source.\n# All of it.\nCOPY . .\n"
        "# The packages.\nRUN pip install -r requirements.txt && \\\n"
        '    # then compile\n    python -m compileall .\nCMD ["python"]\n'
    )
    rules = choose_rules(["IMG101"], [])

    def check(texts: Texts) -> FileResult:
        return lint_bytes((texts[""] or "").encode(), "D", rules, Surroundings())

    assert fix_file({"": text}, check, BOTH).texts == {}  # a comment between: not certain
    plain = text.replace("    # then compile\n", "")
    assert fix_file({"": plain}, check, BOTH).texts[""] == (
        "FROM python:3.13-slim\nWORKDIR /app\n\nCOPY requirements.txt ./\n"
        "# The packages.\nRUN pip install -r requirements.txt\n"
        '# The source.\n# All of it.\nCOPY . .\nRUN python -m compileall .\nCMD ["python"]\n'
    )


def test_a_fix_that_was_no_good_is_tried_again_after_others() -> None:
    text = (
        "FROM debian:12\nRUN set -eux; \\\n    apt-get update; \\\n"
        "    apt-get iit && find /var/lib/apt/lists -type f -delete\n"
        "RUN apt-get!update && apt-get install -y jq && apt-get distclNan\n"
    )
    assert_laws(text, BOTH)


def test_two_fixes_at_one_place_come_one_after_the_other() -> None:
    text = "FROM node:24-slim\nRUN npm ci && pip install -r r.txt\nUSER node\n"
    new = fix(text).texts[""]
    assert "--mount=type=cache,target=/root/.npm" in new
    assert "--mount=type=cache,target=/root/.cache/pip" in new
