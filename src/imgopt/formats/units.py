"""Numbers as people read them: MB are 10⁶ bytes, as `docker images` has them."""

from __future__ import annotations

from imgopt.bench.stats import Interval


def megabytes(size_bytes: int) -> str:
    """12.3 MB; below 0.1 MB in kB."""
    if size_bytes < 100_000:
        return f"{size_bytes / 1e3:.1f} kB"
    return f"{size_bytes / 1e6:.1f} MB"


def seconds(value: float) -> str:
    """1.23 s."""
    return f"{value:.2f} s"


def interval(found: Interval | None) -> str:
    """0.90 – 1.10, a dash without one."""
    return f"{found.low:.2f} – {found.high:.2f}" if found else "–"


def percent(ratio: float | None) -> str:
    """A ratio as a change: 0.62 is −38 %, None a dash."""
    if ratio is None:
        return "–"
    change = round((ratio - 1) * 100)
    return f"{'+' if change > 0 else '−' if change < 0 else '±'}{abs(change)} %"
