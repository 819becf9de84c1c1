"""An image's packages as a CycloneDX bill of materials, through its library.

Source: CycloneDX 1.6 (ECMA-424).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from imgopt import __version__
from imgopt.formats.registry import Options
from imgopt.records.image import ImageRecord, Package

if TYPE_CHECKING:
    from cyclonedx.model.component import Component


def render(record: ImageRecord, _options: Options) -> str:
    """JSON of one image; the same image gives the same text but for the time."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    bom = Bom(serial_number=_serial(record.id))
    root = Component(
        name=record.name, type=ComponentType.CONTAINER, version=record.id or None, bom_ref="image"
    )
    bom.metadata.component = root
    bom.metadata.tools.components.add(
        Component(name="imgopt", version=__version__, type=ComponentType.APPLICATION)
    )
    found: dict[str, Component] = {}
    for package in record.packages:
        found.setdefault(f"{package.purl}#{package.path}", _component(package))
    for component in found.values():
        bom.components.add(component)
    bom.register_dependency(root, found.values())
    text: str = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(
        indent=2
    )
    return text + "\n"


def _serial(image_id: str) -> UUID | None:
    """The image's own digest as the bill's serial number."""
    value = image_id.removeprefix("sha256:")[:32]
    try:
        return UUID(value, version=4)
    except ValueError:
        return None


def _component(package: Package) -> Component:
    from cyclonedx.model import Property
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    said = {"path": package.path, "size_bytes": str(package.size_bytes)}
    if package.layer >= 0:
        said["layer"] = str(package.layer)
    if package.line:
        said["dockerfile_line"] = str(package.line)
    return Component(
        name=package.name,
        version=package.version or None,
        type=ComponentType.LIBRARY,
        purl=PackageURL.from_string(package.purl) if package.purl else None,
        bom_ref=f"{package.purl or package.name}#{package.path}",
        properties=[Property(name=f"imgopt:{name}", value=text) for name, text in said.items()],
    )
