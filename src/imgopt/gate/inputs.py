"""Which services a change touches: those whose steps depend on something else than in the base.

As git sees the files: what it ignores, and modes beside the executable bit, are no change.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from imgopt.bench.checkout import moved
from imgopt.bench.image_inputs import image_facts, image_inputs
from imgopt.bench.step_inputs import ContextDigests
from imgopt.bench.why import foretell
from imgopt.config import Config, Settings, load
from imgopt.context.build_context import BuildContext
from imgopt.errors import BuildFailed, ConfigError
from imgopt.history import git
from imgopt.project import services
from imgopt.project.compose import compose_files, find_compose
from imgopt.project.image import Image
from imgopt.records.inputs import StepInputs

_MOST_REASONS = 3


class Base(msgspec.Struct, frozen=True):
    """What is compared with: a checkout of `commit`, the repository's root, and the files, absolute
    and with links followed, that differ from it."""

    root: Path
    checkout: Path
    commit: str
    changed: frozenset[str]


class Touched(msgspec.Struct, frozen=True):
    """An image and what it is in the base (None: not there). Without `why`, a build of both runs
    the same steps on the same files. `only_here` are files that git ignores and a COPY takes, so
    that the base lacks them."""

    image: Image
    older: Image | None
    why: tuple[str, ...]
    only_here: tuple[str, ...] = ()


def touched(images: Sequence[Image], config: Config, start: Path, base: Base) -> list[Touched]:
    """Each image beside its older self. BuildFailed for a Dockerfile that cannot be read."""
    known = _definitions(config, start, base)
    found = []
    for image in images:
        older = known.get(image.name) or _there(image, base)
        if older is None:
            found.append(Touched(image, None, (f"{base.commit[:12]} does not have it",)))
        else:
            found.append(_held(image, older, base))
    return found


def _there(image: Image, base: Base) -> Image | None:
    """The image as the base has it, or None where it has no such Dockerfile or context."""
    try:
        older = moved(image, base.root, base.checkout, base.commit)
    except ConfigError:
        return None
    return older if older.dockerfile.is_file() and older.context.is_dir() else None


def _definitions(config: Config, start: Path, base: Base) -> Mapping[str, Image]:
    """The services as the base's own configuration and compose file say, by name; empty where these
    have not changed, so that what is here says it, too."""
    compose = find_compose(start)
    files = [config.source] if config.source else []
    try:
        files += compose_files(compose) if compose else []
        if not any(os.path.realpath(file) in base.changed for file in files):
            return {}
        there = base.checkout / start.resolve().relative_to(base.root.resolve())
        old = Config(Settings(), there, None)
        if config.source:
            source = base.checkout / config.source.resolve().relative_to(base.root.resolve())
            old = load(there, source) if source.is_file() else old
        found = services.images(old, there)
    except (ConfigError, ValueError):  # what cannot be read there, or lies outside
        return {}
    return {
        image.name: image
        for image in found
        if image.dockerfile.is_file() and image.context.is_dir()
    }


def _held(image: Image, older: Image, base: Base) -> Touched:
    """The image held against its older self."""
    context = BuildContext(image.context, image.dockerfile)
    is_ignored = ignored_by_git(image.context)
    facts = image_facts(image)
    digests = ContextDigests(context, as_git=True, left_out=is_ignored)
    why = _why(image, image_inputs(image, facts, {}, digests), older, base)
    if not why:
        return Touched(image, older, ())
    taken = {path for _, _, source in facts.context_sources() for path in context.sent_by(source)}
    return Touched(image, older, why, tuple(sorted(filter(is_ignored, taken))))


def _why(image: Image, now: Sequence[StepInputs], older: Image, base: Base) -> tuple[str, ...]:
    """What of the inputs differs; empty where nothing does."""
    try:
        facts = image_facts(older)
    except BuildFailed:
        return ("its Dockerfile could not be parsed before",)
    context = BuildContext(older.context, older.dockerfile)
    before = image_inputs(older, facts, {}, ContextDigests(context, as_git=True))
    contexts = _changed_contexts(image, base)
    named = tuple(f"the build context {name} has changed" for name in contexts)
    if [step.key for step in now] == [step.key for step in before]:
        return named[:_MOST_REASONS]
    found = [
        f"line {step.line}: {reason}" for step in foretell(before, now) for reason in step.reasons
    ]
    return (*named, *found, *(() if found else ("an instruction is gone",)))[:_MOST_REASONS]


def _changed_contexts(image: Image, base: Base) -> list[str]:
    """The named build contexts, folders of the repository, in which a file differs."""
    found = []
    for name, value in image.contexts.items():
        folder = os.path.realpath(value) + os.sep if value.startswith("/") else ""
        if folder and any(path.startswith(folder) for path in base.changed):
            found.append(name)
    return found


def ignored_by_git(folder: Path) -> Callable[[str], bool]:
    """Whether git ignores a path of the folder."""
    ignored = frozenset(git.ignored(folder))

    def is_ignored(path: str) -> bool:
        parts = path.split("/")
        folders = ("/".join(parts[:count]) + "/" for count in range(1, len(parts)))
        return path in ignored or not ignored.isdisjoint(folders)

    return is_ignored
