"""Sizes of layers, read from the archive of several images at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from image_archives import digest, tar
from stand_in import on_socket

from imgopt.errors import ImageError
from imgopt.image.sizes import LayerSizes


def archive(images: dict[str, list[bytes]]) -> bytes:
    """The archive of images: by name, their layers."""
    files: dict[str, bytes | None] = {}
    manifest = []
    for name, layers in images.items():
        files |= {f"blobs/sha256/{digest(data)}": data for data in layers}
        files[f"blobs/sha256/{name}"] = json.dumps(
            {"rootfs": {"diff_ids": [f"sha256:{digest(data)}" for data in layers]}}
        ).encode()
        paths = [f"blobs/sha256/{digest(data)}" for data in layers]
        manifest.append({"Config": f"blobs/sha256/{name}", "Layers": paths})
    files["manifest.json"] = json.dumps(manifest).encode()
    return tar(files)


def test_layers_of_several_images_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, app = tar({"a": b"x" * 100}), tar({"b": b"x" * 7, "c": b""})
    new = tar({"d": b"1234"})
    answers = {
        "/images/get?names=one&names=two": archive({"one": [base, app], "two": [base]}),
        "/images/get?names=three": archive({"three": [base, new]}),
    }
    ids = [f"sha256:{digest(data)}" for data in (base, app, new)]
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    sizes = LayerSizes()
    with on_socket(tmp_path / "engine.sock", answers) as engine:
        sizes.read([])
        assert engine.asked == []
        sizes.read(["one", "two"])
        assert [sizes.of(diff_id) for diff_id in ids] == [100, 7, None]
        sizes.read(["three"])
        assert [sizes.of(diff_id) for diff_id in ids] == [100, 7, 4]
        with pytest.raises(ImageError, match="no image 'gone'"):
            sizes.read(["gone"])
