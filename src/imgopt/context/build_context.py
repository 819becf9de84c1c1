"""What BuildKit would receive: the context folder seen through its .dockerignore."""

from __future__ import annotations

import fnmatch
import os
import posixpath
import stat
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import msgspec
from e2b_dockerfile_utils import PatternMatcher

from imgopt.errors import ConfigError

MAX_ENTRIES = 200_000


class BuildContext(msgspec.Struct, frozen=True, dict=True):
    """A context folder on disk and the Dockerfile that is built from it.

    `overlay` are texts that count in place of the files with these absolute paths; no more than
    `limit` files are looked at. Not slotted, because what was read from disk is kept.
    """

    root: Path
    dockerfile: Path
    overlay: Mapping[str, str | None] = {}
    limit: int = MAX_ENTRIES

    @cached_property
    def ignore_file(self) -> Path | None:
        """`<Dockerfile>.dockerignore` beside the Dockerfile, else the context's .dockerignore."""
        own = self.dockerfile.with_name(self.dockerfile.name + ".dockerignore")
        for candidate in (own, self.root / ".dockerignore"):
            if self.overlay.get(str(candidate)) is not None or os.path.isfile(candidate):
                return candidate
        return None

    @cached_property
    def ignore_text(self) -> str:
        """The ignore file's text, empty without one; ConfigError when it cannot be read."""
        if self.ignore_file is None:
            return ""
        given = self.overlay.get(str(self.ignore_file))
        if given is not None:
            return given
        try:
            return self.ignore_file.read_text(encoding="utf-8-sig", errors="replace")
        except OSError as error:
            raise ConfigError(f"{self.ignore_file}: cannot read it ({error.strerror})") from error

    @cached_property
    def matcher(self) -> PatternMatcher | None:
        """The ignore patterns; ConfigError for an invalid one."""
        if self.ignore_file is None:
            return None
        try:
            return PatternMatcher(self.ignore_text.splitlines())
        except ValueError as error:
            raise ConfigError(f"{self.ignore_file}: {error}") from error

    def ignored(self, path: str) -> bool:
        """Whether a path, relative to the context with slashes, is not sent."""
        return self.matcher is not None and self.matcher.matches(path)

    @property
    def files(self) -> dict[str, int]:
        """Path → size in bytes of the regular files and links that a build could send.

        Stops after `limit`; folders that cannot be read count as empty.
        """
        return self._read[0]

    @property
    def folders(self) -> list[str]:
        """The folders that a build could send, each before what is in it."""
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[dict[str, int], list[str]]:
        found: dict[str, int] = {}
        folders: list[str] = []
        todo = [""]
        while todo and len(found) < self.limit:
            folder = todo.pop()
            for entry in self._entries(folder):
                path = posixpath.join(folder, entry.name)
                ignored = self.ignored(path)
                if entry.is_dir(follow_symlinks=False):
                    if not ignored:
                        folders.append(path)
                    if not ignored or (self.matcher and self.matcher.may_match_under(path)):
                        todo.append(path)
                elif not ignored:
                    info = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(info.st_mode) or stat.S_ISLNK(info.st_mode):
                        found[path] = info.st_size
        return found, folders

    @cached_property
    def all_paths(self) -> list[str] | None:
        """Every file and folder on disk, ignored or not; None when there are too many."""
        found: list[str] = []
        todo = [""]
        while todo:
            folder = todo.pop()
            for entry in self._entries(folder):
                path = posixpath.join(folder, entry.name)
                found.append(path)
                if entry.is_dir(follow_symlinks=False):
                    todo.append(path)
            if len(found) > MAX_ENTRIES // 10:
                return None
        return found

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        """A folder's entries by name; none where it cannot be read."""
        try:
            return sorted(os.scandir(self.root / folder), key=lambda e: e.name)
        except OSError:
            return []

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
            for entry in self._entries(folder):
                inside = posixpath.join(folder, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    todo.append(inside)
                elif not self.ignored(inside):
                    return True
        return True

    def read_text(self, path: str, limit_bytes: int = 1_000_000) -> str | None:
        """Contents of a file in the context, None when it cannot be read as text."""
        try:
            with (self.root / clean(path)).open("rb") as file:
                return file.read(limit_bytes).decode("utf-8", errors="replace")
        except OSError:
            return None

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
            return list(self.files)
        if not any(c in source for c in "*?["):
            prefix = source + "/"
            return [path for path in self.files if path == source or path.startswith(prefix)]
        depth = source.count("/") + 1
        taken = []
        for path in self.files:
            head = "/".join(path.split("/")[:depth])
            if head.count("/") + 1 == depth and _glob(head, source):
                taken.append(path)
        return taken


def _glob(path: str, pattern: str) -> bool:
    """Go's filepath.Match: a star does not cross a slash."""
    parts = zip(path.split("/"), pattern.split("/"), strict=True)
    return all(fnmatch.fnmatchcase(name, glob) for name, glob in parts)


def clean(path: str) -> str:
    """A COPY source as a path inside the context: always relative, never above it."""
    cleaned = posixpath.normpath("/" + path).lstrip("/")
    return cleaned or "."
