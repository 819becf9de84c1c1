"""One use of a builder: its isolation, and the removing of everything that was made there."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec

from imgopt import temporary
from imgopt.bench.built_images import ImageSizes
from imgopt.bench.circumstances import Place
from imgopt.bench.leftovers import REPOSITORY, recover
from imgopt.bench.options import DISPOSABLE, NAMED, SHARED, Options, Watcher
from imgopt.bench.record import engine_facts
from imgopt.bench.run_folder import RunFolder, State
from imgopt.buildkit import builder, buildx, cache
from imgopt.docker.images import exists, remove_images
from imgopt.docker.info import info
from imgopt.errors import ConfigError, EngineError


class Session:
    """A context manager that removes what was made on the builder.

    `id` tells sessions apart, `builder` is the name for buildx (empty: the current one),
    `isolation` the level, `tags` are the images that were built, `facts` the engine, `driver` the
    builder's, `is_local` whether it runs on this machine. `emptied` counts how often it was
    emptied. `sizes` are those of the images, `folder` is where everything temporary goes.
    """

    def __init__(self, options: Options, watcher: Watcher, name: str = "") -> None:
        self.id = secrets.token_hex(6)
        self.builder = name or options.builder
        self.tags: list[str] = []
        self._named = 0
        self.emptied = 0
        self.sizes = ImageSizes(watcher)
        self._options = options
        self._watcher = watcher
        self._folder: RunFolder | None = None
        self._made = ""  # the temporary builder
        self._fetched = ""  # its image, where the engine did not have it before
        self._before: frozenset[str] | None = None

    def __enter__(self) -> Session:
        told = info()
        try:
            with temporary.uninterrupted():
                self._folder = RunFolder(State(self.id, told.machine))
            recover(told.machine, self._watcher)
            if self._options.isolation == DISPOSABLE and not self.builder:
                self._make(self._folder, told.machine)
            found = builder.inspect(self.builder)
            self.isolation = DISPOSABLE if self._made else level(found, self._options, self.builder)
            self.driver, self.is_local = found.driver, found.is_local
            self.facts = engine_facts(told, found)
            if not self._made:
                self._before = cache.record_ids(self.builder)
            self._watcher.begin(self.isolation)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with temporary.uninterrupted():
            self._watcher.cleaning()
            is_clean = self._clean_up()
            if self._folder is None:
                return
            try:
                if is_clean:
                    self._folder.remove()
                else:
                    self._folder.leave()
            except OSError as error:
                self._watcher.not_cleaned(f"{self._folder.path}: {error.strerror}")

    @property
    def folder(self) -> Path:
        assert self._folder is not None, "a session has a folder while it is entered"
        return self._folder.path

    @property
    def place(self) -> Place:
        """What records say of the session."""
        return Place(self.id, self.facts, self.isolation)

    @property
    def is_disposable(self) -> bool:
        """Whether the builder may be emptied."""
        return self.isolation == DISPOSABLE

    def tag(self, name: str) -> str:
        """A new name for an image of this session, which goes with it."""
        self.tags.append(f"{REPOSITORY}/{self.id}:{self._named}-{tag_part(name)}")
        self._named += 1
        return self.tags[-1]

    def drop_images(self) -> None:
        """Remove the images of now, whose sizes have been read; what is cached stays."""
        remove_images(self.tags)
        self.tags.clear()

    def build(
        self, spec: buildx.BuildSpec, on_step: Callable[[str], None] = lambda _name: None
    ) -> buildx.BuildOutcome:
        """Run a build on this session's builder; errors are those of `buildx.build`."""
        assert self._folder is not None, "builds run while the session is entered"
        own = msgspec.structs.replace(
            spec, builder=self.builder, folder=self._folder.path, held=(self._folder.lock,)
        )
        return buildx.build(own, on_step)

    def empty(self) -> None:
        """Remove all cache of a disposable builder, and this session's images."""
        if not self.is_disposable:
            raise ConfigError("only a disposable builder may be emptied")
        self.sizes.read()
        remove_images(self.tags)
        builder.empty(self.builder)
        self.emptied += 1

    def _make(self, folder: RunFolder, machine: str) -> None:
        name, options = f"imgopt-{self.id}", self._options.driver_options
        image = builder.image_of(options)
        self._fetched = "" if exists(image) else image
        self._made = self.builder = name
        folder.write(State(self.id, machine, name))
        try:
            builder.create(name, options)
        except EngineError as error:
            raise EngineError(f"cannot create a temporary builder: {error}") from error

    def _clean_up(self) -> bool:
        """Remove what was made; False when the next run has to. Trouble here is told and does not
        hide why the session ended."""
        try:
            remove_images(self.tags)
            if self._made:
                self._remove_builder()
                return True
            left = cache.remove_new(self._before, self.builder) if self._before is not None else 0
        except EngineError as error:
            self._watcher.not_cleaned(f"{error}; the next run on this engine removes its images")
            return False
        if left:
            self._watcher.not_cleaned(
                f"BuildKit keeps {left} of its cache records (they are in use, or its disk is full)"
            )
        return True

    def _remove_builder(self) -> None:
        try:
            builder.remove(self._made)
        except EngineError as error:
            if "no builder" not in str(error):  # it was never made
                raise EngineError(
                    f"{error}; remove it with docker buildx rm {self._made}"
                ) from error
        if self._fetched:
            remove_images([self._fetched])


def level(found: builder.Builder, options: Options, name: str) -> str:
    """How isolated a builder is that is there; it is named in `name`, if it is. ConfigError where
    the options want more than it gives."""
    if found.name in options.disposable and options.isolation != SHARED:
        return DISPOSABLE
    if options.isolation == DISPOSABLE:
        raise ConfigError(
            f"builder {found.name!r} is not marked as disposable; write "
            f'`disposable = ["{found.name}"]` under [bench] if everything in it may be '
            f"removed, or leave --builder out for a temporary one"
        )
    return NAMED if name else SHARED


def expected_place(options: Options) -> tuple[str, str]:
    """(machine, isolation) that the records of a session with these options will have."""
    told = info()
    if options.isolation == DISPOSABLE and not options.builder:
        return told.machine, DISPOSABLE
    found = builder.inspect(options.builder)
    return engine_facts(told, found).machine, level(found, options, options.builder)


def tag_part(name: str) -> str:
    """What of a name may stand in an image's tag."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name)[:90]
