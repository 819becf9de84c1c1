"""`imgopt fix`: `imgopt lint --fix` under a name of its own."""

from __future__ import annotations

from typing import Any

import click

from imgopt.cli.lint import options, run


@click.command("fix")
@options
def command(**given: Any) -> int:
    """Mend what can be mended for certain, and show what is left.

    A fix is applied when its result parses, its finding goes away and no other one comes.
    """
    return run(fix=True, **given)
