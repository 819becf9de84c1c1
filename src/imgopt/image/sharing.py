"""Several images: which layers they share, and what the set takes on a node and in a registry."""

from __future__ import annotations

from collections.abc import Sequence

from imgopt.image.analysis import Analysis
from imgopt.records.image_set import ImageSet, SetMember, SharedLayer


def share(images: Sequence[Analysis]) -> ImageSet:
    """What the images have in common, by the digests of their layers. Pure."""
    rows: dict[str, SharedLayer] = {}
    for number, analysis in enumerate(images):
        for layer, read in zip(analysis.record.layers, analysis.image.layers, strict=True):
            known = rows.get(layer.digest)
            members = (*known.images, number) if known else (number,)
            rows[layer.digest] = SharedLayer(
                digest=layer.digest,
                size_bytes=layer.size_bytes,
                compressed_bytes=read.compressed_bytes,
                instruction=layer.instruction,
                images=tuple(dict.fromkeys(members)),
            )
    layers = tuple(rows.values())
    return ImageSet(
        images=tuple(
            SetMember(
                name=analysis.record.name,
                id=analysis.record.id,
                size_bytes=analysis.record.size_bytes,
                own_bytes=sum(row.size_bytes for row in layers if row.images == (number,)),
            )
            for number, analysis in enumerate(images)
        ),
        layers=tuple(sorted(layers, key=lambda row: (-len(row.images), -row.size_bytes))),
        sum_bytes=sum(analysis.record.size_bytes for analysis in images),
        node_bytes=sum(row.size_bytes for row in layers),
        registry_bytes=_registry(layers),
    )


def _registry(layers: Sequence[SharedLayer]) -> int | None:
    """What a registry keeps; None where the source does not know of one layer."""
    sizes = [row.compressed_bytes for row in layers if row.size_bytes]
    return None if None in sizes else sum(size for size in sizes if size is not None)
