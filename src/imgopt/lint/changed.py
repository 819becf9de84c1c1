"""Which Dockerfiles a change touches: themselves, their .dockerignore, what builds them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from imgopt.config import Config
from imgopt.errors import ConfigError
from imgopt.history import git
from imgopt.project.bake import BAKE_FILES, find_bake
from imgopt.project.compose import compose_files, compose_images, find_compose
from imgopt.project.image import Image


def touched(paths: list[Path], reference: str, config: Config) -> list[Path]:
    """Those of the Dockerfiles that differ from git's `reference` in what lint reads.

    A compose file counts only where the entry that builds the Dockerfile differs. ConfigError
    outside a git repository or for a reference that it does not know.
    """
    found = git.changed_files(Path.cwd(), reference)
    if found is None and shutil.which("git") is None:
        raise ConfigError("--changed-since needs git, which is not installed")
    if found is None:
        raise ConfigError(f"--changed-since: {reference!r} is not a git revision here")
    changed = {os.path.realpath(path) for path in found[1]}
    if config.source is not None and os.path.realpath(config.source) in changed:
        return paths
    return [path for path in paths if _is_touched(path, changed, reference)]


def _is_touched(path: Path, changed: set[str], reference: str) -> bool:
    real = Path(os.path.realpath(path))
    if str(real) in changed:
        return True
    ignores = [real.with_name(real.name + ".dockerignore"), real.parent / ".dockerignore"]
    compose = find_compose(real.parent)
    bake = find_bake(real.parent)
    if bake and any(str(bake.with_name(name)) in changed for name in BAKE_FILES):
        return True
    if compose is not None:
        try:
            now, files = _of(real, compose_images(compose)), compose_files(compose)
        except ConfigError:
            return True  # nobody knows, and linting it says why
        ignores += [image.context / ".dockerignore" for image in now]
        if any(os.path.realpath(file) in changed for file in files):
            before = _of(real, _images_at(compose, reference))
            if [_entry(image) for image in now] != [_entry(image) for image in before]:
                return True
    return any(os.path.realpath(file) in changed for file in ignores)


def _of(path: Path, images: list[Image]) -> list[Image]:
    return [image for image in images if image.dockerfile == path]


def _entry(image: Image) -> tuple[object, ...]:
    return (
        image.name, image.context, image.target, sorted(image.build_args.items()),
        sorted(image.contexts.items()), image.has_healthcheck, image.inline,
    )  # fmt: skip


def _images_at(compose: Path, reference: str) -> list[Image]:
    try:
        return compose_images(compose, lambda file: git.text_at(file, reference) or "")
    except ConfigError:
        return []
