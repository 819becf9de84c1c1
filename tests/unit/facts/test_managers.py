from __future__ import annotations

import pytest

from imgopt.facts.file import Surroundings
from imgopt.facts.managers import DEPENDENCIES, MANAGERS, PACKAGES, PROJECT, Managers
from imgopt.facts.managers.caching import Cache, Kept, Place
from imgopt.facts.managers.model import (
    Action,
    First,
    Frozen,
    Lands,
    Manager,
    Offline,
    Pin,
    Production,
)
from imgopt.lint.check import lint_bytes
from imgopt.lint.finding import Finding
from imgopt.lint.fixes.apply import fix_file
from imgopt.lint.selection import choose_rules

MADE_UP = Manager(
    name="crate",
    programs=("crate",),
    installs={
        "get": Action(
            DEPENDENCIES, words=PACKAGES, flags={"--with-project": PROJECT},
            first=First("--without-project", ("crate.yaml", "crate.sum")),
        ),
    },
    cache=Cache(
        places=(Place("/root/.crates", (("CRATE_HOME", "packed"),)),),
        off_flags=("--fresh",),
        home_tail=".crates",
    ),
    manifests=("crate.yaml",),
    locks=("crate.sum",),
    reads_only_manifests=True,
    usual=("crate.yaml", "crate.sum"),
    frozen=Frozen(hint="--exact", flags=("--exact",), flag="--exact"),
    production=Production(hint="--lean", flags=("--lean",), env=("CRATE_LEAN=1",)),
    lands=Lands(("crates",)),
    clean=("crate sweep",),
    kept=Kept("--fresh or a cache mount", flag="--fresh"),
    pin=Pin("@", "@"),
    offline=Offline(("--dry-air",)),
)  # fmt: skip
TABLE = Managers((*MANAGERS.rows, MADE_UP))
MOUNT = "--mount=type=cache,target=/root/.crates"


def findings(text: str, rule: str, managers: Managers = TABLE) -> list[Finding]:
    around = Surroundings(managers=managers)
    result = lint_bytes(text.encode(), "Dockerfile", choose_rules([rule], []), around)
    return [f for f in result.findings if f.rule == rule]


def fixed(text: str, rule: str) -> str:
    rules = choose_rules([rule], [])
    around = Surroundings(managers=TABLE)
    done = fix_file(
        {"": text},
        lambda texts: lint_bytes((texts[""] or "").encode(), "Dockerfile", rules, around),
        frozenset({"safe", "unsafe"}),
    )
    return done.texts.get("", text)


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        ("IMG101", "COPY . .\nRUN crate get", "COPY crate.yaml crate.sum ./\nRUN crate get"),
        ("IMG102", "RUN crate get", f"RUN {MOUNT} crate get"),
        ("IMG102", "RUN crate get", "RUN crate get --dry-air"),
        (
            "IMG103",
            "ENV CRATE_HOME=/x\nRUN --mount=type=cache,target=/root/.crates crate get",
            "ENV CRATE_HOME=/x\nRUN --mount=type=cache,target=/x/packed crate get",
        ),
        ("IMG104", f"RUN {MOUNT} crate get --fresh", f"RUN {MOUNT} crate get"),
        (
            "IMG110",
            "COPY crate.yaml crate.sum ./\nRUN crate get",
            "COPY crate.yaml crate.sum ./\nRUN crate get --exact",
        ),
        (
            "IMG113",
            "COPY . .\nRUN crate get --with-project",
            "COPY crate.yaml crate.sum ./\nRUN crate get\nCOPY . .\nRUN crate get --with-project",
        ),
        ("IMG206", "RUN crate get", "RUN crate get --lean"),
        ("IMG206", "RUN crate get", "ENV CRATE_LEAN=1\nRUN crate get"),
        ("IMG303", "RUN crate get", "RUN crate get && crate sweep"),
        ("IMG303", "RUN crate get", "RUN crate get --fresh"),
        ("IMG506", "RUN crate get left", "RUN crate get left@1"),
    ],
)
def test_one_row_is_all_that_rules_need(rule: str, bad: str, good: str) -> None:
    text = 'FROM debian:12\nWORKDIR /app\n{}\nCMD ["./server"]\n'
    assert findings(text.format(bad), rule), bad
    assert findings(text.format(bad), rule, MANAGERS) == [], "a rule knows it without the row"
    assert findings(text.format(good), rule) == [], good


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("IMG102", "RUN crate get", f"RUN {MOUNT} \\\n    crate get"),
        ("IMG104", f"RUN {MOUNT} crate get --fresh", f"RUN {MOUNT} crate get"),
        (
            "IMG101",
            "COPY . .\nRUN crate get",
            "COPY crate.yaml crate.sum ./\nRUN crate get\nCOPY . .",
        ),
        (
            "IMG110",
            "COPY crate.yaml crate.sum ./\nRUN crate get",
            "COPY crate.yaml crate.sum ./\nRUN crate get --exact",
        ),
        ("IMG206", "RUN crate get", "RUN crate get --lean"),
    ],
)
def test_one_row_is_all_that_fixes_need(rule: str, before: str, after: str) -> None:
    text = 'FROM debian:12\nWORKDIR /app\n{}\nCMD ["./server"]\n'
    assert fixed(text.format(before), rule) == text.format(after)


def test_what_installs_brings_is_followed_into_another_stage() -> None:
    text = (
        "FROM debian:12 AS build\nWORKDIR /app\nRUN crate get\nFROM debian:12\n"
        'COPY --from=build /app/{} /app\nCMD ["./server"]\n'
    )
    assert findings(text.format("crates"), "IMG206")
    assert findings(text.format("bin"), "IMG206") == []


def test_names_in_the_table_are_used_once() -> None:
    names = [row.name for row in MANAGERS.rows]
    programs = [program for row in MANAGERS.rows for program in row.programs]
    assert len(set(names)) == len(names)
    assert len(set(programs)) == len(programs)


@pytest.mark.parametrize("row", MANAGERS.rows, ids=lambda row: row.name)
def test_what_a_fix_adds_is_what_rules_look_for(row: Manager) -> None:
    if row.kept and row.kept.flag:
        assert row.kept.flag in row.cache.off_flags
    if row.kept and row.kept.command:
        plain = " ".join(w for w in row.kept.command.split() if not w.startswith("-"))
        assert plain.startswith(row.clean)
    if row.frozen and row.frozen.flag:
        assert row.frozen.flag in row.frozen.flags
    if row.production and row.production.hint.startswith("-"):
        assert row.production.hint.split()[0] in row.production.flags
    for action in row.installs.values():
        if action.first:
            assert action.first.files[0] in row.manifests


@pytest.mark.parametrize("row", MANAGERS.rows, ids=lambda row: row.name)
def test_places_are_absolute_or_of_the_project(row: Manager) -> None:
    paths = [path for p in row.cache.places for path in (p.path, *p.by_system.values()) if path]
    assert paths or row.cache.elsewhere
    assert all(path.startswith("/") for path in paths)
    assert all(part.startswith("/") for part in row.cache.parts)
    if row.cache.home_tail:
        assert row.cache.places[0].path.startswith(f"/root/{row.cache.home_tail}")


def test_offline_has_its_meaning_for_its_own_manager() -> None:
    assert findings("FROM golang:1.24\nRUN go build -o /app .\n", "IMG102")
    assert findings("FROM debian:12\nRUN dotnet publish -o /app\n", "IMG102")
    assert findings("FROM debian:12\nRUN mvn package\n", "IMG102")
    assert findings("FROM debian:12\nRUN mvn -o package\n", "IMG102") == []
