"""The words of a comparison of two images, which text and Markdown share."""

from __future__ import annotations

from imgopt.formats.units import megabytes
from imgopt.records.image_diff import ImageDiff, LayerChange, PackageChange, Pull


def change(old_bytes: int, new_bytes: int) -> str:
    """+1.2 MB, −3.0 kB, or ±0."""
    delta = new_bytes - old_bytes
    if not delta:
        return "±0"
    return f"{'+' if delta > 0 else '−'}{megabytes(abs(delta))}"


def headline(found: ImageDiff) -> str:
    """The sizes, and what a node pulls, in a sentence each."""
    old, new = found.old.size_bytes, found.new.size_bytes
    size = f"{megabytes(old)} → {megabytes(new)} ({change(old, new)})"
    return f"{size}. {pulled(found.pull)}"


def pulled(pull: Pull) -> str:
    """What a node that has the old image fetches."""
    if not pull.layers:
        return "A node with the old image pulls nothing."
    form = "compressed" if pull.is_compressed else "uncompressed"
    layers = "1 layer" if pull.layers == 1 else f"{pull.layers} layers"
    text = f"A node with the old image pulls {megabytes(pull.size_bytes)} ({layers}, {form})"
    if pull.seconds is not None:
        text += f", {pull.seconds:.1f} s at that bandwidth"
    if pull.code_only_bytes is not None:
        text += f"; if only the code had changed, it would pull {megabytes(pull.code_only_bytes)}"
    return f"{text}."


def places(layer: LayerChange) -> str:
    """Which layers a row is of: #3, #3 → #4, or one of both."""
    old = "" if layer.old_index is None else f"#{layer.old_index}"
    new = "" if layer.new_index is None else f"#{layer.new_index}"
    return old if old == new or not new else f"{old} → {new}" if old else new


def versions(package: PackageChange) -> str:
    """Both versions, or the one that there is."""
    if package.old_version and package.new_version:
        return f"{package.old_version} → {package.new_version}"
    return package.old_version or package.new_version
