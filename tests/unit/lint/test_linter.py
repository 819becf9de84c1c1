from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import ROOT

from imgopt import config
from imgopt.context.discovery import discover
from imgopt.facts.file import FileFacts, Surroundings
from imgopt.facts.surroundings import Neighbourhood
from imgopt.lint.check import lint_bytes
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.linter import Linter
from imgopt.lint.rule import Rule
from imgopt.lint.selection import choose_rules

SAMPLE = ROOT / "benchmarks" / "tasktracker"
RULES = choose_rules([], [])


def lint(text: str, *rules: str) -> list[tuple[str, int]]:
    result = lint_bytes(text.encode(), "Dockerfile", choose_rules(rules, []), Surroundings())
    return [(f.rule, f.span.start.line) for f in result.findings]


@pytest.mark.parametrize(
    ("dockerfile", "expected"),
    [
        ("backend/Dockerfile", []),
        ("dashboard/Dockerfile", []),
        (
            "backend/Dockerfile.naive",
            [("IMG602", 1), ("IMG106", 3), ("IMG108", 6), ("IMG102", 7), ("IMG201", 7),
             ("IMG301", 7), ("IMG302", 7), ("IMG101", 10), ("IMG401", 10), ("IMG102", 11),
             ("IMG206", 11), ("IMG303", 11), ("IMG305", 12)],
        ),
        (
            "dashboard/Dockerfile.naive",
            [("IMG602", 1), ("IMG101", 4), ("IMG401", 4), ("IMG102", 5), ("IMG110", 5),
             ("IMG303", 5), ("IMG202", 9)],
        ),
    ],
)  # fmt: skip
def test_the_sample(dockerfile: str, expected: list[tuple[str, int]]) -> None:
    path = SAMPLE / dockerfile
    near = Neighbourhood(config.load(SAMPLE), datetime.date(2026, 11, 24))
    (result,) = Linter(choose_rules([], []), near, SAMPLE).lint(path)
    assert [(f.rule, f.span.start.line) for f in result.findings] == expected


def test_suppressions() -> None:
    bad = "FROM debian:12\n{}RUN apt-get update \\\n {} && true\n"
    assert lint(bad.format("", ""), "IMG301") == [("IMG301", 2)]
    assert lint(bad.format('# imgopt: ignore=IMG301 reason="why"\n', ""), "IMG301") == []
    assert lint(bad.format("# imgopt: ignore=img102, img301\n", ""), "IMG301") == []
    assert lint(bad.format("# imgopt: ignore=IMG302\n", ""), "IMG301") == [("IMG301", 3)]
    assert lint(bad.format("", "\n# imgopt: ignore=IMG301\n"), "IMG301") == []
    assert lint("# imgopt: ignore-file=IMG301\n" + bad.format("", ""), "IMG301") == []
    later = "# imgopt: ignore=IMG301\nRUN true\nRUN apt-get update\n"
    assert lint("FROM debian:12\n" + later, "IMG301") == [("IMG301", 4)]


def test_a_broken_rule_is_reported_and_the_others_go_on() -> None:
    class Broken(Rule):
        id, name, severity, summary = "IMG999", "broken", Severity.ERROR, "x"

        def check_file(self, facts: FileFacts) -> Iterator[Finding]:
            raise KeyError("boom")

    rules = (Broken(), *choose_rules(["IMG501"], []))
    result = lint_bytes(b"FROM python\n", "Dockerfile", rules, Surroundings())
    assert "internal error in IMG999" in (result.error or "")
    assert [f.rule for f in result.findings] == ["IMG501"]


def test_rules_are_chosen_by_id_prefix_and_name() -> None:
    chosen = choose_rules(["IMG10"], ["copy-before-install", "IMG105"])
    assert [r.id for r in chosen] == ["IMG102", "IMG103", "IMG104", "IMG106", "IMG107", "IMG108",
                                      "IMG109"]  # fmt: skip
    assert {r.id for r in choose_rules([], ["IMG1"])} >= {"IMG501", "IMG602"}


def test_targets_of_services_decide_what_is_final(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM debian:12 AS tools\nRUN apt-get update\nFROM debian:12 AS prod\nUSER app\n"
    )
    path = tmp_path / "Dockerfile"
    rules = choose_rules(["IMG301"], [])

    def found() -> tuple[Finding, ...]:
        near = Neighbourhood(config.load(tmp_path))
        return Linter(rules, near, tmp_path).lint(path)[0].findings

    assert found() == ()
    (tmp_path / "docker-compose.yml").write_text(
        "services:\n a:\n  build: {context: ., target: tools}\n"
    )
    assert found()


def test_the_last_stage_is_final_whatever_is_targeted(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian:12 AS dev\nFROM debian:12\nRUN apt-get update\n")
    (tmp_path / "compose.dev.yaml").write_text(
        "services:\n a:\n  build: {context: ., target: dev}\n"
    )
    near = Neighbourhood(config.load(tmp_path))
    result = Linter(choose_rules(["IMG203", "IMG301"], []), near, tmp_path).lint(path)[0]
    assert [finding.rule for finding in result.findings] == ["IMG301"]


def test_a_bake_file_that_nobody_reads_may_name_any_target(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian:12\nRUN one\nFROM debian:12 AS app\nFROM app AS dev\nRUN two\n")
    rules = choose_rules(["IMG203", "IMG210"], [])

    def found() -> list[str]:
        linter = Linter(rules, Neighbourhood(config.load(tmp_path)), tmp_path)
        return [finding.rule for finding in linter.lint(path)[0].findings]

    assert found() == ["IMG203", "IMG210"]
    (tmp_path / "docker-bake.hcl").write_text('target "x" {}\n')
    assert found() == []


def test_a_named_context_is_no_unknown_stage() -> None:
    text = b"FROM debian:12 AS builds\nFROM debian:12\nCOPY --from=build /a /a\nUSER a\n"
    rules = choose_rules(["IMG208"], [])
    assert lint_bytes(text, "D", rules, Surroundings()).findings
    known = Surroundings(named_contexts=frozenset({"build"}))
    assert lint_bytes(text, "D", rules, known).findings == ()


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("Dockerfile", True),
        ("Dockerfile.dev", False),
        ("dev/Dockerfile", False),
        ("/home/me/dev/project/Dockerfile", True),
        ("/home/me/project/Dockerfile.test", False),
        ("/home/me/project/.devcontainer/Dockerfile", False),
    ],
)
def test_files_for_development_may_run_as_root(path: str, found: bool) -> None:
    rules = choose_rules(["IMG602"], [])
    text = b"FROM debian:12\nCMD app\n"
    assert bool(lint_bytes(text, path, rules, Surroundings()).findings) is found


@pytest.mark.parametrize(
    "text",
    [
        '{% if web == "yes" %}\nFROM node:22-slim\n{% endif %}\n',
        "FROM docker.io/postgres:{{ version }}\nCOPY a /a\n",
        "FROM postgres:{{version}}\n",
        "<% if web %>\nFROM node:22\n<% end %>\n",
    ],
)
def test_a_template_is_skipped_unless_it_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(text)
    near = Neighbourhood(config.load(tmp_path))
    assert Linter(RULES, near, tmp_path).lint(path) == []
    assert ["is a template" in problem for problem in near.problems] == [True]
    named = Linter(RULES, near, tmp_path, named=frozenset({path}))
    (result,) = named.lint(path)
    assert result.error is None or "template" in result.error


def test_signs_of_templates_inside_a_run_are_no_template(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(
        "FROM debian:12\nRUN <<EOF cat > /x\n{% if a %}\nEOF\nRUN x --format '{{.A}}'\n"
    )
    (result,) = Linter(RULES, Neighbourhood(config.load(tmp_path)), tmp_path).lint(path)
    assert result.error is None


def test_a_file_without_from_is_a_fragment_unless_something_builds_it(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("RUN mkdir /opt/setup\n")

    def found() -> list[tuple[str, str]]:
        linter = Linter(RULES, Neighbourhood(config.load(tmp_path)), tmp_path)
        return [(f.rule, f.severity) for f in linter.lint(path)[0].findings]

    assert found() == [("IMG001", "info")]
    (tmp_path / "compose.yaml").write_text("services:\n a:\n  build: .\n")
    assert found() == [("IMG001", "error")]


def test_folders_of_others_are_not_searched(tmp_path: Path) -> None:
    for folder in ("vendor/a", "web/node_modules/b", "third_party/c", "own"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "Dockerfile").write_text("FROM debian:12\n")
    assert discover([tmp_path], []) == [tmp_path / "own" / "Dockerfile"]
