"""A history on a branch of git: one file for each set of records that was added at once.

A file is named by what is in it and never changes, so that two branches are merged by having the
files of both. Records are read through a database beside the repository's objects, to which new
files are added when it is opened.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

import msgspec

from imgopt import temporary
from imgopt.errors import HistoryError
from imgopt.history.plumbing import Entry, Objects, objects
from imgopt.history.schema import VERSION
from imgopt.history.store import History
from imgopt.records.limits import MAX_DOCUMENT_BYTES
from imgopt.records.lines import Item, item

_MARK = "imgopt-history.json"
_VERSION = 1
_SET = re.compile(r"sets/[0-9a-f]{2}/[0-9a-f]{64}\.jsonl\.gz")
_ATTEMPTS = 50


class _Mark(msgspec.Struct, frozen=True):
    """What says that a branch is a history."""

    schema_version: int
    about: str = "Build records of imgopt: imgopt history ls --history git:BRANCH"


class Branch(msgspec.Struct, frozen=True):
    """A branch of a repository."""

    objects: Objects
    name: str

    @property
    def ref(self) -> str:
        return f"refs/heads/{self.name}"

    @property
    def shown(self) -> str:
        return f"git:{self.name}"

    def tip(self) -> str:
        """The branch's last commit; empty when there is no such branch."""
        return self.objects.commit_of(self.ref)

    def sets(self, commit: str) -> list[Entry]:
        """The files with records; HistoryError for a commit that is of no history."""
        files = {entry.path: entry for entry in self.objects.files(commit)} if commit else {}
        if commit:
            self._check(files)
        return [entry for path, entry in files.items() if _SET.fullmatch(path)]

    def _check(self, files: dict[str, Entry]) -> None:
        if _MARK not in files:
            raise HistoryError(
                f"the branch {self.name} is no history of imgopt: name one that does not exist yet"
            )
        try:
            (data,) = self.objects.contents([files[_MARK].blob])
            version = msgspec.json.decode(data, type=_Mark).schema_version
        except msgspec.MsgspecError as error:
            raise HistoryError(f"{self.shown}: {_MARK} is damaged: {error}") from error
        if version > _VERSION:
            raise HistoryError(
                f"the history {self.shown} was written by a newer imgopt (schema {version}, this "
                f"one knows {_VERSION}); upgrade imgopt or name another with --history"
            )

    def items(self, sets: Iterable[Entry]) -> Iterator[Item]:
        """The records of files."""
        entries = list(sets)
        contents = self.objects.contents(entry.blob for entry in entries)
        for entry, data in zip(entries, contents, strict=True):
            number = 0
            try:
                with gzip.open(io.BytesIO(data)) as lines:
                    while line := lines.readline(MAX_DOCUMENT_BYTES + 2):
                        number += 1
                        yield item(line.rstrip(b"\n"))
            except (ValueError, OSError, EOFError) as error:
                raise HistoryError(f"{self.shown}: {entry.path}:{number}: {error}") from error

    def commit(self, more: Iterable[Entry], message: str) -> None:
        """Put files on the branch, whatever others do with it meanwhile."""
        entries = list(more)
        for _ in range(_ATTEMPTS):
            tip = self.tip()
            tree = self.objects.tree(tip, entries if tip else [self._mark(), *entries])
            made = self.objects.commit(tree, [tip] if tip else [], message)
            if self.objects.move(self.ref, made, tip):
                return
            time.sleep(random.uniform(0, 0.05))
        raise HistoryError(f"the branch {self.name} cannot be moved, or changes all the time")

    def _mark(self) -> Entry:
        data = msgspec.json.encode(_Mark(_VERSION)) + b"\n"
        return Entry(_MARK, self.objects.keep_bytes(data))

    @contextmanager
    def opened(self) -> Iterator[RecordSet]:
        """A set of records that are added at once."""
        with temporary.folder("imgopt-set-") as folder, (folder / "set").open("wb") as file:
            yield RecordSet(self, folder / "set", file)


class RecordSet:
    """Records that become one file of a branch."""

    def __init__(self, branch: Branch, path: Path, file: IO[bytes]) -> None:
        self._branch = branch
        self._path = path
        self._file = file
        self._packed = gzip.GzipFile("", "wb", fileobj=file, mtime=0)
        self._digest = hashlib.sha256()
        self._count = 0

    def write(self, line: bytes) -> None:
        """Take a line."""
        self._count += 1
        self._digest.update(line + b"\n")
        self._packed.write(line + b"\n")

    def keep(self) -> str:
        """Put them on the branch; the file's path, empty when there is nothing in it."""
        if not self._count:
            return ""
        self._packed.close()
        self._file.flush()
        name = self._digest.hexdigest()
        path = f"sets/{name[:2]}/{name}.jsonl.gz"
        blob = self._branch.objects.keep(self._path)
        records = "1 record" if self._count == 1 else f"{self._count} records"
        self._branch.commit([Entry(path, blob)], f"Add {records}")
        return path


def branch(name: str, folder: Path) -> Branch:
    """A branch of the repository that a folder is in, whether it exists or not."""
    found = objects(folder)
    if found is None:
        raise HistoryError(f"git:{name[:100]}: {folder} is in no git repository")
    if not found.succeeds("check-ref-format", f"refs/heads/{name}") or name.startswith("-"):
        raise HistoryError(f"git:{name[:100]}: git takes no branch of that name")
    return Branch(found, name)


def open_branch(name: str, folder: Path, create: bool) -> History:
    """The history on a branch. Where only a remote's is known, the branch begins with that."""
    found = branch(name, folder)
    tip = found.tip() or _from_remote(found)
    if not tip and not create:
        raise HistoryError(
            f"there is no history on the branch {name} yet; `imgopt bench` creates one, "
            "`imgopt history pull` brings that of a remote"
        )
    found.sets(tip)
    file = found.objects.folder / "imgopt" / f"{quote(name, safe='')}.{VERSION}.db"
    history = History(f"sqlite:///{file}", journal=found)
    known = history.sources()
    sets = found.sets(found.tip())  # after that: what another process adds is on the branch first
    if known - {entry.path for entry in sets}:  # the branch was made anew
        history.close()
        for path in file.parent.glob(f"{file.name}*"):
            path.unlink(missing_ok=True)
        history, known = History(f"sqlite:///{file}", journal=found), frozenset()
    new = [entry for entry in sets if entry.path not in known]
    if new:
        history.read_sources({entry.path for entry in new}, found.items(new))
    return history


def _from_remote(found: Branch) -> str:
    refs = found.objects.run("for-each-ref", "--format=%(refname)", "refs/remotes").decode()
    wanted = [ref for ref in refs.split() if ref.partition("refs/remotes/")[2].partition("/")[2]
              == found.name]  # fmt: skip
    own = [ref for ref in wanted if ref == f"refs/remotes/origin/{found.name}"]
    for ref in own or wanted[:1]:
        found.objects.move(found.ref, found.objects.commit_of(ref), "")
    return found.tip()
