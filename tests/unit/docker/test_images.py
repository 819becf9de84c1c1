"""The engine's facts and images, with a stand-in for the engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stand_in import HISTORY, INSPECT, Broken, StandIn, on_socket

from imgopt.docker import images
from imgopt.docker.info import info
from imgopt.errors import EngineError, ImageError


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    answers = {
        "/images/python:3/json": INSPECT,
        "/images/python:3/history": HISTORY,
        "/images/get?names=python%3A3": b"archive" + bytes(3_000_000),
        "/images/python:3/tag": {},
        "/images/python:3": [],
        "/images/get?names=broken": Broken(b"archive" + bytes(3_000_000)),
        "/images/built/json": {**INSPECT, "RepoDigests": [], "Size": 60, "RepoTags": ["built:1"]},
        "/images/classic/json": {**INSPECT, "Id": "sha256:5", "Size": 80},
        "/images/json": [
            {"Id": "sha256:4", "Size": 5},
            {"Id": INSPECT["Id"], "Size": 275},
            {"Id": "sha256:5", "Size": 80},
        ],
    }
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    with on_socket(tmp_path / "engine.sock", answers) as made:
        yield made


@pytest.mark.usefixtures("engine")
def test_what_the_engine_says_of_itself() -> None:
    found = info()
    assert (found.docker, found.cpus, found.memory_bytes) == ("28.5.2", 2, 8_000_000_000)
    assert found.storage == "overlayfs (containerd)"
    assert len(found.machine) == 12


@pytest.mark.usefixtures("engine")
def test_an_image_and_its_history_oldest_first() -> None:
    found = images.image("python:3")
    assert found.id == INSPECT["Id"]
    assert [entry.size_bytes for entry in found.history] == [4096, 0]
    assert images.exists("python:3")


@pytest.mark.usefixtures("engine")
def test_an_image_is_known_by_its_registrys_digest_else_by_its_id() -> None:
    assert images.identity("python:3") == "sha256:" + "2" * 64
    assert images.registry_digest("python:3") == "sha256:" + "2" * 64
    assert images.identity("built") == INSPECT["Id"]
    assert images.registry_digest("built") == ""


@pytest.mark.usefixtures("engine")
def test_an_unknown_image_is_one_message() -> None:
    assert not images.exists("nothing")
    for ask in (images.image, images.identity, lambda name: images.tag(name, "other")):
        with pytest.raises(ImageError, match="no image 'nothing' in the engine"):
            ask("nothing")
    with pytest.raises(ImageError, match="no image 'nothing'"), images.save("nothing"):
        pass


@pytest.mark.usefixtures("engine")
def test_the_size_that_the_engine_reports_and_what_of_it_is_compressed() -> None:
    assert images.reported_size("built") == images.ReportedSize(275, 60)
    assert images.reported_size("classic") == images.ReportedSize(80, 0)
    with pytest.raises(ImageError, match="no image 'nothing'"):
        images.reported_size("nothing")


def test_tags_and_removals_go_to_the_engine(engine: StandIn) -> None:
    images.tag("python:3", "localhost:5000/other:new")
    images.remove_images(["gone", "python:3"])
    asked = [text for text in engine.asked if not text.startswith("GET")]
    assert asked[0].startswith("POST /images/python:3/tag?")
    assert "repo=localhost%3A5000%2Fother" in asked[0]
    assert "tag=new" in asked[0]
    assert [text.partition("?")[0] for text in asked[1:]] == [
        "DELETE /images/gone", "DELETE /images/python:3",
    ]  # fmt: skip


@pytest.mark.usefixtures("engine")
def test_an_archive_is_streamed_to_its_end() -> None:
    with images.save("python:3") as stream:
        assert stream.read(7) == b"archive"
        assert len(stream.read()) == 3_000_000
        assert stream.read(1) == b""


@pytest.mark.usefixtures("engine")
def test_a_stream_that_breaks_off_is_one_message() -> None:
    with pytest.raises(EngineError, match="did not send broken"), images.save("broken") as stream:
        stream.read()


def test_without_an_engine_removing_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    images.remove_images(["a", "b"])
    assert not images.exists("a")
