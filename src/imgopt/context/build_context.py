"""What BuildKit would receive: the context folder seen through its .dockerignore."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import msgspec

from imgopt.context.disk import Disk
from imgopt.context.listing import Listing
from imgopt.context.patterns import Ignore, copy_source
from imgopt.errors import ConfigError
from imgopt.files import UnreadableFile, read_head, read_regular

MAX_ENTRIES = 200_000
_MAX_IGNORE_BYTES = 200_000


class BuildContext(msgspec.Struct, frozen=True, dict=True):
    """A context folder on disk and the Dockerfile that is built from it.

    `overlay` are texts that count in place of the files with these absolute paths; no more than
    `limit` files are looked at. `disk` is shared by contexts of one run. Not slotted, because what
    was read from disk is kept. Raises ConfigError where the ignore file cannot be read.
    """

    root: Path
    dockerfile: Path
    overlay: Mapping[str, str | None] = {}
    limit: int = MAX_ENTRIES
    disk: Disk = msgspec.field(default_factory=Disk)

    @cached_property
    def ignore_file(self) -> Path | None:
        """`<Dockerfile>.dockerignore` beside the Dockerfile, else the context's .dockerignore."""
        own = self.dockerfile.with_name(self.dockerfile.name + ".dockerignore")
        for candidate in (own, self.root / ".dockerignore"):
            if self.overlay.get(str(candidate)) is not None or os.path.exists(candidate):
                return candidate
        return None

    @cached_property
    def ignore_text(self) -> str:
        """The ignore file's text, empty without one."""
        if self.ignore_file is None:
            return ""
        given = self.overlay.get(str(self.ignore_file))
        if given is not None:
            return given
        data = read_regular(self.ignore_file, _MAX_IGNORE_BYTES)
        return data.decode("utf-8-sig", errors="replace")

    @cached_property
    def ignore(self) -> Ignore | None:
        """The ignore patterns."""
        if self.ignore_file is None:
            return None
        text = self.ignore_text
        try:
            return self.disk.once(("ignore", text), lambda: Ignore(text.splitlines()))
        except ValueError as error:
            raise ConfigError(f"{self.ignore_file}: {error}") from error

    @cached_property
    def listing(self) -> Listing:
        """What could be sent; no more than `limit` files, and none of unreadable folders."""
        ignore = self.ignore
        key = ("listing", self.root, ignore and self.ignore_text, self.limit)
        try:
            return self.disk.once(
                key, lambda: Listing(self.disk, str(self.root), ignore, self.limit)
            )
        except ValueError as error:
            raise ConfigError(f"{self.ignore_file}: {error}") from error

    def ignored(self, path: str) -> bool:
        """Whether a path, relative to the context with slashes, is not sent."""
        return self.ignore is not None and self.ignore.excludes(path)

    @property
    def files(self) -> Mapping[str, int]:
        """Path → size in bytes of the regular files and links that a build could send."""
        return self.listing.files

    @property
    def folders(self) -> list[str]:
        """The folders that a build could send, each before what is in it."""
        return self.listing.folders

    @cached_property
    def all_paths(self) -> list[str] | None:
        """Every file and folder on disk, ignored or not; None when there are too many."""
        found: list[str] = []
        todo = [""]
        while todo:
            prefix = todo.pop()
            for name, is_folder, _ in self.disk.entries(f"{self.root}/{prefix}"):
                found.append(prefix + name)
                if is_folder:
                    todo.append(f"{prefix}{name}/")
            if len(found) > MAX_ENTRIES // 10:
                return None
        return found

    def size_of(self, path: str) -> int:
        """Bytes of a file or folder that a build would send."""
        return sum(self.files[name] for name in self.sent_by(path))

    def exists(self, path: str) -> bool:
        """Whether the path is in the folder on disk, ignored or not."""
        return os.path.lexists(self.root / clean(path))

    def is_folder(self, path: str) -> bool:
        return os.path.isdir(self.root / clean(path))

    def sends_folder(self, path: str) -> bool:
        """Whether a build gets a folder, be it empty: something in it is not ignored."""
        todo = [clean(path)]
        for _ in range(MAX_ENTRIES):
            if not todo:
                return False
            folder = todo.pop()
            if not self.ignored(folder):
                return True
            for name, is_folder, _size in self.disk.entries(f"{self.root}/{folder}"):
                inside = posixpath.join(folder, name)
                if is_folder:
                    todo.append(inside)
                elif not self.ignored(inside):
                    return True
        return True

    def read_text(self, path: str, limit_bytes: int = 1_000_000) -> str | None:
        """The beginning of a file in the context, None when it cannot be read."""
        try:
            data = read_head(self.root / clean(path), limit_bytes)
        except UnreadableFile:
            return None
        return data.decode("utf-8", errors="replace")

    def sent_by(self, source: str) -> list[str]:
        """The files that a COPY of that source (a path or a glob, not a URL) would take."""
        source = clean(source)
        if source not in self._sent:
            self._sent[source] = self._taken(source)
        return self._sent[source]

    @cached_property
    def _sent(self) -> dict[str, list[str]]:
        return {}

    def _taken(self, source: str) -> list[str]:
        if source in ("", "."):
            return self.listing.paths
        if any(c in source for c in "*?["):
            try:
                return self.listing.matching(copy_source(source))
            except ValueError:  # a pattern that no build takes, either
                return []
        return [source] if source in self.files else self.listing.below(source)


def clean(path: str) -> str:
    """A COPY source as a path inside the context: always relative, never above it."""
    cleaned = posixpath.normpath("/" + path).lstrip("/")
    return cleaned or "."
