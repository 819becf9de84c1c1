from __future__ import annotations

import io
import json

import pytest
from image_archives import saved

from imgopt.formats import registry
from imgopt.image.analysis import Analysis, analyze
from imgopt.image.cache import LayerCache
from imgopt.image.diff import diff
from imgopt.image.sharing import share
from imgopt.image.sources.archive import Archive
from imgopt.image.streams import chunks_of
from imgopt.records.image_diff import ImageDiff

Layer = dict[str, bytes | None]
BASE: Layer = {
    "etc/os-release": b"ID=debian\n",
    "var/lib/dpkg/status": b"Package: libc6\nStatus: install ok installed\nVersion: 2.41-1\n"
    b"Architecture: amd64\n",
    "var/lib/dpkg/info/libc6:amd64.list": b"/.\n/lib\n/lib/libc.so\n",
    "lib/libc.so": b"c" * 5000,
}
HISTORY = ["ADD rootfs.tar /", "RUN pip install -r requirements.txt", "COPY app /app"]


def wheel(name: str, version: str, size: int) -> Layer:
    folder = f"venv/{name}-{version}.dist-info"
    record = f"{name}/code.py,,\n{name}-{version}.dist-info/METADATA,,\n"
    return {
        f"venv/{name}/code.py": b"p" * size,
        f"{folder}/METADATA": f"Name: {name}\nVersion: {version}\n\ntext".encode(),
        f"{folder}/RECORD": record.encode(),
    }


def image(name: str, layers: list[Layer], history: list[str], kind: str = "gzip") -> Analysis:
    archive = Archive(name, LayerCache(None))
    archive.load(chunks_of(io.BytesIO(saved(layers, history, kind))))
    return analyze(archive.images()[0])


@pytest.fixture
def old() -> Analysis:
    layers = [BASE, wheel("flask", "3.0", 3000) | wheel("six", "1.0", 100), {"app/a.py": b"a" * 10}]
    return image("old", layers, HISTORY)


def changed(old: Analysis, *layers: Layer, history: list[str] = HISTORY) -> ImageDiff:
    return diff(old, image("new", list(layers), history))


def test_an_image_beside_itself(old: Analysis) -> None:
    found = diff(old, old)
    assert {layer.status for layer in found.layers} == {"same"}
    assert (found.packages, found.files, found.settings) == ((), (), ())
    assert found.pull.size_bytes == 0


def test_packages_with_versions_and_bytes(old: Analysis) -> None:
    new_wheels = wheel("flask", "3.1", 4000) | wheel("attrs", "25.1", 50)
    found = changed(old, BASE, new_wheels, {"app/a.py": b"a" * 10})
    rows = [(p.change, p.ecosystem, p.name, p.old_version, p.new_version) for p in found.packages]
    assert rows == [
        ("changed", "pypi", "flask", "3.0", "3.1"),
        ("removed", "pypi", "six", "1.0", ""),
        ("added", "pypi", "attrs", "", "25.1"),
    ]
    assert [layer.status for layer in found.layers] == ["same", "rebuilt", "same"]
    assert found.packages[0].new_bytes - found.packages[0].old_bytes == pytest.approx(1000, abs=5)


def test_what_a_node_pulls_is_compressed_and_what_code_alone_would_be(old: Analysis) -> None:
    found = changed(old, BASE, wheel("flask", "3.1", 90_000), {"app/a.py": b"b" * 10})
    stored = [layer.compressed_bytes for layer in image(
        "x", [BASE, wheel("flask", "3.1", 90_000), {"app/a.py": b"b" * 10}], HISTORY
    ).image.layers]  # fmt: skip
    assert found.pull.is_compressed
    assert found.pull.size_bytes == (stored[1] or 0) + (stored[2] or 0)
    assert found.pull.code_only_bytes == stored[2]
    assert found.pull.layers == 2


def test_code_in_front_of_the_install_takes_the_install_with_it(old: Analysis) -> None:
    layers: list[Layer] = [BASE, {"app/a.py": b"a"}, wheel("flask", "3.1", 9000)]
    history = [HISTORY[0], HISTORY[2], HISTORY[1]]
    new = image("new", layers, history)
    stored = [layer.compressed_bytes or 0 for layer in new.image.layers]
    assert diff(old, new).pull.code_only_bytes == stored[1] + stored[2]


def test_files_by_what_changed_of_them(old: Analysis) -> None:
    wheels = wheel("flask", "3.0", 3000) | wheel("six", "1.0", 100)
    found = changed(old, BASE, wheels, {"app/b.py": b"b" * 10_000, "lib/libc.so": b"C" * 5000})
    rows = [(f.change, f.path, f.old_bytes, f.new_bytes) for f in found.files]
    assert rows == [
        ("added", "app/b.py", 0, 10_000),
        ("removed", "app/a.py", 10, 0),
        ("changed", "lib/libc.so", 5000, 5000),
    ]
    assert found.file_counts == {"added": 1, "removed": 1, "changed": 1}


@pytest.mark.parametrize("name", registry.names("diff"))
def test_formats_show_hostile_names_harmlessly(old: Analysis, name: str) -> None:
    hostile: Layer = {"app/\x1b[31m|<script>`\n.py": b"x" * 9}
    found = changed(old, BASE, hostile, history=["ADD x /", "COPY \x1b[2J|`<b> /app"])
    text = registry.find("diff", name).render(found, registry.Options(width=60))
    assert "\x1b" not in text
    if name == "json":
        assert json.loads(text)["diff"]["new"]["name"] == "new"


def test_layers_that_images_share(old: Analysis) -> None:
    other = image("other", [BASE, {"x": b"x" * 77}], ["ADD rootfs.tar /", "COPY x /"])
    found = share([old, other])
    base = old.record.layers[0].size_bytes
    assert found.layers[0].images == (0, 1)
    assert [member.own_bytes for member in found.images] == [old.record.size_bytes - base, 77]
    assert found.node_bytes == old.record.size_bytes + 77
    assert found.sum_bytes - found.node_bytes == base
    assert found.registry_bytes == sum(row.compressed_bytes or 0 for row in found.layers)
    for name in registry.names("imageset"):
        assert "other" in registry.find("imageset", name).render(found, registry.Options())
