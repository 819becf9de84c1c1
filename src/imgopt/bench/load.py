"""What else ran on the machine while a sample was built (Linux; elsewhere nothing is known)."""

from __future__ import annotations

import os
from pathlib import Path

from imgopt.bench.stats import Load

_STAT = Path("/proc/stat")


class LoadMeter:
    """Started before a sample, read after it."""

    def __init__(self) -> None:
        self._before = _ticks()

    def read(self) -> Load:
        """The load average of a minute over the cores, and the share of stolen time since."""
        try:
            per_core = os.getloadavg()[0] / (os.cpu_count() or 1)
        except OSError:
            per_core = 0.0
        total, stolen = (now - then for now, then in zip(_ticks(), self._before, strict=True))
        return Load(per_core, stolen / total if total > 0 else 0.0)


def _ticks() -> tuple[int, int]:
    """(all, stolen) ticks of all cores. Source: proc(5), /proc/stat."""
    try:
        fields = _STAT.read_text(encoding="ascii").partition("\n")[0].split()[1:9]
        numbers = [int(field) for field in fields]
    except (OSError, ValueError):
        return 0, 0
    return sum(numbers), numbers[7] if len(numbers) > 7 else 0
