"""`imgopt diff`: from two images to what is different between them."""

from __future__ import annotations

from pathlib import Path

import click

from imgopt.cli import options
from imgopt.cli.options import Output
from imgopt.cli.values import Bandwidth
from imgopt.image.analysis import Analysis, analyze
from imgopt.image.cache import LayerCache, default_folder
from imgopt.image.diff import diff
from imgopt.image.sources.choose import read_image


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option(
    "--bandwidth",
    type=Bandwidth(),
    metavar="RATE",
    default=None,
    help="Say how long the pull takes at this rate, such as 100Mbit or 12MB.",
)
@click.option("--platform", default="", help="Platform to read from an index.  [default: this]")
@click.option(
    "--top", type=click.IntRange(0), default=20, show_default=True, help="Rows of each list."
)
@options.formats("diff")
@options.no_color
def command(
    old: str,
    new: str,
    bandwidth: float | None,
    platform: str,
    top: int,
    formats: tuple[Output, ...],
    output: Path | None,
) -> None:
    """Show what is different between the images OLD and NEW, and what a node has to pull.

    Each is an image in the engine, an archive of `docker save`, an OCI layout folder or tar,
    or registry://HOST/NAME:TAG.
    """
    outputs = options.outputs(formats, output)
    cache = LayerCache(default_folder())

    def read(name: str) -> Analysis:
        return analyze(read_image(name, cache, platform))

    found = diff(read(old), read(new), max(top, 1000), bandwidth or 0)
    options.show("diff", found, outputs, top)
