"""What a build of an image depends on in one commit: equal states build the same image."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from imgopt.bench.step_inputs import ContextDigests, step_inputs
from imgopt.bench.workspace import MAX_FILES
from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import DockerfileSyntaxError
from imgopt.dockerfile.parse import MAX_SIZE_BYTES, decode, parse
from imgopt.errors import ConfigError
from imgopt.facts.file import FileFacts, Surroundings
from imgopt.files import read_regular
from imgopt.project.image import Image

ABSENT = ""  # the commit has no such image
# They decide what a checkout holds, wherever they are.
_ABOUT_CHECKOUTS = frozenset({".gitattributes", ".gitmodules"})


def state(image: Image) -> str:
    """A digest of what a build of the image depends on: its Dockerfile, target and arguments, and
    what its steps take from the context, as `why` knows it. ABSENT without Dockerfile or context.

    Base images count by name: whether one of the same name is another one, no commit tells.
    """
    if not (image.dockerfile.is_file() and image.context.is_dir()):
        return ABSENT
    try:
        data = read_regular(image.dockerfile, MAX_SIZE_BYTES)
    except ConfigError:
        return ABSENT
    given = [f"{name}={value}" for name, value in sorted(image.build_args.items())]
    parts = [image.target, image.network, *given, hashlib.sha256(data).hexdigest()]
    try:
        file = parse(decode(data), image.dockerfile.name)
    except DockerfileSyntaxError as error:
        return _digest([*parts, error.message])
    context = BuildContext(image.context, image.dockerfile, limit=MAX_FILES)
    targets = (image.target,) if image.target else ()
    around = Surroundings(
        targets, targets_only=True, context=context, build_args=dict(image.build_args)
    )
    digests = ContextDigests(context)
    parts += [f"{s.instruction} {s.key}" for s in step_inputs(FileFacts(file, around), digests, {})]
    for name, place in sorted(image.contexts.items()):
        parts += [name, *(_contents(place, image) if Path(place).is_absolute() else (place,))]
    return _digest(parts)


def _contents(folder: str, image: Image) -> list[str]:
    """All files of a named context, since what the build takes of it is not known."""
    if not os.path.isdir(folder):
        return ["absent"]
    found = ContextDigests(BuildContext(Path(folder), image.dockerfile, limit=MAX_FILES)).of(["."])
    return [f"{path} {digest}" for path, digest in sorted(found.items())]


def may_differ(image: Image, root: Path, paths: Iterable[str]) -> bool:
    """Whether the image of two commits may differ that have these paths not in common.

    `image` has the paths of the working tree, `root` is the repository.
    """
    folders = [image.context, *(p for v in image.contexts.values() if (p := Path(v)).is_absolute())]
    inside = [_within(folder, root) for folder in folders]
    ignore = image.dockerfile.with_name(f"{image.dockerfile.name}.dockerignore")
    files = {_within(image.dockerfile, root), _within(ignore, root)}
    for name in paths:
        path = PurePosixPath(name)
        if path.name in _ABOUT_CHECKOUTS or name in files:
            return True
        if any(_has(folder, path) for folder in inside if folder is not None):
            return True
    return False


def _within(path: Path, root: Path) -> str | None:
    """The path as git names it; None for one outside."""
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return None


def _has(folder: str, path: PurePosixPath) -> bool:
    """Whether a path is in the folder, or is one that the folder is in (a submodule, a link)."""
    own = PurePosixPath(folder)
    return folder == "." or path.is_relative_to(own) or own.is_relative_to(path)


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogateescape")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
