"""`imgopt analyze`."""

from __future__ import annotations

from pathlib import Path

import click

from imgopt.dockerfile.model import DockerfileSyntaxError, Instruction
from imgopt.dockerfile.parse import decode, parse
from imgopt.dockerfile.stages import stage_graph
from imgopt.errors import ConfigError
from imgopt.image.analysis import analyze
from imgopt.image.source import open_image, read_archive


@click.command("analyze")
@click.argument("image")
@click.option(
    "--dockerfile",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The Dockerfile that it was built from, to name lines.",
)
@click.option("--target", default="", help="The stage that was built.  [default: the last]")
@click.option("--top", type=click.IntRange(0), default=10, show_default=True, help="Wasted paths.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text")
def command(image: str, dockerfile: Path | None, target: str, top: int, format_: str) -> None:
    """Show the layers of IMAGE and the bytes that they waste.

    IMAGE is an image in the engine, or an archive that `docker save` wrote.
    """
    instructions = _instructions(dockerfile, target) if dockerfile else ()
    with open_image(image) as stream:
        archive = read_archive(stream, image)
    record = analyze(archive, image, instructions)
    if format_ == "json":
        from imgopt.formats import image_json

        click.echo(image_json.render(record), nl=False)
    else:
        from rich.console import Console

        from imgopt.formats import image_table

        image_table.write(record, Console(highlight=False, markup=False, emoji=False), top)


def _instructions(path: Path, target: str) -> tuple[Instruction, ...]:
    try:
        graph = stage_graph(parse(decode(path.read_bytes()), str(path)))
    except DockerfileSyntaxError as error:
        raise ConfigError(f"{path}:{error.line}: {error.message}") from error
    if target and graph.find(target) is None:
        raise ConfigError(f"{path} has no stage {target!r}")
    stage = graph.targets([target] if target else [])[0]
    return tuple(i for index in stage.chain for i in graph.stages[index].instructions)
