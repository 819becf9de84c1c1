"""The fix that adds lines to a .dockerignore."""

from __future__ import annotations

from collections.abc import Iterable

from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import Position, Span
from imgopt.lint.finding import Edit, Fix, Safety


def ignore_fix(context: BuildContext, patterns: Iterable[str]) -> Fix | None:
    """Append patterns to the ignore file that there is; what an image holds changes with it."""
    if context.ignore_file is None:
        return None
    lines = list(dict.fromkeys(patterns))
    text = context.ignore_text
    end = Position(text.count("\n") + 1 + (not text.endswith("\n") and bool(text)), 1)
    edit = Edit(Span(end, end), "".join(f"{line}\n" for line in lines), str(context.ignore_file))
    return Fix(Safety.UNSAFE, f"add {', '.join(lines)} to {context.ignore_file.name}", (edit,))
