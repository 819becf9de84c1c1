"""Files of builds, whole, broken and hostile."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dockerbuilds
import pytest

from imgopt.buildkit.dockerbuild import allowance, archive, layout, record
from imgopt.errors import ConfigError

API = (dockerbuilds.FIXTURES / "api.dockerbuild").read_bytes()
TWO = (dockerbuilds.FIXTURES / "two.dockerbuild").read_bytes()


def refs(data: bytes, name: str = "f") -> list[str]:
    """The references of all builds of a file, their blobs read."""
    return [
        record.read(build).source.ref
        for one in archive.layouts(name, io.BytesIO(data))
        for build in one.builds()
    ]


def message_of(data: bytes) -> str:
    with pytest.raises(ConfigError) as error:
        refs(data)
    text = str(error.value)
    assert text.startswith("f"), text
    assert "\n" not in text
    return text


def test_the_kinds_of_files_are_told_by_what_they_hold() -> None:
    (api,) = refs(API)
    assert refs(gzip.decompress(API)) == [api]
    plain = gzip.decompress(API)
    assert refs(gzip.compress(plain[:9_000]) + gzip.compress(plain[9_000:]) + b"\0" * 9) == [api]
    assert refs(dockerbuilds.zipped({"o~r~ABC.dockerbuild": API})) == [api]
    assert api in refs(TWO)
    assert len(refs(dockerbuilds.zipped({"a": API, "b/c": TWO, "notes.txt": b"hi"}))) == 3


def test_a_stream_that_cannot_seek_is_read() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    found = [b.config["Ref"] for one in archive.layouts("f", Pipe(API)) for b in one.builds()]
    assert found == refs(API)


def test_folders_give_their_files_at_any_depth(tmp_path: Path) -> None:
    for name in ("b.zip", "a/x.dockerbuild", "a/readme.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = archive.files_of([tmp_path, Path("other")])
    assert found == [tmp_path / "a/x.dockerbuild", tmp_path / "b.zip", Path("other")]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="holds no"):
        archive.files_of([tmp_path / "empty"])


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"\x1f\x8b", API[:-20], API[:2000], b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18,
     gzip.compress(b"hello"), gzip.compress(b""), dockerbuilds.zipped({"x.txt": b"x"}),
     dockerbuilds.zipped({"x.dockerbuild": b"x"}), API[:1000] + b"\0" * 50 + API[1050:]],
    ids=range(12),
)  # fmt: skip
def test_what_is_broken_gets_one_message(data: bytes) -> None:
    message_of(data)


def test_a_zip_in_a_zip_is_not_read() -> None:
    inner = dockerbuilds.zipped({"x.dockerbuild": API})
    assert "a zip inside a zip" in message_of(dockerbuilds.zipped({"artifact.zip": inner}))


def test_an_image_archive_is_no_build_record() -> None:
    blobs = [("application/vnd.oci.image.config.v1+json", b"{}")]
    assert "holds no build record" in message_of(dockerbuilds.dockerbuild(blobs))
    assert "no index.json" in message_of(gzip.compress(dockerbuilds.tar({"manifest.json": b"[]"})))


def changed(change: Callable[[dict[str, bytes]], None]) -> bytes:
    """A good archive with its files changed."""
    entries = dockerbuilds.files([dockerbuilds.build()])
    change(entries)
    return gzip.compress(dockerbuilds.tar(entries))


def test_a_blob_must_be_what_its_digest_says() -> None:
    def swap(entries: dict[str, bytes]) -> None:
        first, second, *_ = (n for n in entries if n.startswith("blobs/"))
        entries[first], entries[second] = entries[second], entries[first]

    def lose(entries: dict[str, bytes]) -> None:
        del entries[next(n for n in entries if n.startswith("blobs/"))]

    assert "is not what its digest says" in message_of(changed(swap))
    assert "is missing" in message_of(changed(lose))


@pytest.mark.parametrize(
    "index",
    ["[]", "{}", '{"manifests": 3}', '{"manifests": [{"digest": 3}]}', "{" * 100_000, "\xff",
     '{"manifests": [{"digest": "../../etc/passwd"}]}', '{"manifests": []}',
     '{"manifests": [{"digest": "sha256:\\ud800"}]}'],
)  # fmt: skip
def test_an_index_may_be_anything(index: str) -> None:
    def replace(entries: dict[str, bytes]) -> None:
        entries["index.json"] = index.encode("latin-1")

    message_of(changed(replace))


def test_an_index_that_names_itself_ends() -> None:
    def loop(depth: int) -> dict[str, bytes]:
        entries: dict[str, bytes] = {}
        data = b'{"manifests": []}'
        for _ in range(depth):
            blob = f"sha256:{layout.hashlib.sha256(data).hexdigest()}"
            entries[f"blobs/{blob.replace(':', '/')}"] = data
            one = {"mediaType": dockerbuilds.INDEX, "digest": blob}
            data = json.dumps({"manifests": [one, one]}).encode()
        return {**entries, "index.json": data}

    assert "nested too deeply" in message_of(gzip.compress(dockerbuilds.tar(loop(20))))


def header(size: bytes, kind: bytes = b"0", name: bytes = b"index.json") -> bytes:
    """A tar header with whatever stands in it, and its checksum right."""
    block = bytearray(512)
    block[: len(name)] = name
    block[100:108] = b"0000644\0"
    block[124 : 124 + len(size)] = size
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


@pytest.mark.parametrize("kind", [b"0", b"x", b"L", b"K", b"g"])
@pytest.mark.parametrize(
    "size",
    [b"77777777777\0", b"\x80" + b"\xff" * 11, b"\xff" * 12, b"nonsense\0\0\0\0", b"00000001000\0"],
)
def test_headers_may_lie(size: bytes, kind: bytes) -> None:
    message_of(gzip.compress(header(size, kind) + b"x" * 100))


def test_links_and_devices_are_passed_over() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            entry = tarfile.TarInfo("index.json")
            entry.type, entry.linkname, entry.size = kind, "/etc/passwd", 0
            tar.addfile(entry)
    assert "no index.json" in message_of(gzip.compress(out.getvalue()))


def test_a_name_without_end_in_a_gzip_header_is_soon_over() -> None:
    read: list[int] = []

    class Counted(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            read.append(1)
            return super().read(size)

    header = b"\x1f\x8b\x08\x08" + b"\0" * 6 + b"x" * 5_000_000
    with pytest.raises(ConfigError, match="broken or cut off"):
        list(archive.layouts("f", Counted(header)))
    assert len(read) < 20


def test_bombs_end_at_their_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance, "MAX_UNPACKED_BYTES", 100_000)
    monkeypatch.setattr(archive, "MAX_MEMBERS", 10)
    monkeypatch.setattr(archive, "MAX_DIRECTORY_BYTES", 2_000)
    bomb = gzip.compress(b"\0" * 1_000_000)
    assert "unpacks to more than" in message_of(bomb)
    assert "unpacks to more than" in message_of(dockerbuilds.zipped({"x": b"\0" * 1_000_000}))
    assert "unpacks to more than" in message_of(dockerbuilds.zipped({"x.dockerbuild": bomb}))
    many = {str(number): b"" for number in range(20)}
    assert "more than 10 files" in message_of(dockerbuilds.zipped(many))
    assert "too many files" in message_of(
        dockerbuilds.zipped(dict.fromkeys(map(str, range(100)), b""))
    )


def test_a_zip_cannot_hide_its_table_of_contents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_DIRECTORY_BYTES", 2_000)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 10)  # then Python writes a zip64 end
    data = dockerbuilds.zipped(dict.fromkeys(map(str, range(100)), b""))
    assert b"PK\x06\x06" in data
    assert "too many files" in message_of(data)
    hidden = data[:-22] + data[-22:-10] + b"\0" * 4 + data[-6:]  # the old size says none
    assert "too many files" in message_of(hidden)
    few = dockerbuilds.zipped({**dict.fromkeys(map(str, range(20)), b""), "a.dockerbuild": API})
    assert b"PK\x06\x06" in few
    assert refs(few) == refs(API)


def test_blobs_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    def limited(module: Any, data: bytes = API, **limits: Any) -> str:
        with monkeypatch.context() as patch:
            for name, value in limits.items():
                patch.setattr(module, name, value)
            return message_of(data)

    assert "blobs of more than 0 MB in all" in limited(allowance, MAX_READ_BYTES=5_000)
    assert "larger than 0 MB" in limited(layout, MAX_DOCUMENT_BYTES=1_000)
    assert "more than 2 entries" in limited(layout, MAX_ENTRIES=2)
    assert "more than 0 builds" in limited(layout, MAX_BUILDS=0)
    # What one build may cost, many may not.
    assert len(refs(TWO)) == 2
    assert "more than 15 steps in all" in limited(allowance, TWO, MAX_STEPS=15)
    several = dockerbuilds.zipped({f"{n}.dockerbuild": API for n in range(3)})
    limit = 2 * len(gzip.decompress(API))
    assert "unpacks to more than 0 MB" in limited(allowance, several, MAX_UNPACKED_BYTES=limit)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path / "none", tmp_path, Path("a\0b")):
        with pytest.raises(ConfigError):
            archive.open_regular(path)
