"""ImageDiff: what is different between two images; a contract: changes only add. Pure."""

from __future__ import annotations

import msgspec

SAME, REBUILT, NEW, REMOVED = "same", "rebuilt", "new", "removed"
ADDED, CHANGED, METADATA, TIME = "added", "changed", "metadata", "time"


class LayerChange(msgspec.Struct, frozen=True):
    """A layer of one or both images; the indexes are None where it is not in that image.

    `status` is `same` (nothing to pull), `rebuilt` (the same instruction, another layer), `new`
    or `removed`. Of a rebuilt layer whose files are all the same but for their times or order,
    `only_times` is true.
    """

    status: str
    old_index: int | None
    new_index: int | None
    instruction: str
    line: int
    old_bytes: int
    new_bytes: int
    pull_bytes: int
    only_times: bool = False


class PackageChange(msgspec.Struct, frozen=True):
    """A package that was `added`, `removed` or `changed`; versions are empty where it is not."""

    change: str
    ecosystem: str
    name: str
    old_version: str
    new_version: str
    old_bytes: int
    new_bytes: int


class FileChange(msgspec.Struct, frozen=True):
    """A visible file that was `added`, `removed`, `changed` in content, or only in its
    `metadata` (owner, mode, kind) or `time`."""

    change: str
    path: str
    old_bytes: int
    new_bytes: int


class SettingChange(msgspec.Struct, frozen=True):
    """A setting of the image's configuration, such as `Env PATH` or `Entrypoint`; secrets are
    masked. None where an image does not have it."""

    name: str
    old: str | None
    new: str | None


class Pull(msgspec.Struct, frozen=True):
    """What a node that has OLD fetches for NEW: bytes of layers, as the registry sends them where
    `is_compressed`, else uncompressed. `code_only_bytes` is what it would be if only the code had
    changed, None where the layers do not tell; `seconds` is at the bandwidth that was asked for."""

    layers: int
    size_bytes: int
    is_compressed: bool
    code_only_bytes: int | None = None
    seconds: float | None = None


class DiffedImage(msgspec.Struct, frozen=True):
    """One of the two images."""

    name: str
    id: str
    size_bytes: int
    layers: int


class ImageDiff(msgspec.Struct, frozen=True):
    """All differences; `files` the biggest first, and cut to what was asked for: `file_counts`
    has all of them by change, `file_bytes` the difference that they make."""

    old: DiffedImage
    new: DiffedImage
    layers: tuple[LayerChange, ...]
    packages: tuple[PackageChange, ...]
    files: tuple[FileChange, ...]
    file_counts: dict[str, int]
    settings: tuple[SettingChange, ...]
    pull: Pull
    schema_version: int = 1
