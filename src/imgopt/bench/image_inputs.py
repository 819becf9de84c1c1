"""What the steps of an image depend on as its files are now. Builds nothing, asks no engine."""

from __future__ import annotations

from collections.abc import Mapping

from imgopt.bench.step_inputs import ContextDigests, step_inputs
from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import DockerfileSyntaxError
from imgopt.dockerfile.parse import MAX_SIZE_BYTES, decode, parse
from imgopt.errors import BuildFailed
from imgopt.facts.file import FileFacts, Surroundings
from imgopt.files import read_regular
from imgopt.masking import secret_values
from imgopt.project.image import Image
from imgopt.records.inputs import StepInputs


def image_facts(image: Image) -> FileFacts:
    """The facts of the image's Dockerfile and context; BuildFailed for one with a syntax error."""
    try:
        file = parse(decode(read_regular(image.dockerfile, MAX_SIZE_BYTES)), str(image.dockerfile))
    except DockerfileSyntaxError as error:
        raise BuildFailed(f"{image.dockerfile}:{error.line}: {error.message}") from error
    targets = (image.target,) if image.target else ()
    around = Surroundings(
        targets,
        targets_only=True,
        context=BuildContext(image.context, image.dockerfile),
        build_args=dict(image.build_args),
    )
    return FileFacts(file, around)


def image_inputs(
    image: Image,
    facts: FileFacts,
    bases: Mapping[str, str],
    digests: ContextDigests | None = None,
) -> tuple[StepInputs, ...]:
    """The inputs of all steps that a build of the image runs; `bases` are digests by name, as far
    as they are known, `digests` another reading of the files than BuildKit's."""
    if digests is None:
        digests = ContextDigests(BuildContext(image.context, image.dockerfile))
    return step_inputs(facts, digests, bases, secret_values(image.build_args))
