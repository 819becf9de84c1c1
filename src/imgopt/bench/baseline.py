"""What a comparison is made with: the images as another commit, Dockerfile or builder has them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from imgopt.bench.checkout import moved
from imgopt.errors import ConfigError
from imgopt.history import git
from imgopt.project.image import Image


class Baseline(msgspec.Struct, frozen=True):
    """What to compare with, one of them: a git reference, a Dockerfile, a builder, or the images
    themselves (`older`), as they lie in a checkout of `reference`."""

    reference: str = ""
    dockerfile: Path | None = None
    builder: str = ""
    older: tuple[Image, ...] = ()

    @property
    def label(self) -> str:
        return self.reference or (str(self.dockerfile) if self.dockerfile else self.builder)


@contextmanager
def baselines(images: Sequence[Image], baseline: Baseline, folder: Path) -> Iterator[list[Image]]:
    """The images as the baseline has them; a checkout goes into the folder."""
    if baseline.older:
        yield list(baseline.older)
    elif baseline.dockerfile is not None:
        other = Path(os.path.realpath(baseline.dockerfile))
        yield [msgspec.structs.replace(image, dockerfile=other) for image in images]
    elif baseline.reference:
        with git.worktree(images[0].context, baseline.reference, folder) as (root, checkout):
            yield [_older(image, root, checkout, baseline.reference) for image in images]
    else:
        yield list(images)


def _older(image: Image, root: Path, checkout: Path, reference: str) -> Image:
    """The image in a checkout of the reference, which must have its Dockerfile."""
    found = moved(image, root, checkout, reference)
    if not found.dockerfile.is_file():
        raise ConfigError(
            f"service {image.name}: {reference} has no {image.dockerfile.name}; "
            f"compare with --against-file"
        )
    return found
