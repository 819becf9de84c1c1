"""Runs the rules over files: one broken file or rule never ends the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import Dockerfile, DockerfileSyntaxError, Position, Span
from imgopt.dockerfile.parse import MAX_SIZE_BYTES, decode, parse
from imgopt.lint.facts import FileFacts
from imgopt.lint.finding import FileResult, Finding
from imgopt.lint.rule import Rule, all_rules
from imgopt.lint.suppress import unsuppressed


class Surroundings(msgspec.Struct, frozen=True):
    """What is known of a Dockerfile from outside it."""

    targets: tuple[str, ...] = ()
    context: BuildContext | None = None
    build_args: dict[str, str] = {}
    named_contexts: frozenset[str] = frozenset()
    context_is_certain: bool = False


def choose_rules(select: Iterable[str], ignore: Iterable[str]) -> tuple[Rule, ...]:
    """The recommended rules, or those selected by id, prefix, name or `all`, less the ignored."""
    selected, ignored = tuple(select), tuple(ignore)

    def named(rule: Rule, names: tuple[str, ...]) -> bool:
        return any(rule.id.startswith(n.upper()) or rule.name == n or n == "all" for n in names)

    return tuple(
        rule
        for rule in all_rules()
        if (named(rule, selected) if selected else rule.recommended) and not named(rule, ignored)
    )


def lint_file(
    path: Path,
    shown: str,
    rules: Iterable[Rule],
    surroundings_of: Callable[[Path, Dockerfile], Surroundings],
) -> FileResult:
    """Lint a file on disk; `shown` is what messages call it."""
    try:
        if not path.is_file():
            reason = "is a directory" if path.is_dir() else "is not a regular file"
            return _refused(shown, reason if path.exists() else "no such file", 1, ())
        with path.open("rb") as stream:
            data = stream.read(MAX_SIZE_BYTES + 1)
    except OSError as error:
        return _refused(shown, f"cannot be read: {error.strerror}", 1, ())
    return _lint(data, shown, rules, lambda file: surroundings_of(path, file))


def lint_bytes(data: bytes, shown: str, rules: Iterable[Rule], around: Surroundings) -> FileResult:
    """Lint the bytes of a Dockerfile."""
    return _lint(data, shown, rules, lambda _: around)


def _lint(
    data: bytes,
    shown: str,
    rules: Iterable[Rule],
    surroundings_of: Callable[[Dockerfile], Surroundings],
) -> FileResult:
    text = ""
    try:
        text = decode(data)
        file = parse(text, shown)
    except DockerfileSyntaxError as error:
        return _refused(shown, error.message, error.line, tuple(text.splitlines()))
    around = surroundings_of(file)
    facts = FileFacts(
        file,
        around.targets,
        around.context,
        around.build_args,
        around.named_contexts,
        around.context_is_certain,
    )
    findings: list[Finding] = []
    errors: list[str] = []
    for rule in rules:
        try:
            findings += _check(rule, facts)
        except Exception as error:  # a rule's bug: report it and go on with the others
            errors.append(f"internal error in {rule.id}: {type(error).__name__}: {error}")
    findings = unsuppressed(file, findings)
    findings.sort(key=lambda f: (f.span.start, f.rule))
    return FileResult(shown, "; ".join(errors) or None, tuple(findings), tuple(file.lines()))


def _check(rule: Rule, facts: FileFacts) -> list[Finding]:
    found = list(rule.check_file(facts))
    check: Callable[..., Iterable[Finding]] = rule.check_stage
    for stage in facts.stages:
        found += check(stage, facts)
    return found


def _refused(shown: str, message: str, line: int, lines: tuple[str, ...]) -> FileResult:
    """A file that is none: an error for the file and an IMG001 finding."""
    width = len(lines[line - 1]) if 0 < line <= len(lines) else 0
    span = Span(Position(line, 1), Position(line, max(width, 1) + 1))
    finding = Finding("IMG001", "syntax-error", "file", "error", message, shown, span)
    return FileResult(shown, f"line {line}: {message}", (finding,), lines)
