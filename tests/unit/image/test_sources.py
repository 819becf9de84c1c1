from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from image_archives import digest, packed, saved, tar

from imgopt.errors import ImageError
from imgopt.image.cache import LayerCache
from imgopt.image.scan import scan
from imgopt.image.sources import registry
from imgopt.image.sources.choose import read_image

BASE, APP, NEW = tar({"a": b"x" * 100}), tar({"b": b"y" * 7}), tar({"c": b"z" * 9})


class Layout:
    """An OCI layout folder with an image for each platform."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "blobs" / "sha256").mkdir(parents=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        self.manifests: list[dict[str, object]] = []

    def blob(self, data: bytes, kind: str = "") -> dict[str, object]:
        (self.folder / "blobs" / "sha256" / digest(data)).write_bytes(data)
        return {"mediaType": kind, "digest": f"sha256:{digest(data)}", "size": len(data)}

    def add(self, tars: list[bytes], platform: str = "linux/amd64", kind: str = "gzip") -> None:
        system, machine = platform.split("/")
        config = {"os": system, "architecture": machine, "rootfs": {
            "diff_ids": [f"sha256:{digest(data)}" for data in tars]}}  # fmt: skip
        suffix = {"gzip": "tar+gzip", "zstd": "tar+zstd"}.get(kind, "tar")
        manifest = {
            "config": self.blob(json.dumps(config).encode()),
            "layers": [
                self.blob(packed(data, kind), f"application/vnd.oci.image.layer.v1.{suffix}")
                for data in tars
            ],
        }
        row = self.blob(json.dumps(manifest).encode(), "application/vnd.oci.image.manifest.v1+json")
        row["platform"] = {"os": system, "architecture": machine}
        self.manifests.append(row)
        (self.folder / "index.json").write_text(json.dumps({"manifests": self.manifests}))


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "layout")


def sizes(name: str, cache: LayerCache, platform: str = "") -> list[tuple[int, int | None]]:
    image = read_image(name, cache, platform)
    return [(layer.scan.size_bytes, layer.compressed_bytes) for layer in image.layers]


@pytest.mark.parametrize("kind", ["gzip", "zstd", ""])
def test_a_layout_is_read_and_only_its_new_layers_are_read_again(
    layout: Layout, tmp_path: Path, kind: str
) -> None:
    cache = LayerCache(tmp_path / "cache")
    layout.add([BASE, APP], kind=kind)
    stored = [len(packed(data, kind)) if kind else None for data in (BASE, APP)]
    assert sizes(str(layout.folder), cache) == [(100, stored[0]), (7, stored[1])]
    layout.manifests.clear()
    layout.add([BASE, NEW], kind=kind)
    known = layout.folder / "blobs" / "sha256" / digest(packed(BASE, kind))
    known.write_bytes(b"nobody reads it again")
    assert [size for size, _ in sizes(str(layout.folder), cache)] == [100, 9]
    with pytest.raises(ImageError, match="the archive is cut off"):
        sizes(str(layout.folder), LayerCache(None))


def test_a_platform_is_chosen(layout: Layout) -> None:
    layout.add([BASE], "linux/amd64")
    layout.add([APP, NEW], "linux/s390x")
    assert [s for s, _ in sizes(str(layout.folder), LayerCache(None), "linux/s390x")] == [7, 9]
    with pytest.raises(ImageError, match="no platform linux/riscv64; it has linux/amd64, linux/s3"):
        sizes(str(layout.folder), LayerCache(None), "linux/riscv64")


def test_a_blob_that_is_not_what_its_name_says_is_refused_and_not_kept(
    layout: Layout, tmp_path: Path
) -> None:
    layout.add([BASE], kind="")
    (layout.folder / "blobs" / "sha256" / digest(BASE)).write_bytes(tar({"a": b"?" * 100}))
    cache = LayerCache(tmp_path / "cache")
    with pytest.raises(ImageError, match="not what its digest says"):
        sizes(str(layout.folder), cache)
    assert cache.get(f"sha256:{digest(BASE)}") is None


def test_an_oci_tar_is_read_like_its_folder(layout: Layout, tmp_path: Path) -> None:
    layout.add([BASE, APP], kind="zstd")
    files: dict[str, bytes | None] = {
        path.relative_to(layout.folder).as_posix(): path.read_bytes()
        for path in sorted(layout.folder.rglob("*"))
        if path.is_file()
    }
    archive = tmp_path / "image.tar.gz"
    archive.write_bytes(gzip.compress(tar(files)))
    assert sizes(str(archive), LayerCache(None)) == sizes(str(layout.folder), LayerCache(None))


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.TextIOWrapper(io.BytesIO(saved([{"a": b"12"}], ["RUN a"], "gzip")))
    monkeypatch.setattr(sys, "stdin", data)
    assert [size for size, _ in sizes("-", LayerCache(None))] == [2]


def test_a_folder_without_an_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="is a folder, but no OCI layout"):
        sizes(str(tmp_path), LayerCache(None))


def test_the_cache_is_bounded_and_damage_in_it_does_not_matter(tmp_path: Path) -> None:
    cache = LayerCache(tmp_path, max_bytes=1_000_000)
    read = scan([BASE], "test")
    names = [f"sha256:{hashlib.sha256(bytes([n])).hexdigest()}" for n in range(40)]
    for name in names:
        cache.put(name, read)
    assert cache.get(names[0]) == read
    for path in tmp_path.rglob("*.scan"):
        path.write_bytes(b"damaged")
    assert cache.get(names[0]) is None
    LayerCache(tmp_path, max_bytes=70).trim()
    assert len(list(tmp_path.rglob("*.scan"))) == 10


class Registry(BaseHTTPRequestHandler):
    """The pull half of the distribution API over a layout, behind a token."""

    root: Path
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path.startswith("/token"):
            return self._send(b'{"token": "t"}')
        if self.headers.get("Authorization") != "Bearer t":
            realm = f"http://{self.headers['Host']}/token"
            return self._send(b"{}", 401, {"WWW-Authenticate": f'Bearer realm="{realm}"'})
        name = self.path.rpartition("/")[2]
        if name == "latest":
            return self._send((self.root / "index.json").read_bytes())
        blob = self.root / "blobs" / "sha256" / name.removeprefix("sha256:")
        return self._send(blob.read_bytes()) if blob.is_file() else self._send(b"{}", 404)

    def _send(self, data: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing: tests read no log."""


@pytest.fixture
def served(layout: Layout) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("Handler", (Registry,), {"root": layout.folder, "asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True).start()
    yield f"registry://127.0.0.1:{server.server_address[1]}/team/app", asked
    server.shutdown()
    server.server_close()


def test_a_registry_is_asked_for_new_layers_alone(
    served: tuple[str, list[str]], layout: Layout, tmp_path: Path
) -> None:
    name, asked = served
    cache = LayerCache(tmp_path / "cache")
    layout.add([BASE, APP])
    assert [size for size, _ in sizes(f"{name}:latest", cache)] == [100, 7]
    layout.manifests.clear()
    layout.add([BASE, NEW])
    asked.clear()
    assert [size for size, _ in sizes(name, cache)] == [100, 9]
    blobs = {path.rpartition("sha256:")[2] for path in asked if "/blobs/" in path}
    assert digest(packed(BASE, "gzip")) not in blobs
    assert digest(packed(NEW, "gzip")) in blobs


def test_what_a_registry_does_not_have_is_said(served: tuple[str, list[str]]) -> None:
    with pytest.raises(ImageError, match=r"the registry has no team/app:gone"):
        sizes(f"{served[0]}:gone", LayerCache(None))


@pytest.mark.parametrize("text", ["", "host", "host/", "host/UPPER", "u:p@host/a", "host/a:b c"])
def test_references_that_are_none(text: str) -> None:
    with pytest.raises(ImageError, match="names no image of a registry"):
        registry.reference(f"registry://{text}")


def test_references() -> None:
    short = registry.reference("registry://docker.io/nginx")
    assert (short.repository, short.tag) == ("library/nginx", "latest")
    assert short.base == "https://registry-1.docker.io/v2/library/nginx"
    local = registry.reference("registry://localhost:5000/a/b:1@sha256:" + "0" * 64)
    assert local.base == "http://localhost:5000/v2/a/b"
    assert local.tag == "sha256:" + "0" * 64
