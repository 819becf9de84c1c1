"""Sizes of layers, read from the archive of several images at once."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from stand_in import on_socket

from imgopt.errors import ImageError
from imgopt.image.sizes import LayerSizes


def tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.LNKTYPE, next(iter(files))
        archive.addfile(link)
    return buffer.getvalue()


def saved(images: dict[str, dict[str, bytes]]) -> bytes:
    """The archive of images: by name, their layers by diff ID."""
    files: dict[str, bytes] = {}
    manifest = []
    for name, layers in images.items():
        files |= {f"blobs/sha256/{diff_id}": data for diff_id, data in layers.items()}
        files[f"blobs/sha256/{name}"] = json.dumps({"rootfs": {"diff_ids": list(layers)}}).encode()
        paths = [f"blobs/sha256/{diff_id}" for diff_id in layers]
        manifest.append({"Config": f"blobs/sha256/{name}", "Layers": paths})
    files["manifest.json"] = json.dumps(manifest).encode()
    return tar(files)


def test_layers_of_several_images_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, app = tar({"a": b"x" * 100}), tar({"b": b"x" * 7, "c": b""})
    answers = {
        "/images/get?names=one&names=two": saved({"one": {"base": base, "app": app},
                                                  "two": {"base": base}}),
        "/images/get?names=three": saved({"three": {"base": b"\0" * 1024, "new": app}}),
    }  # fmt: skip
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    sizes = LayerSizes()
    with on_socket(tmp_path / "engine.sock", answers) as engine:
        sizes.read([])
        assert engine.asked == []
        sizes.read(["one", "two"])
        assert [sizes.of(diff_id) for diff_id in ("base", "app", "new")] == [100, 7, None]
        sizes.read(["three"])  # what it calls base is not read again
        assert [sizes.of(diff_id) for diff_id in ("base", "app", "new")] == [100, 7, 7]
        with pytest.raises(ImageError, match="no image 'gone'"):
            sizes.read(["gone"])
