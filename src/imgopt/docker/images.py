"""The engine's images: what they are, their names, and their archive as a stream."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, cast

import msgspec

from imgopt.docker.client import ANSWER_S, asking
from imgopt.errors import EngineError, ImageError

_BUFFER = 1 << 20
_COUNTS_FILES = ("overlay2",)  # the classic store's; containerd's is called overlayfs


class HistoryEntry(msgspec.Struct, frozen=True):
    """One entry of an image's history; `size_bytes` is uncompressed, as the engine counts."""

    created_by: str
    size_bytes: int


class ImageInfo(msgspec.Struct, frozen=True):
    """An image in the engine: its id, diff IDs and history, oldest first.

    `counts_files` says that the history's sizes are sums of files; else they are what the layers
    take on the engine's disk.
    """

    id: str
    diff_ids: tuple[str, ...]
    history: tuple[HistoryEntry, ...]
    counts_files: bool = True


class ReportedSize(msgspec.Struct, frozen=True):
    """How big the engine says that an image is, as `docker images` shows it.

    In containerd's store that is what the unpacked layers take on the disk and, of `content_bytes`,
    the compressed ones; in the classic store, where `content_bytes` is 0, the sum of the files.
    """

    size_bytes: int
    content_bytes: int


def image(name: str) -> ImageInfo:
    """Facts about an image; ImageError when the engine has none of that name."""
    with asking(f"describe {name}", name) as client:
        data: dict[str, Any] = client.inspect_image(name)
        listed: list[dict[str, Any]] = client.history(name)
    history = tuple(
        HistoryEntry(str(row.get("CreatedBy") or ""), int(row.get("Size") or 0))
        for row in reversed(listed)
    )
    layers = (data.get("RootFS") or {}).get("Layers") or ()
    driver = str((data.get("GraphDriver") or {}).get("Name"))
    return ImageInfo(str(data["Id"]), tuple(layers), history, driver in _COUNTS_FILES)


def exists(name: str) -> bool:
    """Whether the engine holds an image of this name; False, too, when no engine answers."""
    try:
        with asking(f"describe {name}", name) as client:
            client.inspect_image(name)
    except (EngineError, ImageError):
        return False
    return True


def identity(name: str) -> str:
    """The digest that the engine has an image by: that of its registry, else its id.

    ImageError when the engine has none of that name.
    """
    with asking(f"describe {name}", name) as client:
        data: dict[str, Any] = client.inspect_image(name)
    return _registry_digest(data) or str(data.get("Id", ""))


def registry_digest(name: str) -> str:
    """The digest that an image was pulled by; empty if it was not pulled.

    ImageError when the engine has none of that name.
    """
    with asking(f"describe {name}", name) as client:
        return _registry_digest(client.inspect_image(name))


def _registry_digest(data: dict[str, Any]) -> str:
    names = data.get("RepoDigests") or [""]
    return str(names[0]).rpartition("@")[2]


def reported_size(name: str) -> ReportedSize | None:
    """How big the engine says that an image is; None for one that it does not list.

    ImageError when the engine has none of that name.
    """
    with asking(f"describe {name}", name) as client:
        data: dict[str, Any] = client.inspect_image(name)
        names = data.get("RepoTags") or [None]
        rows: list[dict[str, Any]] = client.images(name=names[0])
    row = next((row for row in rows if row.get("Id") == data["Id"]), None)
    if row is None:
        return None
    total, own = int(row.get("Size") or 0), int(data.get("Size") or 0)
    return ReportedSize(total, own if own < total else 0)


def tag(name: str, other: str) -> None:
    """Give an image another name; ImageError when there is none of the first."""
    from docker.utils import parse_repository_tag

    repository, label = parse_repository_tag(other)
    with asking(f"tag {name} as {other}", name) as client:
        client.tag(name, repository, label)


def names_in(repository: str) -> list[str]:
    """The names, with their tags, that images of a repository have in the engine."""
    with asking(f"list images of {repository}") as client:
        rows: list[dict[str, Any]] = client.images(name=repository)
    names = [str(name) for row in rows for name in row.get("RepoTags") or ()]
    return sorted(name for name in names if name.startswith(f"{repository}:"))


def remove_images(names: Iterable[str]) -> None:
    """Remove images by name; those that are gone already, or in use, do not matter."""
    from docker.errors import APIError

    with suppress(EngineError):
        for name in names:
            with asking(f"remove {name}") as client, suppress(APIError):
                client.remove_image(name, force=True)


@contextmanager
def save(name: str, *more: str) -> Iterator[IO[bytes]]:
    """The archive of an image, or of several, as `docker save` writes it.

    Raises ImageError when there is no such image, EngineError when the stream breaks off.
    """
    from docker.errors import create_api_error_from_http_exception
    from requests import HTTPError

    with asking(f"send {name}", name) as client:
        url = f"{client.base_url}/v{client.api_version}/images/get"
        query = {"names": [name, *more]}
        # Not client.get_image: that one turns the timeout off, and takes one name.
        with client.get(url, params=query, stream=True, timeout=ANSWER_S) as response:
            try:
                response.raise_for_status()
            except HTTPError as error:
                create_api_error_from_http_exception(error)
            response.raw.auto_close = False  # else its end is an error for the buffer
            yield cast("IO[bytes]", io.BufferedReader(response.raw, _BUFFER))
