"""How numbers, ratios, commits and lines are said in a sentence. Nothing is escaped here."""

from __future__ import annotations

from collections.abc import Sequence

from imgopt.report.model import Change, Metric, Unit

_TIMES = 1.5  # from there on, a factor is easier to read than a percentage
_LONGEST = 72


def amount(value: float, unit: Unit) -> str:
    """4.1 s, 3 min 20 s, 232 MB, 83 %, 12."""
    if unit is Unit.SECONDS:
        return _duration(value)
    if unit is Unit.BYTES:
        return _size(value)
    return f"{100 * value:.0f} %" if unit is Unit.SHARE else f"{value:.0f}"


def _duration(seconds: float) -> str:
    if seconds >= 7200:
        return f"{seconds / 3600:.1f} h"
    if seconds >= 120:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{seconds:.0f} s" if seconds >= 99.5 else f"{seconds:.{1 if seconds >= 1 else 2}f} s"


def _size(size: float) -> str:
    for least, divisor, sign in ((1e9, 1e9, "GB"), (1e5, 1e6, "MB"), (1e3, 1e3, "kB")):
        if size >= least:
            value = size / divisor
            return f"{value:.0f} {sign}" if value >= 100 else f"{value:.1f} {sign}"
    return f"{size:.0f} bytes"


def span(seconds: float) -> str:
    """A time that people wait for, not a build: 40 min, 5 hours, 3 days."""
    for least, divisor, name in ((172_800, 86_400, "days"), (7200, 3600, "hours")):
        if seconds >= least:
            return f"{seconds / divisor:.0f} {name}"
    return f"{max(seconds / 60, 1):.0f} min"


def what_changed(change: Change, past: bool = False) -> str:
    """code-change builds take 2.3 times as long (4.1 s → 9.4 s)."""
    said, values = _change(change, past)
    return f"{said} ({values})"


def briefly(change: Change) -> str:
    """The same without parentheses, for where it stands in some."""
    return ", ".join(_change(change, False))


def _change(change: Change, past: bool) -> tuple[str, str]:
    unit = change.metric.unit
    values = f"{amount(change.before, unit)} → {amount(change.after, unit)}"
    if change.metric is Metric.TIME:
        said = f"{'took' if past else 'take'} {_longer(change.ratio)}"
    else:
        said = f"{'was' if past else 'is'} {_bigger(change.ratio)}"
    return f"{subject(change)} {said}", values


def subject(change: Change) -> str:
    """What changed, as the subject of a sentence."""
    if change.metric is Metric.TIME:
        return f"{cut(change.scenario, 40)} builds" if change.scenario else "builds"
    return "the image" if change.metric is Metric.SIZE else f"the {change.metric}"


def _longer(ratio: float) -> str:
    if ratio >= _TIMES:
        return f"{factor(ratio)} times as long"
    if ratio > 1:
        return f"{_percent(ratio - 1)} longer"
    return f"{_percent(1 - ratio)} less time"


def _bigger(ratio: float) -> str:
    if ratio >= _TIMES:
        return f"{factor(ratio)} times as big"
    return f"{_percent(abs(ratio - 1))} {'bigger' if ratio > 1 else 'smaller'}"


def factor(ratio: float) -> str:
    """2.3, 24, 310."""
    return f"{ratio:.1f}" if ratio < 9.95 else f"{ratio:,.0f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.0095 else f"{100 * share:.0f} %"


def since(change: Change) -> str:
    """3f2a91c “Copy sources before npm ci” by Ada, or what else it could be."""
    named = commit(change.commit, change.subject, change.author)
    others = len(change.candidates) - 1
    if others <= 0:
        return named
    if others == 1:
        return f"{named}, or the commit before it, which was not built"
    return f"{named}, or one of the {others} commits before it that were not built"


def commit(sha: str, title: str = "", author: str = "") -> str:
    """3f2a91c “Copy sources before npm ci” by Ada, as far as it is known."""
    name = sha[:7] if sha else "a build outside git"
    if title.strip():
        name += f" “{cut(title)}”"
    return f"{name} by {cut(author, 40)}" if author.strip() else name


def line(change: Change) -> str:
    """line 12, RUN npm ci; empty where none is known."""
    if change.line:
        instruction = cut(change.instruction)
        return f"line {change.line}, {instruction}" if instruction else f"line {change.line}"
    return "the base image" if change.line_delta else ""


def cut(text: str, longest: int = _LONGEST) -> str:
    """On one line, and no longer than that."""
    text = " ".join(text[: 4 * longest].split())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def joined(parts: Sequence[str]) -> str:
    """a; a and b; a, b and c."""
    return " and ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else "".join(parts)


def counted(count: int, one: str, many: str = "") -> str:
    """1 commit, 3 commits."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
