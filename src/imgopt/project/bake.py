"""The targets of a bake file, as `docker buildx bake --print` gives them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from imgopt.documents import parse_json
from imgopt.errors import ConfigError
from imgopt.files import read_regular
from imgopt.project.compose import absolute_context
from imgopt.project.image import Image, Inline

# Kinds of outputs that are no image.
_NO_IMAGE = frozenset({"cacheonly", "local", "tar"})
_MAX_BYTES = 1_000_000
BAKE_FILES = ("docker-bake.hcl", "docker-bake.json")


def find_bake(start: Path) -> Path | None:
    """The nearest bake file from `start` upward, not above a git repository's root."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if found := bake_in(folder):
            return found
        if (folder / ".git").exists():
            return None
    return None


def bake_in(folder: Path) -> Path | None:
    """The bake file in a folder."""
    files = (folder / name for name in BAKE_FILES)
    return next((file for file in files if os.path.exists(file)), None)


def read_bake(file: Path) -> str:
    """The text of a bake file; ConfigError when it cannot be read."""
    return read_regular(file, _MAX_BYTES).decode("utf-8", errors="replace")


def bake_images(printed: str, file: Path) -> list[Image]:
    """The images of a bake file by its definition in JSON; ConfigError for what is none."""
    try:
        data = parse_json(printed)
        targets = data.get("target") if isinstance(data, dict) else None
        found = [
            _image(str(name), target, file.parent)
            for name, target in (targets.items() if isinstance(targets, dict) else ())
            if isinstance(target, dict)
        ]
    except ValueError as error:  # no JSON, or a NUL byte in a path
        raise ConfigError(f"{file}: its targets are unknown: {error}") from error
    return [image for image in found if image]


def _exports(output: Any) -> bool:
    """Whether a target's outputs hold an image: all but files and the cache alone."""
    kinds = [
        str(each.get("type", "")) if isinstance(each, dict) else _output_type(str(each))
        for each in (output if isinstance(output, list) else ())
    ]
    return not kinds or not _NO_IMAGE.issuperset(kinds)


def _output_type(written: str) -> str:
    """The type of an output as the command line has it; a path alone means files."""
    options = dict(part.strip().partition("=")[::2] for part in written.split(","))
    return options.get("type", "local" if "=" not in written and written != "-" else "")


def _image(name: str, target: dict[str, Any], root: Path) -> Image | None:
    text = str(target.get("context") or ".")
    if "://" in text or text.startswith("git@"):
        return None
    context = Path(os.path.realpath(root / text))
    written = Path(str(target.get("dockerfile") or "Dockerfile"))
    args = target.get("args")
    contexts = target.get("contexts")
    inline = target.get("dockerfile-inline")
    tags = target.get("tags")
    return Image(
        name,
        context,
        Path(os.path.realpath(context / written)),
        str(target.get("target") or ""),
        {str(k): str(v) for k, v in args.items() if v is not None}
        if isinstance(args, dict)
        else {},
        contexts={str(k): absolute_context(str(v), root) for k, v in contexts.items()}
        if isinstance(contexts, dict)
        else {},
        inline=Inline(inline) if isinstance(inline, str) else None,
        exports=_exports(target.get("output")),
        tags=tuple(map(str, tags)) if isinstance(tags, list) else (),
    )
