"""Archives of images as `docker save` writes them, made of what their layers shall hold."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile

import zstandard


def tar(files: dict[str, bytes | None]) -> bytes:
    """A tar with those files; None makes a folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            if data is None:
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            else:
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def saved(layers: list[dict[str, bytes | None]], history: list[str], kind: str = "") -> bytes:
    """An image's archive. A history entry with `-` in front made no layer; `kind` is how layers
    are compressed: gzip, zstd or not at all."""
    tars = [tar(layer) for layer in layers]
    blobs = [packed(data, kind) for data in tars]
    names = [f"blobs/sha256/{digest(blob)}" for blob in blobs]
    config = {
        "os": "linux",
        "architecture": "amd64",
        "rootfs": {"diff_ids": [f"sha256:{digest(data)}" for data in tars]},
        "history": [
            {"created_by": h.removeprefix("-"), "empty_layer": h.startswith("-")} for h in history
        ],
    }
    files: dict[str, bytes | None] = dict(zip(names, blobs, strict=True))
    data = json.dumps(config).encode()
    path = f"blobs/sha256/{digest(data)}"
    files[path] = data
    files["manifest.json"] = json.dumps(
        [{"Config": path, "Layers": names, "RepoTags": None}]
    ).encode()
    return tar(files)


def packed(data: bytes, kind: str) -> bytes:
    if kind == "gzip":
        return gzip.compress(data, 1, mtime=0)
    return zstandard.compress(data) if kind == "zstd" else data


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
