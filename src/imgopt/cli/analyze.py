"""`imgopt analyze`: from an image's archive, and perhaps its Dockerfile, to an ImageRecord."""

from __future__ import annotations

from pathlib import Path

import click

from imgopt.cli import options
from imgopt.cli.options import Output
from imgopt.dockerfile.model import DockerfileSyntaxError, Instruction
from imgopt.dockerfile.parse import MAX_SIZE_BYTES, decode, parse
from imgopt.dockerfile.stages import stage_graph
from imgopt.errors import ConfigError
from imgopt.files import read_regular
from imgopt.image.analysis import analyze
from imgopt.image.cache import LayerCache, default_folder
from imgopt.image.sources.choose import read_image, reported_size


@click.command("analyze")
@click.argument("image")
@click.option(
    "--dockerfile",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The Dockerfile that the image was built from, to name its lines.",
)
@click.option("--target", default="", help="The stage that was built.  [default: the last]")
@click.option(
    "--top", type=click.IntRange(0), default=10, show_default=True, help="Wasted paths to show."
)
@options.formats("image")
@options.no_color
def command(
    image: str,
    dockerfile: Path | None,
    target: str,
    top: int,
    formats: tuple[Output, ...],
    output: Path | None,
) -> None:
    """Show the layers of IMAGE and the bytes they waste.

    IMAGE is an image in the engine, or an archive written by `docker save`.
    """
    outputs = options.outputs(formats, output)
    instructions = _instructions(dockerfile, target) if dockerfile else ()
    found = read_image(image, LayerCache(default_folder()))
    record = analyze(found, instructions, reported_size(image))
    options.show("image", record, outputs, top)


def _instructions(path: Path, target: str) -> tuple[Instruction, ...]:
    try:
        graph = stage_graph(parse(decode(read_regular(path, MAX_SIZE_BYTES)), str(path)))
    except DockerfileSyntaxError as error:
        raise ConfigError(f"{path}:{error.line}: {error.message}") from error
    if target and graph.find(target) is None:
        raise ConfigError(f"{path} has no stage {target!r}")
    stage = graph.targets([target] if target else [])[0]
    return tuple(i for index in stage.chain for i in graph.stages[index].instructions)
