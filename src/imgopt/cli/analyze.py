"""`imgopt analyze`: one image to an ImageRecord, several to what they share."""

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
from imgopt.formats import registry
from imgopt.image.analysis import analyze
from imgopt.image.cache import LayerCache, default_folder
from imgopt.image.sharing import share
from imgopt.image.sources.choose import read_image, reported_size


@click.command("analyze")
@click.argument("images", nargs=-1, required=True, metavar="IMAGE…")
@click.option(
    "--dockerfile",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The Dockerfile that the image was built from, to name its lines.",
)
@click.option("--target", default="", help="The stage that was built.  [default: the last]")
@click.option(
    "--platform",
    default="",
    metavar="OS/ARCH",
    help="Platform to read from an index.  [default: this machine's]",
)
@click.option(
    "--top", type=click.IntRange(0), default=10, show_default=True, help="Rows of each list."
)
@options.formats("image")
@options.no_color
def command(
    images: tuple[str, ...],
    dockerfile: Path | None,
    target: str,
    platform: str,
    top: int,
    formats: tuple[Output, ...],
    output: Path | None,
) -> None:
    """Show the layers and packages of IMAGE, and the bytes it wastes.

    IMAGE is an image in the engine, an archive of `docker save`, an OCI layout folder or tar, - for
    an archive on standard input, or registry://HOST/NAME:TAG. Of several images it shows what they
    share.
    """
    outputs = options.outputs(formats, output)
    subject = "image" if len(images) == 1 else "imageset"
    for name, _ in outputs:
        registry.find(subject, name)
    if dockerfile and len(images) > 1:
        raise ConfigError("--dockerfile is of one image; several are given")
    instructions = _instructions(dockerfile, target) if dockerfile else ()
    cache = LayerCache(default_folder())
    found = [
        analyze(read_image(image, cache, platform), instructions, reported_size(image))
        for image in images
    ]
    options.show(subject, found[0].record if len(found) == 1 else share(found), outputs, top)


def _instructions(path: Path, target: str) -> tuple[Instruction, ...]:
    try:
        graph = stage_graph(parse(decode(read_regular(path, MAX_SIZE_BYTES)), str(path)))
    except DockerfileSyntaxError as error:
        raise ConfigError(f"{path}:{error.line}: {error.message}") from error
    if target and graph.find(target) is None:
        raise ConfigError(f"{path} has no stage {target!r}")
    stage = graph.targets([target] if target else [])[0]
    return tuple(i for index in stage.chain for i in graph.stages[index].instructions)
