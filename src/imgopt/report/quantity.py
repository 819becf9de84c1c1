"""Values of series as charts and pages write them: MB are 10⁶ bytes."""

from __future__ import annotations

import math

from imgopt.report.model import Unit

_SCALES = {
    Unit.SECONDS: ((7200.0, 3600.0, "h"), (120.0, 60.0, "min"), (0.0, 1.0, "s")),
    Unit.BYTES: ((1e9, 1e9, "GB"), (1e6, 1e6, "MB"), (1e3, 1e3, "kB"), (0.0, 1.0, "B")),
    Unit.SHARE: ((0.0, 0.01, "%"),),
    Unit.COUNT: ((0.0, 1.0, ""),),
}


def scale(most: float, unit: Unit) -> tuple[float, str]:
    """What values up to `most` are divided by to be written, and the sign behind them."""
    return next(
        (divisor, sign) for least, divisor, sign in _SCALES[unit] if abs(most) >= least or not least
    )


def text(value: float, unit: Unit, digits: int = 3) -> str:
    """0.42 s, 9.1 min, 232 MB, 83 %, 12: with that many digits that count, at least."""
    divisor, sign = scale(value, unit)
    return number(value / divisor, digits) + (f" {sign}" if sign else "")


def number(value: float, digits: int = 3) -> str:
    """Without an exponent, and without zeros that say nothing."""
    if not math.isfinite(value):
        return "–"
    if not value:
        return "0"
    places = min(max(digits - 1 - math.floor(math.log10(abs(value))), 0), 6)
    found = f"{value:,.{places}f}"
    if "." in found:
        found = found.rstrip("0").rstrip(".")
    return "0" if found in ("-0", "0") else found.replace("-", "−")


def change(ratio: float) -> str:
    """A ratio as people say it: +38 %, −4.5 %, ×2.4."""
    if not math.isfinite(ratio) or ratio <= 0:
        return "–"
    if ratio >= 2:
        return f"×{number(ratio, 2)}"
    percent = (ratio - 1) * 100
    shown = f"{abs(percent):.1f}" if abs(percent) < 10 else f"{abs(percent):.0f}"
    shown = shown.removesuffix(".0")
    return "±0 %" if shown == "0" else f"{'+' if percent > 0 else '−'}{shown} %"
