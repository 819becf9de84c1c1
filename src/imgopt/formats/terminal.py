"""Text with styles, rendered for a terminal or for a file, by rich."""

from __future__ import annotations

import io
from collections.abc import Callable

from rich.console import Console

from imgopt.formats.escape import without_command
from imgopt.formats.registry import Options


def rendered(options: Options, write: Callable[[Console], None]) -> str:
    """What `write` prints on a console of the options' width, with styles where they ask so.

    No line of it begins like a command of a CI system's log.
    """
    buffer = io.StringIO()
    write(
        Console(
            file=buffer,
            width=options.width,
            force_terminal=options.color,
            force_interactive=False,
            legacy_windows=False,
            highlight=False,
            markup=False,
            emoji=False,
        )
    )
    return "\n".join(map(without_command, buffer.getvalue().split("\n")))
