"""Records between histories as JSON lines: what `history` and `record` export and import."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import IO

import click
import msgspec

from imgopt import config as configuration
from imgopt import files
from imgopt.cli.messages import say
from imgopt.errors import ConfigError
from imgopt.history.opening import open_history
from imgopt.history.store import History
from imgopt.records.limits import MAX_DOCUMENT_BYTES
from imgopt.records.lines import Item, item, line

STANDARD = Path("-")
_LOOKED_AT = 1000  # before a history is made, which a wrong file should not leave behind


class Chosen(msgspec.Struct, frozen=True):
    """What of a history is written: `everything`, or build records alone."""

    services: tuple[str, ...] = ()
    since: datetime | None = None
    everything: bool = True


def opened(history: str | None, config: Path | None, create: bool = True) -> History:
    """The history that the option names, else the configuration, else the project's own."""
    settings = configuration.load(Path.cwd(), config)
    return open_history(history or settings.settings.history.url, settings.root, create)


def write(store: History, chosen: Chosen, target: Path, quiet: bool) -> None:
    """Write lines to a file, which is replaced as a whole, or to stdout."""
    count = 0

    def lines() -> Iterator[bytes]:
        nonlocal count
        for one in _items(store, chosen):
            count += 1
            yield line(one) + b"\n"

    if target == STANDARD:
        sys.stdout.buffer.writelines(lines())
        return
    files.write_parts(target, lines())
    if not quiet:
        say(f"{count} records written to {target}")


def _items(store: History, chosen: Chosen) -> Iterator[Item]:
    yield from store.records(services=chosen.services, since=chosen.since)
    if chosen.everything:
        yield from store.events(services=chosen.services, since=chosen.since)
        if not chosen.services and chosen.since is None:  # an image has neither
            yield from store.images()


def read(file: Path, history: str | None, config: Path | None, quiet: bool) -> None:
    """Add the records of a file to a history, all or none; ConfigError names a line that is none.

    What comes from a pipe is written down first, so that nobody waits for whoever writes it.
    """
    name = "<stdin>" if file == STANDARD else str(file)
    with _seekable(file) as stream:
        items = _read(stream, name)
        first = list(islice(items, _LOOKED_AT))
        total = 0

        def counted(all_: Iterable[Item]) -> Iterator[Item]:
            nonlocal total
            for one in all_:
                total += 1
                yield one

        store = opened(history, config)
        store.require_writable()
        added = store.add_all(counted(chain(first, items)), checked=True)
        store.close()
    if not quiet:
        others = ((added.events, "event"), (added.images, "image record"))
        more = "".join(f", {n} {what}{'s' * (n > 1)} added" for n, what in others if n)
        say(f"{added.builds} records added, {total - sum(added)} already present{more}")


@contextmanager
def _seekable(file: Path) -> Iterator[IO[bytes]]:
    try:
        source = click.open_file(str(file), "rb")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    with source as stream:
        if stream.seekable():
            yield stream
            return
        with tempfile.TemporaryFile(prefix="imgopt-import-") as copy:
            shutil.copyfileobj(stream, copy, 1_000_000)
            copy.seek(0)
            yield copy


def _read(stream: IO[bytes], name: str) -> Iterator[Item]:
    number = 0
    while data := stream.readline(MAX_DOCUMENT_BYTES + 2):
        number += 1
        if not data.strip():
            continue
        try:
            yield item(data.rstrip(b"\n"))
        except ValueError as error:
            raise ConfigError(f"{name}:{number}: {error}") from error
