"""A check as one comment of a pull request: the verdict first, the numbers folded away.

The first line is a marker by which the comment is found again (`--comment`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imgopt.bench.compare import ServiceComparison
from imgopt.formats.check_text import lint_line, moved_lines, signed, size_line
from imgopt.formats.escape import code_span, cut, markdown
from imgopt.formats.reasons import amount, basis, label, place, sentence
from imgopt.formats.registry import Options
from imgopt.formats.units import interval, megabytes, seconds
from imgopt.gate.result import CheckResult, ServiceCheck, SizeChange

MARKER = "<!-- imgopt:check -->"
_WORDS = {"pass": "passed", "fail": "failed", "error": "no verdict, a build failed"}
_MOST_REASONS, _MOST_ROWS, _MOST_LINES, _NAME = 30, 60, 15, 60
# What GitHub takes is 65,536 characters, some of which a job may want for itself.
_MOST_CHARACTERS = 60_000


def render(result: CheckResult, _options: Options) -> str:
    """A comment that stands by itself, and fits where comments go."""
    head = list(_head(result))
    rest = [*_budgets(result.services), *_comparisons(result.services)]
    for service in result.services:
        if service.size is not None:
            rest += _size(service, service.size)
    text = "\n".join([*head, *rest]) + "\n"
    return text if len(text) <= _MOST_CHARACTERS else _shortened([*head, ""])


def _shortened(lines: Sequence[str]) -> str:
    """As many whole lines as fit, and that there were more."""
    kept: list[str] = []
    room = _MOST_CHARACTERS
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join([*kept, "The rest is too long for a comment."]) + "\n"


def _head(result: CheckResult) -> Iterator[str]:
    against = f" against {code_span(cut(result.reference, _NAME))}" if result.reference else ""
    yield MARKER
    yield f"### imgopt check{against}: {_WORDS[result.verdict]}"
    yield ""
    for failure in result.failures[:_MOST_REASONS]:
        yield f"- **{markdown(cut(failure, 400))}**"
    for reason in result.reasons[:_MOST_REASONS]:
        yield f"- **{markdown(cut(sentence(reason), 800))}**"
    more = len(result.reasons) - _MOST_REASONS
    if more > 0:
        yield f"- and {more} more"
    if result.reasons or result.failures:
        yield ""
    for service in result.services[:_MOST_ROWS]:
        notes = "".join(f"; {markdown(text)}" for text in service.notes)
        yield f"- {code_span(cut(service.service, _NAME))}: {markdown(basis(service))}{notes}"
    if result.lint is not None:
        yield f"- {markdown(lint_line(result.lint))}"
        for error in result.lint.errors[:_MOST_REASONS]:
            yield f"  - {markdown(cut(error, 400))}"


def _budgets(services: Sequence[ServiceCheck]) -> Iterator[str]:
    rows = [(service, verdict) for service in services for verdict in service.budgets]
    if not rows:
        return
    yield from (
        "",
        "| service | budget | limit | value | | most of it |",
        "|---|---|--:|--:|---|---|",
    )
    for service, verdict in rows[:_MOST_ROWS]:
        value = "–" if verdict.value is None else amount(verdict.value, verdict.unit)
        over = f"**{amount(verdict.over, verdict.unit)} over**" if verdict.is_broken else "within"
        most = place(service.dockerfile, verdict.most) if verdict.most else verdict.note
        yield (
            f"| {code_span(cut(service.service, _NAME))} | {markdown(label(verdict.name))} "
            f"| {amount(verdict.limit, verdict.unit)} | {value} "
            f"| {'unknown' if verdict.value is None else over} | {markdown(most)} |"
        )


def _comparisons(services: Sequence[ServiceCheck]) -> Iterator[str]:
    rows = [comparison for service in services for comparison in service.comparisons]
    if not rows:
        return
    yield from ("", "| service | scenario | before | after | ratio | 95 % | verdict | pairs |")
    yield "|---|---|--:|--:|--:|--:|---|--:|"
    for row in rows[:_MOST_ROWS]:
        yield _comparison(row)


def _comparison(row: ServiceComparison) -> str:
    duration = row.duration
    return (
        f"| {code_span(cut(row.service, _NAME))} | {markdown(row.scenario)} "
        f"| {seconds(duration.a.median)} | {seconds(duration.b.median)} | {duration.ratio:.2f} "
        f"| {interval(duration.interval)} | {duration.verdict} "
        f"| {min(duration.a.n, duration.b.n)} |"
    )


def _size(service: ServiceCheck, size: SizeChange) -> Iterator[str]:
    title = f"{code_span(cut(service.service, _NAME))}: {size_line(size)}"
    moved = moved_lines(size)
    yield from ("", title)
    if not moved:
        return
    yield from ("", "| line | before | after | change | step |", "|--:|--:|--:|--:|---|")
    for line in moved[:_MOST_LINES]:
        before = megabytes(line.a_bytes) if line.a_bytes is not None else "–"
        after = megabytes(line.b_bytes) if line.b_bytes is not None else "–"
        text = code_span(cut(" ".join(line.text.split()), 80))
        yield f"| {line.line or '–'} | {before} | {after} | {signed(line.delta)} | {text} |"
