"""Applies fixes to texts and proves each one: it parses, its finding goes, no other one comes."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import msgspec

from imgopt.dockerfile.model import Position, Span
from imgopt.lint.finding import Edit, FileResult, Finding, Safety

MAX_PASSES = 20
BOM = b"\xef\xbb\xbf"
# Texts by path; "" is the Dockerfile itself, None a file that does not exist.
Texts = dict[str, str | None]


class Dropped(msgspec.Struct, frozen=True):
    """A fix that was not applied, and why."""

    finding: Finding
    reason: str


class Fixed(msgspec.Struct, frozen=True):
    """`texts` are the files that changed, `before` what they were; `result` is lint's after it."""

    texts: Mapping[str, str]
    before: Mapping[str, str | None]
    applied: tuple[Finding, ...]
    dropped: tuple[Dropped, ...]
    result: FileResult


def to_text(data: bytes) -> str:
    """A file's bytes as a text that `to_bytes` turns into the same bytes again."""
    return data.removeprefix(BOM).decode("utf-8", errors="surrogateescape")


def to_bytes(text: str, like: bytes) -> bytes:
    """A changed text in the encoding of the file that it comes from."""
    mark = BOM if like.startswith(BOM) else b""
    return mark + text.encode("utf-8", errors="surrogateescape")


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits that do not overlap; new lines get the text's own line end."""
    newline = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    starts = [0]
    for line in text.split("\n")[:-1]:
        starts.append(starts[-1] + len(line) + 1)
    out: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda e: (e.span.start, e.span.end)):
        start, end = _offset(edit.span.start, starts, text), _offset(edit.span.end, starts, text)
        new = edit.text
        if start == len(text) and text and not text.endswith("\n") and edit.span.start.column == 1:
            new = "\n" + new.removesuffix("\n")
        out += (text[done:start], new.replace("\n", newline))
        done = end
    out.append(text[done:])
    return "".join(out)


def _offset(position: Position, starts: list[int], text: str) -> int:
    if position.line > len(starts):
        return len(text)
    return min(starts[position.line - 1] + position.column - 1, len(text))


def fix_file(
    texts: Texts, lint: Callable[[Texts], FileResult], safeties: frozenset[Safety]
) -> Fixed:
    """Fix until nothing changes.

    `texts[""]` is the Dockerfile, other entries are read on demand by `lint`'s caller; `lint`
    lints the Dockerfile with these texts in place of what is on disk. `safeties` are those of the
    fixes that may be applied.
    """
    before = dict(texts)
    now: Texts = dict(texts)
    result = lint(now)
    applied: list[Finding] = []
    dropped: list[Dropped] = []
    refused: set[tuple[str, str]] = set()
    for _ in range(MAX_PASSES):
        todo = [
            f
            for f in result.findings
            if f.fix and f.fix.safety in safeties and _identity(f) not in refused
        ]
        chosen = _without_overlaps(todo)
        if not chosen:
            break
        good = _good(now, result, chosen, lint, dropped)
        if good is not None:
            applied += good[0]
            now, result = good[1], good[2]
            # What was no good before may be now.
            dropped.clear()
        refused = {_identity(d.finding) for d in dropped}
    changed = {
        path: text for path, text in now.items() if text is not None and text != before.get(path)
    }
    return Fixed(
        changed, {p: before.get(p) for p in changed}, tuple(applied), tuple(dropped), result
    )


def _identity(finding: Finding) -> tuple[str, str]:
    """What stays the same while other lines move: the rule and what the fix would write."""
    edits = finding.fix.edits if finding.fix else ()
    return finding.rule, "\0".join((finding.message, *(e.text for e in edits)))


def _without_overlaps(findings: Iterable[Finding]) -> list[Finding]:
    """Findings whose fixes do not touch each other, first come first served."""
    taken: dict[str, list[Span]] = {}
    chosen = []
    for finding in findings:
        edits = finding.fix.edits if finding.fix else ()
        if any(_touches(edit.span, taken.get(edit.path, [])) for edit in edits):
            continue
        for edit in edits:
            insort(taken.setdefault(edit.path, []), edit.span, key=lambda span: span.start)
        chosen.append(finding)
    return chosen


def _touches(span: Span, taken: list[Span]) -> bool:
    """Whether a span overlaps one of these, which are in order and do not overlap; what is put in
    at the edge of what another fix replaces counts, too: it may belong to that text."""
    position = bisect_left(taken, span.start, key=lambda other: other.start)
    if position < len(taken):
        following = taken[position]
        if following.start == span.start or following.start < span.end:
            return True
        if following.start == span.end and following.start == following.end:
            return True
    if position == 0:
        return False
    before = taken[position - 1]
    return before.end > span.start or (before.end == span.start == span.end)


def _good(
    texts: Texts,
    result: FileResult,
    chosen: list[Finding],
    lint: Callable[[Texts], FileResult],
    dropped: list[Dropped],
) -> tuple[list[Finding], Texts, FileResult] | None:
    """The fixes of these that do good together, applied; the bad ones are found by halving."""
    attempt = _attempt(texts, result, chosen, lint)
    if not isinstance(attempt, str):
        return chosen, *attempt
    if len(chosen) == 1:
        dropped.append(Dropped(chosen[0], attempt))
        return None
    middle = len(chosen) // 2
    first = _good(texts, result, chosen[:middle], lint, dropped)
    second = _good(texts, result, chosen[middle:], lint, dropped)
    if first is None or second is None:
        return first or second
    both = first[0] + second[0]
    attempt = _attempt(texts, result, both, lint)
    # Where the halves do not go together, the second has its turn in the next pass.
    return first if isinstance(attempt, str) else (both, *attempt)


def _attempt(
    texts: Texts, result: FileResult, chosen: list[Finding], lint: Callable[[Texts], FileResult]
) -> tuple[Texts, FileResult] | str:
    """Texts and findings with these fixes, or the reason why they are no good."""
    new = _edited(texts, chosen)
    after = lint(new)
    if after.error is not None and after.error != result.error:
        return f"the result does not parse ({after.error})"
    if after.unreadable_runs > result.unreadable_runs:
        return "the result has shell code that does not parse"
    expected = Counter(f.rule for f in result.findings)
    expected.subtract(Counter(f.rule for f in chosen))
    seen = Counter(f.rule for f in after.findings)
    rule = next((rule for rule, count in seen.items() if count > expected[rule]), None)
    if rule is None:
        return new, after
    if any(f.rule == rule for f in chosen):
        return "it does not resolve the finding"
    return f"it would introduce {rule}"


def _edited(texts: Texts, chosen: list[Finding]) -> Texts:
    """The texts with the fixes of these findings."""
    new: Texts = dict(texts)
    edits: dict[str, list[Edit]] = {}
    for finding in chosen:
        for edit in finding.fix.edits if finding.fix else ():
            edits.setdefault(edit.path, []).append(edit)
    for path, several in edits.items():
        new[path] = apply_edits(new.get(path) or "", several)
    return new
