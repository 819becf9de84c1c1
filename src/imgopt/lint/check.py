"""Runs rules over the text of one Dockerfile; a broken text or rule never ends the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from imgopt.dockerfile.keywords import INSTRUCTIONS
from imgopt.dockerfile.model import Dockerfile, DockerfileSyntaxError, Position, Span
from imgopt.dockerfile.parse import decode, parse
from imgopt.dockerfile.template import template_line
from imgopt.errors import ConfigError
from imgopt.facts.file import FileFacts, Surroundings
from imgopt.lint.finding import FileResult, Finding
from imgopt.lint.rule import Rule, all_rules
from imgopt.lint.silence.equivalents import equivalents
from imgopt.lint.silence.suppressions import removal, suppressions_of, unsuppressed, unused
from imgopt.severity import Severity

# The rules whose findings are made here.
SYNTAX_ERROR, UNKNOWN_INSTRUCTION, UNUSED_SUPPRESSION = "IMG001", "IMG002", "IMG003"
# Another linter: what it finds in a file, under ids of its own.
Check = Callable[[FileFacts], list[Finding]]


def lint_bytes(
    data: bytes,
    shown: str,
    rules: Iterable[Rule],
    around: Surroundings | Callable[[Dockerfile], Surroundings],
    others: Iterable[Check] = (),
) -> FileResult:
    """Lint the bytes of a Dockerfile.

    `shown` is what messages call it, `around` what is known around it, `others` are further
    linters, whose findings join.
    """
    text = ""
    try:
        text = decode(data)
        file = parse(text, shown)
    except DockerfileSyntaxError as error:
        message = error.message
        if line := template_line(text, shown, parses=False):
            message += f"; line {line} is one of a template, which has to be rendered first"
        return refused(shown, message, error.line, tuple(text.splitlines()))
    if callable(around):
        around = around(file)
    findings: list[Finding] = []
    errors: list[str] = []
    try:
        if around.context is not None:
            _ = around.context.ignore
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
        linter, _, check = finding.rule.partition("/")
        first, last = finding.span.start.line, finding.span.end.line
        twins = said.setdefault(finding.rule, [])
        same = [lines for rule in equivalents(linter, check) for lines in said.get(rule, ())]
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
            f"this comment suppresses no finding of {', '.join(idle)}.",
            fix=removal(facts.file, suppression, idle),
        )
        for suppression, idle in unused(suppressions_of(facts), used, checked)
    ]
    return unsuppressed(suppressions_of(facts), found)[0]


def _meant(word: str) -> str:
    import difflib

    near = difflib.get_close_matches(word.upper(), sorted(INSTRUCTIONS), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def fragment(result: FileResult) -> FileResult:
    """The result of a file without FROM that nothing builds as it is: no error, but a hint."""
    (finding,) = result.findings
    message = f"no FROM: a fragment of another Dockerfile, not linted ({finding.message})"
    hint = msgspec.structs.replace(finding, message=message, severity=Severity.INFO)
    return msgspec.structs.replace(result, error=None, findings=(hint,))


def refused(shown: str, message: str, line: int = 1, lines: tuple[str, ...] = ()) -> FileResult:
    """The result of a file that is not a Dockerfile: an error, and an IMG001 finding."""
    width = len(lines[line - 1]) if 0 < line <= len(lines) else 0
    span = Span(Position(line, 1), Position(line, max(width, 1) + 1))
    name = SYNTAX_ERROR
    if message.startswith("unknown instruction"):
        name = UNKNOWN_INSTRUCTION
        message += _meant(message.partition(";")[0].rpartition(": ")[2])
    rule = next(rule for rule in all_rules() if rule.id == name)
    finding = Finding(rule.id, rule.name, rule.category, rule.level, message, shown, span)
    return FileResult(shown, f"line {line}: {message}", (finding,), lines)
