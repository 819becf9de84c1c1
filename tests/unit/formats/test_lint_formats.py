from __future__ import annotations

import json
from xml.etree import ElementTree

from blocks import blocks
from jsonschema import Draft4Validator
from places import ROOT

from imgopt.facts.file import Surroundings
from imgopt.formats import (
    lint_checkstyle,
    lint_github,
    lint_gitlab,
    lint_junit,
    lint_markdown,
    lint_sarif,
    lint_text,
)
from imgopt.formats.registry import Options
from imgopt.lint.check import lint_bytes
from imgopt.lint.finding import Edit, FileResult, Finding, Fix, Safety, Severity
from imgopt.lint.selection import choose_rules
from imgopt.lint.silence.fingerprint import fingerprints


def lint(text: str, path: str = "a b/Dockerfile") -> FileResult:
    return lint_bytes(text.encode(), path, choose_rules([], []), Surroundings())


BAD = lint("FROM python\nRUN apt-get update\nRUN apt-get install -y 'a|b%<c>' \\\n  curl\n")
GOOD = lint("FROM debian:12\nUSER a\n", "good")
RESULTS = [BAD, GOOD]


def test_github_has_a_command_a_finding() -> None:
    lines = lint_github.render(RESULTS, Options()).splitlines()
    assert len(lines) == len(BAD.findings)
    first = next(line for line in lines if "IMG501" in line)
    assert first.startswith("::warning file=a b/Dockerfile,line=1,endLine=1,")
    assert ",title=IMG501 floating-base,col=6,endColumn=12::python has no tag" in first
    evil = lint_github.render([lint("FROM python\n", "x%0a::error::y")], Options())
    assert "file=x%250a%3A%3Aerror%3A%3Ay," in evil


def test_gitlab_and_sarif_name_every_finding() -> None:
    rows = json.loads(lint_gitlab.render(RESULTS, Options()))
    assert [r["check_name"] for r in rows] == [f.rule for f in BAD.findings]
    assert len({r["fingerprint"] for r in rows}) == len(rows)
    run = json.loads(lint_sarif.render(RESULTS, Options()))["runs"][0]
    rules = [r["id"] for r in run["tool"]["driver"]["rules"]]
    assert [rules[r["ruleIndex"]] for r in run["results"]] == [f.rule for f in BAD.findings]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/Dockerfile"
    assert all(r["help"]["markdown"].startswith("# IMG") for r in run["tool"]["driver"]["rules"])


def test_xml_can_be_read_and_counts() -> None:
    root = ElementTree.fromstring(lint_checkstyle.render(RESULTS, Options()))
    assert [len(file) for file in root] == [len(BAD.findings), 0]
    suite = ElementTree.fromstring(lint_junit.render(RESULTS, Options()))[0]
    assert suite.get("failures") == str(len(BAD.findings))
    assert len(suite) == len(BAD.findings) + 1
    ElementTree.fromstring(lint_checkstyle.render([lint("FROM a\x01b\n")], Options()))


def test_markdown_keeps_text_of_others_text() -> None:
    text = lint_markdown.render([lint("FROM <b>x|y</b>\n")], Options())
    assert "<b>" not in text.replace("\\<b\\>", "")
    assert text.startswith("**imgopt**: 1 file, ")


def test_fingerprints_stay_when_lines_move() -> None:
    text = "FROM python\nRUN apt-get update\nRUN apt-get update\n"
    before, after = lint(text), lint("# one more line\n\n" + text)
    assert fingerprints(before) == fingerprints(after)
    assert len(set(fingerprints(before))) == len(before.findings)


def test_sarif_is_valid_and_carries_fixes() -> None:
    """Against the standard's own schema, with every page's blocks as input."""
    schema = json.loads((ROOT / "tests" / "fixtures" / "sarif-2.1.0-rtm.5.json").read_text())
    every = choose_rules(["all"], [])
    results = [
        lint_bytes(block.text.encode(), f"{number}/Dockerfile", every, Surroundings())
        for number, block in enumerate(blocks())
    ]
    foreign = Finding(
        "hadolint/DL3008", "DL3008", "hadolint", Severity.WARNING, "x", "D", BAD.findings[0].span
    )
    ignore = Edit(BAD.findings[0].span, "a\n", "/somewhere/.dockerignore")
    other = Finding(
        "IMG401", "no-dockerignore", "context", Severity.WARNING, "x", "D", BAD.findings[0].span,
        fix=Fix(Safety.UNSAFE, "x", (ignore,)),
    )  # fmt: skip
    results.append(FileResult("D", None, (foreign, other), ("x",), ("internal error in X",)))
    log = json.loads(lint_sarif.render(results, Options()))
    Draft4Validator(schema).validate(log)
    run = log["runs"][0]
    assert not run["invocations"][0]["executionSuccessful"]
    fixes = [fix for r in run["results"] for fix in r.get("fixes", ())]
    assert len(fixes) > 50
    assert any(
        change["artifactLocation"]["uri"].endswith(".dockerignore")
        for fix in fixes
        for change in fix["artifactChanges"]
    )
    names = {r["id"] for r in run["tool"]["driver"]["rules"]}
    assert {r["ruleId"] for r in run["results"]} == names
    assert "hadolint/DL3008" in names


def test_a_wrapped_message_keeps_its_indent() -> None:
    text = lint_text.render([BAD], Options(width=60, terminal=True))
    heads = [n for n, line in enumerate(text.splitlines()) if line.startswith("  2:")]
    lines = text.splitlines()
    assert heads
    for number in heads:
        rest = lines[number + 1 : lines.index("", number) - 2]
        assert all(line.startswith("    ") and not line.startswith("     ") for line in rest)
    assert max(map(len, lines)) <= 60
    assert any(line.startswith("    ") for line in lines[heads[0] + 1 : heads[0] + 2])
    unwrapped = lint_text.render([BAD], Options(width=60))
    assert len(unwrapped.splitlines()) < len(lines)
