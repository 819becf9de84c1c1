"""Which package owns which visible file, and how many bytes each has. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from imgopt.image.filesystem import FileSystem, Placed
from imgopt.image.model import ReadImage
from imgopt.image.packages import apk, dpkg, node, python, rpm
from imgopt.image.packages.model import Found
from imgopt.image.packages.stanzas import os_release

_READERS = (dpkg.read, apk.read, rpm.read, python.read, node.read)
# Those of a distribution come first: python3-x has a dist-info of its own. Without a file left,
# such a package is a part of another.
_CLAIMED_BY_OTHERS = ("pypi", "npm")


class Owned(msgspec.Struct, frozen=True):
    """A package with its visible files."""

    package: Found
    files: tuple[Placed, ...]

    @property
    def size_bytes(self) -> int:
        return sum(placed.file.size_bytes for placed in self.files)

    @property
    def layers(self) -> dict[int, int]:
        """Bytes by layer."""
        found: dict[int, int] = {}
        for placed in self.files:
            found[placed.layer] = found.get(placed.layer, 0) + placed.file.size_bytes
        return found


class Inventory(msgspec.Struct, frozen=True):
    """All packages of an image, and what is nobody's; `distribution` is os-release's ID."""

    packages: tuple[Owned, ...]
    unowned: tuple[Placed, ...]
    distribution: str


def inventory(image: ReadImage, system: FileSystem) -> Inventory:
    """The packages of an image whose layers are merged in `system`."""
    documents = dict(_visible(image, system))
    found = [package for reader in _READERS for package in reader(documents)]
    owner: dict[str, int] = {}
    for number, package in enumerate(found):
        for path in package.paths:
            placed = system.get(path) or system.resolve(path)
            if placed is not None and not placed.file.is_folder:
                owner.setdefault(placed.file.path, number)
    _claim_folders(found, system, owner)
    programs = _programs(image, system)
    files: list[list[Placed]] = [[] for _ in found]
    unowned: list[Placed] = []
    for placed in system:
        if not placed.file.is_folder:
            owned_by = _owner_of(placed.file.path, owner)
            (unowned if owned_by is None else files[owned_by]).append(placed)
    kept = [
        Owned(package, tuple(files[number]))
        for number, package in enumerate(found)
        if files[number] or package.ecosystem not in _CLAIMED_BY_OTHERS
    ]
    return Inventory((*kept, *programs), tuple(unowned), os_release(documents).get("ID", ""))


def _visible(image: ReadImage, system: FileSystem) -> Iterable[tuple[str, bytes]]:
    for index, layer in enumerate(image.layers):
        for path, data in layer.scan.documents.items():
            placed = system.get(path)
            if placed is not None and placed.layer == index:
                yield path, data


def _claim_folders(found: Sequence[Found], system: FileSystem, owner: dict[str, int]) -> None:
    """Give what lies in packages' folders to the innermost; files by name come first."""
    claims = [
        (folder, number) for number, package in enumerate(found) for folder in package.folders
    ]
    for folder, number in sorted(claims, key=lambda claim: -claim[0].count("/")):
        for placed in system.below(folder):
            if not placed.file.is_folder:
                owner.setdefault(placed.file.path, number)


def _owner_of(path: str, owner: Mapping[str, int]) -> int | None:
    number = owner.get(path)
    if number is None and path.endswith(".pyc"):
        folder, _, name = path.rpartition("/")
        parent = folder.removesuffix("/__pycache__")
        return owner.get(f"{parent}/{name.partition('.')[0]}.py")
    return number


def _programs(image: ReadImage, system: FileSystem) -> list[Owned]:
    """The modules inside programs: no bytes of their own, since nothing tells them apart."""
    modules = []
    for index, layer in enumerate(image.layers):
        for path, named in layer.scan.programs.items():
            placed = system.get(path)
            if placed is None or placed.layer != index:
                continue
            modules += [
                Owned(Found(module.ecosystem, module.name, module.version, path), ())
                for module in named
            ]
    return modules
