"""One line that a GitHub runner takes for an annotation.

Source: GitHub documentation, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from collections.abc import Mapping

from imgopt.formats.escape import printable


def command(level: str, place: Mapping[str, str], message: str) -> str:
    """`level` is error, warning or notice; `place` has file, line, title and the like."""
    fields = ",".join(f"{key}={_property(value)}" for key, value in place.items())
    return f"::{level} {fields}::{_data(message)}\n"


def _data(text: str) -> str:
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
