"""Runs the rules over files: one broken file or rule never ends the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from imgopt.dockerfile.model import Dockerfile, DockerfileSyntaxError, Position, Span
from imgopt.dockerfile.parse import MAX_SIZE_BYTES, decode, parse
from imgopt.errors import ConfigError
from imgopt.facts.file import FileFacts, Surroundings
from imgopt.lint.finding import FileResult, Finding
from imgopt.lint.rule import Rule, all_rules
from imgopt.lint.silence.equivalents import equivalents
from imgopt.lint.silence.suppressions import removal, suppressions_of, unsuppressed, unused

__all__ = ["Surroundings", "choose_rules", "lint_bytes", "lint_file", "read_dockerfile"]
UNUSED_SUPPRESSION = "IMG003"
# Another linter: what it finds in a file, under ids of its own.
Check = Callable[[FileFacts], list[Finding]]
INSTRUCTIONS = (
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL"
    " STOPSIGNAL USER VOLUME WORKDIR"
).split()


def choose_rules(
    select: Iterable[str],
    ignore: Iterable[str],
    extend: Iterable[str] = (),
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[Rule, ...]:
    """The recommended rules, or those selected by id, prefix, name or `all`, less the ignored.

    `extend` adds to the selection; `settings` maps a rule's id or name to its `severity` and
    options. Raises ConfigError for a name that means no rule and for an option that is none.
    """
    selected, added, ignored = tuple(select), tuple(extend), tuple(ignore)
    for name in (*selected, *added, *ignored):
        if not any(_named(rule, (name,)) for rule in all_rules()):
            raise ConfigError(f"no rule is called {name!r}; {_nearest(name)}")
    chosen = [
        rule
        for rule in all_rules()
        if ((_named(rule, selected) if selected else rule.recommended) or _named(rule, added))
        and not _named(rule, ignored)
    ]
    return tuple(_configured(chosen, settings or {}))


def _named(rule: Rule, names: Iterable[str]) -> bool:
    return any(
        rule.id.startswith(name.upper())
        or rule.name == name
        or name == "all"
        or (name == "recommended" and rule.recommended)
        for name in names
        if name
    )


def _configured(rules: Iterable[Rule], settings: Mapping[str, Mapping[str, Any]]) -> Iterable[Rule]:
    by_name = {name: rule for rule in all_rules() for name in (rule.id, rule.name)}
    for name, values in settings.items():
        rule = by_name.get(name)
        if rule is None:
            raise ConfigError(f"[lint.rules.{name}]: no rule is called that; {_nearest(name)}")
        for key, value in values.items():
            if key == "severity":
                if value not in ("error", "warning", "info"):
                    raise ConfigError(f"[lint.rules.{name}]: severity is error, warning or info")
                continue
            if key not in rule.options:
                known = ", ".join(("severity", *rule.options))
                raise ConfigError(f"[lint.rules.{name}]: unknown option {key!r}; known: {known}")
            if not isinstance(value, type(rule.options[key])):
                kind = type(rule.options[key]).__name__
                raise ConfigError(f"[lint.rules.{name}]: {key} must be a {kind}")
    for rule in rules:
        own = {**settings.get(rule.name, {}), **settings.get(rule.id, {})}
        yield type(rule)(own.pop("severity", None), own) if own else rule


def _nearest(name: str) -> str:
    import difflib

    known = {n.lower(): n for rule in all_rules() for n in (rule.id, rule.name)}
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return f"did you mean {known[near[0]]}?" if near else "`imgopt rules` lists them"


def read_dockerfile(path: Path) -> bytes | str:
    """The bytes of a Dockerfile, or the reason why they cannot be had."""
    try:
        if not path.is_file():
            if not path.exists():
                return "no such file"
            return "is a directory" if path.is_dir() else "is not a regular file"
        with path.open("rb") as stream:
            return stream.read(MAX_SIZE_BYTES + 1)
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def lint_file(
    path: Path,
    shown: str,
    rules: Iterable[Rule],
    surroundings_of: Callable[[Path, Dockerfile], Surroundings],
    others: Iterable[Check] = (),
) -> FileResult:
    """Lint a file on disk; `shown` is what messages call it, `others` are further linters."""
    data = read_dockerfile(path)
    if isinstance(data, str):
        return _refused(shown, data, 1, ())
    return _lint(data, shown, rules, lambda file: surroundings_of(path, file), others)


def lint_bytes(
    data: bytes,
    shown: str,
    rules: Iterable[Rule],
    around: Surroundings | Callable[[Dockerfile], Surroundings],
    others: Iterable[Check] = (),
) -> FileResult:
    """Lint the bytes of a Dockerfile."""
    return _lint(data, shown, rules, around if callable(around) else lambda _: around, others)


def _lint(
    data: bytes,
    shown: str,
    rules: Iterable[Rule],
    surroundings_of: Callable[[Dockerfile], Surroundings],
    others: Iterable[Check] = (),
) -> FileResult:
    text = ""
    try:
        text = decode(data)
        file = parse(text, shown)
    except DockerfileSyntaxError as error:
        return _refused(shown, error.message, error.line, tuple(text.splitlines()))
    around = surroundings_of(file)
    findings: list[Finding] = []
    errors: list[str] = []
    try:
        if around.context is not None:
            _ = around.context.matcher
    except ConfigError as error:  # what a COPY takes, nobody knows then
        errors.append(str(error))
        around = msgspec.structs.replace(around, context=None)
    facts = FileFacts(file, around)
    ran: dict[str, Rule] = {}
    for rule in rules:
        ran[rule.id] = rule
        try:
            findings += _check(rule, facts)
        except Exception as error:  # a rule's bug: report it and go on with the others
            errors.append(f"internal error in {rule.id}: {type(error).__name__}: {error}")
    for check in others:
        findings += folded(check(facts), findings)
    if suppressions_of(facts):
        findings, used = unsuppressed(suppressions_of(facts), findings)
        if UNUSED_SUPPRESSION in ran and not errors:
            findings += _unused(ran[UNUSED_SUPPRESSION], facts, used, ran)
    findings.sort(key=lambda f: (f.span.start, f.rule))
    return FileResult(
        shown,
        "; ".join(errors) or None,
        tuple(findings),
        tuple(file.lines),
        tuple(errors),
        facts.unreadable_runs,
    )


def folded(theirs: Iterable[Finding], ours: Iterable[Finding]) -> list[Finding]:
    """Findings of another linter less those that a finding of ours says on the same lines."""
    said: dict[str, list[tuple[int, int]]] = {}
    for finding in ours:
        lines = (finding.span.start.line, finding.span.end.line)
        said.setdefault(finding.rule, []).append(lines)
    kept: list[Finding] = []
    for finding in theirs:
        engine, _, check = finding.rule.partition("/")
        first, last = finding.span.start.line, finding.span.end.line
        twins = said.setdefault(finding.rule, [])
        same = [lines for rule in equivalents(engine, check) for lines in said.get(rule, ())]
        if (first, last) in twins or any(a <= last and first <= b for a, b in same):
            continue
        twins.append((first, last))
        kept.append(finding)
    return kept


def _check(rule: Rule, facts: FileFacts) -> list[Finding]:
    found = list(rule.check_file(facts))
    check: Callable[..., Iterable[Finding]] = rule.check_stage
    if type(rule).check_stage is not Rule.check_stage:
        for stage in facts.stages:
            found += check(stage, facts)
    return found


def _unused(
    rule: Rule, facts: FileFacts, used: frozenset[tuple[int, str]], ran: Iterable[str]
) -> list[Finding]:
    """The findings of IMG003, which need those of all other rules."""
    checked = [name for name in ran if name != rule.id]
    found = [
        rule.finding(
            facts,
            suppression.span,
            f"this comment suppresses nothing of {', '.join(idle)}.",
            fix=removal(facts.file, suppression, idle),
        )
        for suppression, idle in unused(suppressions_of(facts), used, checked)
    ]
    return unsuppressed(suppressions_of(facts), found)[0]


def _meant(word: str) -> str:
    import difflib

    near = difflib.get_close_matches(word.upper(), INSTRUCTIONS, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _refused(shown: str, message: str, line: int, lines: tuple[str, ...]) -> FileResult:
    """A file that is none: an error for the file and an IMG001 finding."""
    width = len(lines[line - 1]) if 0 < line <= len(lines) else 0
    span = Span(Position(line, 1), Position(line, max(width, 1) + 1))
    rule, name = "IMG001", "syntax-error"
    if message.startswith("unknown instruction"):
        rule, name = "IMG002", "unknown-instruction"
        message += _meant(message.rpartition(": ")[2])
    finding = Finding(rule, name, "file", "error", message, shown, span)
    return FileResult(shown, f"line {line}: {message}", (finding,), lines)
