from __future__ import annotations

import io
from typing import IO

import pytest
from image_archives import saved, tar

from imgopt.docker.images import HistoryEntry
from imgopt.dockerfile.parse import parse
from imgopt.errors import ImageError
from imgopt.image.analysis import analyze
from imgopt.image.cache import LayerCache
from imgopt.image.layers import attribute, shown_instruction
from imgopt.image.model import ReadImage
from imgopt.image.sources.archive import Archive
from imgopt.image.streams import chunks_of


def image(layers: list[dict[str, bytes | None]], history: list[str], kind: str = "") -> ReadImage:
    return read(io.BytesIO(saved(layers, history, kind)))


def read(stream: IO[bytes]) -> ReadImage:
    archive = Archive("test", LayerCache(None))
    archive.load(chunks_of(stream))
    return archive.images()[0]


LAYERS: list[dict[str, bytes | None]] = [
    {"a": b"x" * 100, "d": None, "d/one": b"x" * 10, "d/two": b"x" * 20},
    {"a": b"y" * 50, "d/.wh.one": b"", "e/f": b"x" * 5},
    {"d/.wh..wh..opq": b"", "d/three": b"x" * 7, ".wh.e": b""},
]


@pytest.mark.parametrize("kind", ["", "gzip", "zstd"])
def test_overwritten_and_deleted_bytes(kind: str) -> None:
    record = analyze(image(LAYERS, ["RUN a", "RUN b", "RUN c"], kind)).record
    assert [(w.path, w.size_bytes, w.layer, w.by, w.reason) for w in record.waste] == [
        ("a", 100, 0, 1, "overwritten"),
        ("d/two", 20, 0, 2, "deleted"),
        ("d/one", 10, 0, 1, "deleted"),
        ("e", 5, 1, 2, "deleted"),
    ]
    assert [layer.size_bytes for layer in record.layers] == [130, 55, 7]
    assert [layer.wasted_bytes for layer in record.layers] == [130, 5, 0]
    assert record.size_bytes == 192
    assert record.wasted_bytes == 135
    assert record.efficiency == pytest.approx(57 / 192)


def test_a_file_that_replaces_a_folder_hides_all_below() -> None:
    layers: list[dict[str, bytes | None]] = [{"d/a": b"xx", "d/b": b"x"}, {"d": b"file"}]
    record = analyze(image(layers, ["RUN a", "RUN b"])).record
    assert [(w.path, w.size_bytes, w.files) for w in record.waste] == [("d", 3, 2)]


def test_lines_come_from_the_dockerfile() -> None:
    file = parse("FROM a\nENV A=1 B=2\nRUN x\nCOPY . .\nCMD x\n")
    history = ["/bin/sh -c #(nop) ADD file:1 in / ", "-ENV A=1 B=2", "RUN /bin/sh -c x # buildkit",
               "COPY . . # buildkit", '-CMD ["/bin/sh" "-c" "x"]']  # fmt: skip
    record = analyze(image(LAYERS, history), file.instructions[1:]).record
    assert [(layer.line, layer.instruction) for layer in record.layers] == [
        (0, "ADD file:1 in /"), (3, "RUN x"), (4, "COPY . ."),
    ]  # fmt: skip


def test_attribution_stops_where_the_dockerfile_does_not_fit() -> None:
    file = parse("FROM a\nCOPY . .\nRUN x\n")
    entries = [HistoryEntry(t, 1) for t in ("RUN old", "WORKDIR /x", "RUN /bin/sh -c x")]
    found = attribute(entries, file.instructions[1:])
    assert [i.line if i else 0 for i in found] == [0, 0, 3]


def test_instructions_read_as_in_the_dockerfile() -> None:
    text = "RUN |2 A=1 B=x y /bin/sh -c pip install x # buildkit"
    assert shown_instruction(text) == "RUN pip install x"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not an image archive"),
        (b"not a tar" * 100, "not a tar"),
        (tar({"x": b"1"}), "neither manifest.json nor index.json"),
        (tar({"manifest.json": b"[{]"}), "not valid JSON"),
        (tar({"manifest.json": b'{"a": 1}'}), "not understood"),
        (
            tar({"manifest.json": b'[{"Config": "c", "Layers": ["l"]}]', "c": b"{}"}),
            "layer l is missing",
        ),
        (tar({"l": b"\x28\xb5\x2f\xfd" + b"0" * 600}), "zstd stream is damaged"),
        (tar({"l": b"\x1f\x8b" + b"0" * 600}), "gzip stream is damaged"),
        (tar({"manifest.json": b"[{}]" * 200})[:700], "cut off"),
    ],
)
def test_bad_archives_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        read(io.BytesIO(data))
