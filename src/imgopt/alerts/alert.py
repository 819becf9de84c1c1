"""Alert: what a webhook is told. Data alone; `formats/alert_*.py` make bodies of it."""

from __future__ import annotations

from typing import Any

import msgspec


class Alert(msgspec.Struct, frozen=True):
    """Something to look at: a title, sentences in which names stand in backticks, the same as
    values that a program reads (`items`), and the page of the job that found it, if any."""

    kind: str
    title: str
    sentences: tuple[str, ...]
    items: tuple[dict[str, Any], ...] = ()
    link: str = ""
