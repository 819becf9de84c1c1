"""What `imgopt record builds` does: from files, or a builder's memory, to records in a history."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO

import msgspec

from imgopt import temporary
from imgopt.bench.own_builds import is_own
from imgopt.bench.record import engine_facts
from imgopt.buildkit import build_history
from imgopt.buildkit.builder import inspect
from imgopt.buildkit.dockerbuild import archive, record
from imgopt.buildkit.dockerbuild.record import Known, Told
from imgopt.buildkit.dockerbuild.source import Source
from imgopt.config import Config
from imgopt.dockerfile.stages import StageGraph
from imgopt.errors import ConfigError
from imgopt.history import git
from imgopt.history.store import History
from imgopt.project.origin import Built, origin
from imgopt.project.services import images
from imgopt.records.build import BuildRecord, Engine
from imgopt.records.limits import check_build

_STDIN, _HISTORY = "<stdin>", "docker buildx history"
_AT_ONCE = 500
_REFS_AT_ONCE = 50


class Choice(msgspec.Struct, frozen=True):
    """What the command line says."""

    sources: tuple[str, ...]
    from_history: bool
    since: datetime | None
    builder: str
    service: str
    scenario: str
    machine: str


class Recorder:
    """One run of the command: what it reads goes to the history; `broken` is what it could not."""

    def __init__(self, chosen: Choice, settings: Config, store: History) -> None:
        self._chosen = chosen
        self._store = store
        self._count: Counter[str] = Counter()
        self._waiting: list[BuildRecord] = []
        self._root = git.top(settings.root) or settings.root
        self._images = images(settings, Path.cwd())
        self._revision = cache(lambda commit: git.known_commit(self._root, commit))
        self._engine = Engine("", "", "", "", 0, 0, chosen.machine)
        self.broken: list[str] = []

    def run(self) -> None:
        """Record all builds; what is broken in one file takes none of the others with it."""
        for name, stream in self._history() if self._chosen.from_history else self._files():
            try:
                with stream:
                    self._waiting += self._records(name, stream)
            except ConfigError as error:
                self.broken.append(str(error))
            # Together: each time that something is added is a commit of a history in git.
            if len(self._waiting) >= _AT_ONCE:
                self._flush()
        self._flush()

    def summary(self) -> str:
        """One line of what was done."""
        count = self._count
        read = count["read"]
        failed = f" ({count['failed']} failed)" if count["failed"] else ""
        parts = [
            f"{read} build{'' if read == 1 else 's'} read{failed}: {count['new']} recorded",
            f"{read - count['new']} already known",
        ]
        for what, text in (
            ("cancelled", "cancelled"),
            ("old", "from before --since"),
            ("own", "of imgopt itself"),
        ):
            if count[what]:
                parts.append(f"{count[what]} {text} skipped")
        return ", ".join(parts)

    def _files(self) -> Iterator[tuple[str, IO[bytes]]]:
        paths = [Path(source) for source in self._chosen.sources if source != "-"]
        if len(paths) < len(self._chosen.sources):
            yield _STDIN, sys.stdin.buffer
        for path in archive.files_of(paths):
            try:
                stream = archive.open_regular(path)
            except ConfigError as error:
                self.broken.append(str(error))
                continue
            yield str(path), stream

    def _history(self) -> Iterator[tuple[str, IO[bytes]]]:
        """Archives of the builds that the builder remembers, some at a time."""
        from imgopt.docker.info import EngineInfo, info

        builder = inspect(self._chosen.builder)
        # Of a builder elsewhere, this machine's engine says nothing, and need not be there.
        told = info() if builder.is_local else EngineInfo("", "", 0, 0, "")
        engine = engine_facts(told, builder)
        machine = self._chosen.machine or engine.machine
        self._engine = msgspec.structs.replace(engine, machine=machine)
        refs = list(self._chosen.sources)
        if not refs:
            listed = build_history.builds(self._chosen.builder)
            since = self._chosen.since
            refs = [b.ref for b in listed if since is None or b.created_at >= since]
            self._count["old"] += len(listed) - len(refs)
        for start in range(0, len(refs), _REFS_AT_ONCE):
            with temporary.folder("imgopt-builds-") as folder:
                file = folder / "builds.dockerbuild"
                some = refs[start : start + _REFS_AT_ONCE]
                build_history.export(some, file, self._chosen.builder)
                yield _HISTORY, archive.open_regular(file)

    def _records(self, name: str, stream: IO[bytes]) -> list[BuildRecord]:
        """The records of one file; ConfigError with its name where anything in it is broken."""
        found = []
        for layout in archive.layouts(name, stream):
            for build in layout.builds():
                told = record.read(build)
                if reason := self._passed_over(told):
                    self._count[reason] += 1
                    continue
                made = record.make_record(told, self._known(layout.name))
                try:
                    check_build(made)
                except ValueError as error:
                    raise ConfigError(f"{layout.name}: cannot be stored: {error}") from error
                found.append(made)
        return found

    def _passed_over(self, told: Told) -> str:
        """Why a build is not recorded; empty where it is."""
        if told.is_cancelled:
            return "cancelled"
        if is_own(told.source):
            return "own"
        since = self._chosen.since
        return "old" if since and told.created_s < since.timestamp() else ""

    def _flush(self) -> None:
        self._count["read"] += len(self._waiting)
        self._count["failed"] += sum(r.failure is not None for r in self._waiting)
        for start in range(0, len(self._waiting), _AT_ONCE):
            self._count["new"] += self._store.add(self._waiting[start : start + _AT_ONCE])
        self._waiting.clear()

    def _known(self, name: str) -> Known:
        return Known(
            self._chosen.scenario,
            lambda source, graph: self._place(source, graph, name),
            self._revision,
            lambda commit, path: git.file_at(self._root, commit, path),
            self._engine,
        )

    def _place(self, source: Source, graph: StageGraph | None, name: str) -> tuple[str, str]:
        built = Built(
            source.dockerfile,
            source.context,
            source.is_in_repository,
            source.target,
            graph.stages[-1].name if graph else "",
            source.images,
            source.local_dockerfile,
            source.local_context,
            "" if name in (_STDIN, _HISTORY) else name,
        )
        service, path = origin(built, self._images, self._root)
        return self._chosen.service or service, path
