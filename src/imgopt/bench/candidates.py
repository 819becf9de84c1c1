"""Which commits can have changed an image, for those who ask which one did."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from imgopt.bench.state import may_differ
from imgopt.history import git
from imgopt.project.image import Image


def candidates(images: Sequence[Image], chosen: str = "HEAD") -> dict[str, list[str]]:
    """Service → the commits of `chosen` and before it that may have changed it, oldest first.

    Told from the paths that a commit changes, without a checkout: what is left out cannot have
    changed anything; of what is left, backfill may still find that no step takes it. An image of
    another repository than the first one's is left out. ConfigError outside a repository and for
    what git does not know.
    """
    if not images:
        return {}
    root = git.root_of(images[0].context)
    images = [image for image in images if _is_inside(image, root)]
    found: dict[str, list[str]] = {image.name: [] for image in images}
    for commit, paths in git.changed_paths(root, chosen):
        for image in images:
            if may_differ(image, root, paths):
                found[image.name].append(commit)
    return found


def _is_inside(image: Image, root: Path) -> bool:
    return all(path.is_relative_to(root) for path in (image.context, image.dockerfile))
