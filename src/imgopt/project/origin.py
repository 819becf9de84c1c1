"""Which service of a project a build that was done anyway was of.

The first of these that tells: the Dockerfile, its target and its context, when a service of the
project is built from them; the image's name, when a service has it; the last part of the image's
name; the folder; the file that the build came in.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from imgopt.project.image import Image

_MOST = 100
_ODD = re.compile(r"[^A-Za-z0-9._/-]+")
_NAMELESS = "build"


class Built(msgspec.Struct, frozen=True):
    """What is known of a build's origin; what is not known is empty.

    `dockerfile` and `context` are paths in the repository if `is_in_repository`, `last_stage` is
    what the Dockerfile's last stage is called; `local_dockerfile` and `local_context` are paths
    of the machine that built, `file` is the file that the build came in.
    """

    dockerfile: str
    context: str
    is_in_repository: bool
    target: str = ""
    last_stage: str = ""
    images: tuple[str, ...] = ()
    local_dockerfile: str = ""
    local_context: str = ""
    file: str = ""


def origin(built: Built, images: Sequence[Image], root: Path) -> tuple[str, str]:
    """(service, path of its Dockerfile from `root`, where it is inside).

    `root` is the repository of the project whose services `images` are.
    """
    if image := _of_place(built, images, root) or _of_name(built, images):
        return image.name, _inside(image.dockerfile, root) or built.dockerfile
    path = built.dockerfile
    if not built.is_in_repository and (local := _local(built)):
        path = _inside(local, root) or built.dockerfile
    return _called(built), path


def _of_place(built: Built, images: Sequence[Image], root: Path) -> Image | None:
    """The service that is built from this Dockerfile, target and context."""
    if built.is_in_repository:
        same = [i for i in images if _inside(i.dockerfile, root) == built.dockerfile]
    elif local := _local(built):
        same = [i for i in images if i.dockerfile == local]
    else:
        return None
    stages = {built.target.lower(), *([built.last_stage] if not built.target else [])}
    stages |= {""} if built.target.lower() == built.last_stage else set()
    same = [image for image in same if image.target.lower() in stages]
    for fits in (_has_context(built, root), _has_name(built), _is_called(built)):
        same = [image for image in same if fits(image)] or same
    return same[0] if same else None


def _has_context(built: Built, root: Path) -> Callable[[Image], bool]:
    if built.is_in_repository:
        return lambda image: _inside(image.context, root) == built.context
    return lambda image: str(image.context) == os.path.realpath(built.local_context)


def _has_name(built: Built) -> Callable[[Image], bool]:
    names = {_plain(name) for name in built.images}
    return lambda image: any(_plain(tag) in names for tag in image.tags)


def _is_called(built: Built) -> Callable[[Image], bool]:
    parts = {_last(name) for name in built.images}
    return lambda image: image.name in parts


def _of_name(built: Built, images: Iterable[Image]) -> Image | None:
    """The service whose image has the build's name, or that is called as its last part."""
    known = list(images)
    found = [i for fits in (_has_name(built), _is_called(built)) for i in known if fits(i)]
    return found[0] if found else None


def _called(built: Built) -> str:
    """A name of the build's own, where no service of the project fits."""
    names = [_last(name) for name in built.images]
    folder = posixpath.dirname(built.dockerfile) if built.is_in_repository else ""
    names += [posixpath.basename(folder), posixpath.basename(built.context)]
    if Path(built.local_context).is_absolute():
        names.append(posixpath.basename(built.local_context))
    names.append(_of_file(built.file))
    cleaned = (_ODD.sub("-", name)[:_MOST].strip("-./") for name in names)
    return next((name for name in cleaned if name), _NAMELESS)


def _of_file(file: str) -> str:
    """`api` of `api.dockerbuild`; the repository of GitHub's `owner~repository~REF.dockerbuild`."""
    inner = file.rpartition(": ")[2]  # of a zip
    stem = posixpath.basename(inner).partition(".")[0]
    parts = stem.split("~")
    return parts[1] if len(parts) == 3 else stem


def _local(built: Built) -> Path | None:
    """The Dockerfile on the machine that built, which may be this one."""
    file, context = Path(built.local_dockerfile), Path(built.local_context)
    if not built.local_dockerfile and context.is_absolute():
        file = context / built.dockerfile
    return Path(os.path.realpath(file)) if file.is_absolute() else None


def _inside(path: Path, root: Path) -> str:
    """The path from the root; empty for what lies outside it, and for the root itself."""
    try:
        found = Path(os.path.realpath(path)).relative_to(os.path.realpath(root)).as_posix()
    except ValueError:
        return ""
    return "" if found == "." else found


def _plain(name: str) -> str:
    """An image's name without its tag and Docker Hub's own parts."""
    return _untagged(name).removeprefix("docker.io/").removeprefix("library/")


def _last(name: str) -> str:
    return _untagged(name).rpartition("/")[2]


def _untagged(name: str) -> str:
    name = name.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"
