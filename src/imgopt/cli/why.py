"""`imgopt why`."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec

from imgopt import config as configuration
from imgopt.bench.foresight import Foresight, foresee
from imgopt.cli.bench import known_services
from imgopt.errors import ConfigError
from imgopt.history.store import History, default_url
from imgopt.project.services import choose


@click.command("why")
@click.argument("service")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text")
@click.option("--history", metavar="URL", help="Database.  [default: .imgopt/history.db]")
@click.option("--config", type=click.Path(path_type=Path, exists=True), help="Configuration file.")
def command(service: str, format_: str, history: str | None, config: Path | None) -> None:
    """Tell what the next build of SERVICE runs again, why, and what that costs.

    The last record of `imgopt bench` is held against what is here now: files that COPY takes,
    variables, base images, instructions. Builds nothing.
    """
    settings = configuration.load(Path.cwd(), config)
    (image,) = choose(known_services(settings), [service])
    store = History(history or settings.settings.history.url or default_url(settings.root))
    records = [r for r in store.records() if r.service == service and not r.variant]
    store.close()
    found = foresee(image, records)
    if found is None:
        raise ConfigError(
            f"no record of {service} says what its steps depended on; run `imgopt bench {service}`"
        )
    if format_ == "json":
        data = {"schema_version": 1, **msgspec.to_builtins(found)}
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return
    _text(found)


def _text(found: Foresight) -> None:
    from rich.console import Console

    from imgopt.formats import why_text

    why_text.write(found, Console(highlight=False, markup=False, emoji=False))
