"""Comments that silence rules: imgopt's own, and those of hadolint and BuildKit.

`# imgopt: ignore=IMG101,IMG102 reason="…"` and `# imgopt: ignore-file=…`;
`# hadolint ignore=DL3008` and `# hadolint global ignore=…`; the parser directive `# check=skip=…`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable

import msgspec

from imgopt.config import LinterName
from imgopt.dockerfile.model import Dockerfile, Position, Span
from imgopt.facts.file import FileFacts
from imgopt.lint.finding import Edit, Finding, Fix, Safety
from imgopt.lint.silence.equivalents import hadolint_rule, own_rules
from imgopt.regex import lazy

_NAMES = r"([A-Za-z][\w/-]*(?:[ \t]*,[ \t]*[A-Za-z][\w/-]*)*)"
_OWN = lazy(rf"imgopt:[ \t]*ignore(-file)?[ \t]*=[ \t]*{_NAMES}(.*)")
_HADOLINT = lazy(rf"hadolint[ \t]+(global[ \t]+)?ignore[ \t]*=[ \t]*{_NAMES}")
_SKIP = lazy(r"skip=([^;]*)")
_LAST = 1 << 60


class Suppression(msgspec.Struct, frozen=True):
    """Rules that are silenced between two lines, both inclusive.

    `written` are the names as the comment at `span` has them, for own comments only: what others
    ask for is theirs to judge.
    """

    rules: frozenset[str]
    first_line: int
    last_line: int
    span: Span
    written: tuple[str, ...] = ()
    has_reason: bool = True

    def silences(self, finding: Finding) -> bool:
        return (
            self.first_line <= finding.span.start.line <= self.last_line
            and finding.rule.upper() in self.rules
        )


def suppressions_of(facts: FileFacts) -> list[Suppression]:
    """Those of a file, read once."""
    return facts.once(("suppressions", 0), lambda: suppressions(facts.file))


def suppressions(file: Dockerfile) -> list[Suppression]:
    """All suppressions of a file; one for an instruction reaches over all its lines."""
    found = []
    for directive in file.directives:
        skip = _SKIP.search(directive.value) if directive.name == "check" else None
        if skip:
            names = own_rules(LinterName.BUILDKIT, _split(skip[1]))
            found.append(Suppression(names, 1, _LAST, directive.span))
    for comment in file.comments:
        text = comment.text
        if "ignore" not in text:
            continue
        if match := _OWN.match(text):
            written = tuple(_split(match[2]))
            rules = frozenset(name.upper() for name in written)
            whole, has_reason = bool(match[1]), bool(re.search(r"reason\s*=\s*\S", match[3]))
        elif match := _HADOLINT.match(text):
            written, has_reason = (), True
            codes, whole = _split(match[2]), bool(match[1])
            rules = own_rules(LinterName.HADOLINT, codes)
            rules |= {hadolint_rule(code.upper())[1].upper() for code in codes}
        else:
            continue
        span = comment.span
        if whole:
            found.append(Suppression(rules, 1, _LAST, span, written, has_reason))
            continue
        position = bisect_left(file.instructions, span.start.line, key=lambda i: i.end_line)
        target = file.instructions[position] if position < len(file.instructions) else None
        first, last = (target.line, target.end_line) if target else (0, 0)
        found.append(Suppression(rules, first, last, span, written, has_reason))
    return found


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def unsuppressed(
    silenced: Iterable[Suppression], findings: Iterable[Finding]
) -> tuple[list[Finding], frozenset[tuple[int, str]]]:
    """The findings that no comment silences, and which (comment line, rule) silenced some."""
    by_rule: dict[str, list[Suppression]] = {}
    for suppression in silenced:
        for rule in suppression.rules:
            by_rule.setdefault(rule, []).append(suppression)
    kept = []
    used: set[tuple[int, str]] = set()
    for finding in findings:
        rule = finding.rule.upper()
        by = [s for s in by_rule.get(rule, ()) if s.silences(finding)]
        used |= {(s.span.start.line, rule) for s in by}
        if not by:
            kept.append(finding)
    return kept, frozenset(used)


def unused(
    silenced: Iterable[Suppression], used: frozenset[tuple[int, str]], checked: Iterable[str]
) -> list[tuple[Suppression, tuple[str, ...]]]:
    """Own suppressions with the names in them that silenced nothing.

    `checked` are the ids of the rules that ran: of others nobody knows.
    """
    ran = {rule.upper() for rule in checked}
    found = []
    for suppression in silenced:
        idle = tuple(
            name
            for name in suppression.written
            if name.upper() in ran and (suppression.span.start.line, name.upper()) not in used
        )
        if idle:
            found.append((suppression, idle))
    return found


def removal(file: Dockerfile, suppression: Suppression, idle: tuple[str, ...]) -> Fix:
    """Take the idle names out of a comment, or the comment out of the file."""
    line = suppression.span.start.line
    kept = [name for name in suppression.written if name not in idle]
    if not kept:
        whole = Span(Position(line, 1), Position(line + 1, 1))
        return Fix(Safety.SAFE, "remove the comment", (Edit(whole, ""),))
    text = file.lines[line - 1]
    start = text.index("=") + 1
    match = re.compile(rf"\s*{_NAMES}").match(text, start)
    end = match.end() if match else len(text)
    span = Span(Position(line, start + 1), Position(line, end + 1))
    description = f"remove {', '.join(idle)} from the comment"
    return Fix(Safety.SAFE, description, (Edit(span, ",".join(kept)),))
