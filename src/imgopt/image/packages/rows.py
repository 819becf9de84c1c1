"""Packages as an ImageRecord has them, with their package URLs. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from packageurl import PackageURL

from imgopt.image.packages.model import Found
from imgopt.image.packages.owners import Inventory
from imgopt.records.image import ImageLayer, Package

_NAMESPACES = {"deb": "debian", "apk": "alpine", "rpm": ""}


def packages(found: Inventory, layers: Sequence[ImageLayer]) -> tuple[Package, ...]:
    """One row a package, the biggest first."""
    rows = []
    for owned in found.packages:
        by_layer = owned.layers
        layer = max(by_layer, key=lambda index: (by_layer[index], -index), default=-1)
        package = owned.package
        rows.append(
            Package(
                ecosystem=package.ecosystem,
                name=f"{package.namespace}/{package.name}" if package.namespace else package.name,
                version=package.version,
                purl=_purl(package, found.distribution),
                size_bytes=owned.size_bytes,
                files=len(owned.files),
                layer=layer,
                line=layers[layer].line if 0 <= layer < len(layers) else 0,
                path=package.path,
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.size_bytes, row.purl, row.path)))


def _purl(package: Found, distribution: str) -> str:
    """A package URL (ECMA-427); empty where the name is none that it allows."""
    namespace = package.namespace
    name = package.name
    if package.ecosystem in _NAMESPACES:
        namespace = distribution or _NAMESPACES[package.ecosystem]
    elif package.ecosystem == "golang":
        namespace, _, name = name.rpartition("/")
    try:
        return PackageURL(
            type=package.ecosystem,
            namespace=namespace or None,
            name=name,
            version=package.version or None,
            qualifiers={"arch": package.arch} if package.arch else None,
        ).to_string()
    except ValueError:
        return ""
