"""`imgopt why`: a service's records from the history, held against its files as they are."""

from __future__ import annotations

from pathlib import Path

import click

from imgopt import config as configuration
from imgopt.bench.foresight import foresee
from imgopt.cli import options
from imgopt.cli.completion import ServiceName
from imgopt.cli.options import Output, outputs, show
from imgopt.errors import ConfigError
from imgopt.history.opening import open_history
from imgopt.project.services import select


@click.command("why")
@click.argument("service", type=ServiceName())
@options.formats("why")
@options.history
@options.config
@options.no_color
def command(
    service: str,
    formats: tuple[Output, ...],
    output: Path | None,
    history: str | None,
    config: Path | None,
) -> None:
    """Show what the next build of SERVICE runs again, why, and what that costs.

    Compares the last record of `imgopt bench` with the current files that COPY takes, variables,
    base images and instructions. Builds nothing.
    """
    places = outputs(formats, output)
    settings = configuration.load(Path.cwd(), config)
    (image,) = select(settings, Path.cwd(), [service])
    named = history or settings.settings.history.url
    store = open_history(named, settings.root, create=False)
    kept = store.records(services=[image.name])
    records = [r for r in kept if r.is_measured and r.side is None]
    store.close()
    found = foresee(image, records)
    if found is None:
        raise ConfigError(
            f"no record of {service} as it is says what its steps depended on; run "
            f"`imgopt bench {service} --scenario warm`"
        )
    show("why", found, places)
