"""Regular expressions of tables and rules, compiled when they are first asked.

A run needs few of them, and compiling them all takes longer than linting a file.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Lazy:
    """Stands for a pattern: what is asked of it is taken over from the compiled one."""

    def __init__(self, text: str, flags: int) -> None:
        self._given = text, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # what copying and the like look for, and a pattern has not
            raise AttributeError(name)
        value = getattr(re.compile(*self._given), name)
        setattr(self, name, value)
        return value


def lazy(text: str, flags: int = 0) -> re.Pattern[str]:
    """What `re.compile` gives; an error of the pattern shows when it is first asked."""
    return cast("re.Pattern[str]", _Lazy(text, flags))
