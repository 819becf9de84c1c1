"""`imgopt bench`."""

from __future__ import annotations

from pathlib import Path

import click

from imgopt import config as configuration
from imgopt.bench import scenario
from imgopt.bench.runner import Options, bench
from imgopt.bench.tables import line_rows, scenario_rows
from imgopt.errors import ConfigError
from imgopt.formats.live import Live
from imgopt.history.store import History, default_url
from imgopt.project.image import Image
from imgopt.project.services import choose, images
from imgopt.records.build import BuildRecord


@click.command("bench")
@click.argument("services", nargs=-1)
@click.option("--runs", type=click.IntRange(1, 1000), help="Samples a scenario.  [default: 3]")
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="NAME",
    help="cold, warm, code-change, deps-change, or NAME=RUNS; repeatable.  [default: all]",
)
@click.option("--builder", default="", help="A buildx builder.  [default: the current one]")
@click.option("--network", default="", help="Network of RUN: default, host, none.")
@click.option(
    "--keep-images",
    default="",
    metavar="PREFIX",
    help="Keep each service's last image as PREFIX/SERVICE.",
)
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table")
@click.option("--history", metavar="URL", help="Database.  [default: .imgopt/history.db]")
@click.option("--no-history", is_flag=True, help="Do not store the records.")
@click.option("--quiet", "-q", is_flag=True, help="No progress on stderr.")
@click.option("--config", type=click.Path(path_type=Path, exists=True), help="Configuration file.")
def command(
    services: tuple[str, ...],
    runs: int | None,
    scenarios: tuple[str, ...],
    builder: str,
    network: str,
    keep_images: str,
    format_: str,
    history: str | None,
    no_history: bool,
    quiet: bool,
    config: Path | None,
) -> None:
    """Measure the builds of SERVICES (default: all of imgopt.toml or docker-compose.yml).

    Each scenario is built several times on a real BuildKit, in a copy of the build context: cold
    (no cache, empty cache mounts; base images stay), warm (nothing changed), code-change and
    deps-change (one file edited). What the run made is removed from the builder afterwards.
    """
    settings = configuration.load(Path.cwd(), config)
    chosen = choose(_known(settings), services)
    bench_settings = settings.settings.bench
    names = [part for value in scenarios for part in value.split(",") if part]
    for image in chosen:
        scenario.choose(list(image.scenarios), 1)
    options = Options(
        scenario.choose(names or list(bench_settings.scenarios), runs or bench_settings.runs),
        builder or bench_settings.builder,
        network,
        keep_images,
    )
    store = None
    if not no_history:
        store = History(history or settings.settings.history.url or default_url(settings.root))
        store.require_writable()
    with Live(quiet) as live:
        records = bench(chosen, options, live)
    _show(records, format_)  # first, so that a history that fails now loses nothing
    if store is not None:
        store.add(records)
        store.close()


def _show(records: list[BuildRecord], format_: str) -> None:
    if format_ == "json":
        from imgopt.formats import bench_json

        click.echo(bench_json.render(records), nl=False)
    else:
        from rich.console import Console

        from imgopt.formats import bench_table

        console = Console(highlight=False, markup=False, emoji=False)
        bench_table.write(scenario_rows(records), line_rows(records), console)


def _known(settings: configuration.Config) -> list[Image]:
    known = images(settings, Path.cwd())
    if not known and (Path.cwd() / "Dockerfile").is_file():
        here = Path.cwd().resolve()
        known = [Image(here.name, here, here / "Dockerfile")]
    if not known:
        raise ConfigError(
            "no services: write [services.NAME] into imgopt.toml, or run where there is a "
            "docker-compose.yml or a Dockerfile"
        )
    return known
