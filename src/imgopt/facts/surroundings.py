"""What lies around a Dockerfile: the services that build it, their targets, its build context."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from pathlib import Path

import msgspec

from imgopt.config import Config
from imgopt.context.build_context import BuildContext
from imgopt.context.disk import Disk
from imgopt.dockerfile.model import Dockerfile
from imgopt.errors import ConfigError
from imgopt.facts.file import Surroundings
from imgopt.project.bake import bake_images
from imgopt.project.compose import compose_images
from imgopt.project.image import Image
from imgopt.project.nearby import Nearby, names_target
from imgopt.project.services import configured, merged


class Neighbourhood:
    """Looks up the surroundings of many Dockerfiles of one project.

    `today` is the date that end-of-life dates are held against; `bake` turns a bake file into the
    JSON of `docker buildx bake --print`, None where nothing can; `digest_of` asks for an image's
    digest, where that is wanted. `named` are the paths that the user named; `context` is a build
    context that they state, which then holds for every Dockerfile.
    """

    def __init__(
        self,
        config: Config,
        today: datetime.date | None = None,
        bake: Callable[[Path], str | None] = lambda _: None,
        digest_of: Callable[[str], str | None] | None = None,
        *,
        named: Iterable[Path] = (),
        context: Path | None = None,
    ) -> None:
        self._config = config
        self._today = today
        self._bake = bake
        self._digest_of = digest_of
        self._named = [Path(os.path.realpath(path)) for path in (Path(), *named)]
        self._stated = Path(os.path.realpath(context)) if context else None
        self._problems: dict[str, None] = {}
        self._disk = Disk()
        self._nearby = Nearby()
        self._by_compose: dict[tuple[Path, ...], list[Image]] = {}
        self._unread: set[Path | None] = set()
        self._by_bake: dict[Path, list[Image]] = {}
        self._by_folder: dict[Path, list[Image]] = {}

    @cached_property
    def _configured(self) -> list[Image]:
        return configured(self._config)

    @property
    def problems(self) -> list[str]:
        """Which files could not be read; lint went on without them."""
        return [*self._problems]

    @property
    def unreadable(self) -> list[str]:
        """Which folders could not be read, and why."""
        return self._disk.unreadable

    def note(self, problem: str) -> None:
        """Add to the problems, each of which is said once."""
        self._problems[problem] = None

    def look_again(self) -> None:
        """Forget what folders hold, since something was written."""
        self._disk = Disk()

    def is_built(self, dockerfile: Path) -> bool:
        """Whether configuration, a compose or a bake file builds a Dockerfile."""
        path = Path(os.path.realpath(dockerfile))
        return any(image.dockerfile == path for image in self.images(path.parent))

    def of(
        self, dockerfile: Path, file: Dockerfile, overlay: Mapping[str, str | None] | None = None
    ) -> Surroundings:
        """Targets, context and build args of a Dockerfile, as far as anything tells them."""
        path = Path(os.path.realpath(dockerfile))  # Path.resolve raises in a loop of links
        services = [
            image for image in self.images(path.parent)
            if image.dockerfile == path and image.inline is None
        ]  # fmt: skip
        known = self._nearby.bake_file(path.parent) not in self._unread
        made = frozenset(tag.lower() for i in self.images(path.parent) for tag in i.tags)

        def is_chosen(names: Iterable[str]) -> bool:
            return names_target(path.parent, names)

        if services:
            around = self.of_images(services, overlay)
            return msgspec.structs.replace(
                around, targets_are_known=known, is_chosen=is_chosen, made_here=made
            )
        root = self._stated or guess_context(path, file, self._highest(path))
        return Surroundings(
            targets_are_known=known,
            is_chosen=is_chosen,
            made_here=made,
            context=self._context(root, path, overlay) if root else None,
            context_is_certain=self._stated is not None,
            today=self._today,
            digest_of=self._digest_of,
        )

    def nowhere(self) -> Surroundings:
        """What is known of a Dockerfile that has no place, as from stdin."""
        stated = self._stated
        return Surroundings(
            context=self._context(stated, stated / "<stdin>", None) if stated else None,
            context_is_certain=stated is not None,
            today=self._today,
            digest_of=self._digest_of,
        )

    def of_images(
        self, services: list[Image], overlay: Mapping[str, str | None] | None = None
    ) -> Surroundings:
        """What the images that are built from one Dockerfile tell together."""
        first = services[0]
        targets = dict.fromkeys(s.target for s in services if s.target)
        exported = {s.target.lower() for s in services if s.exports}
        same_args = all(s.build_args == first.build_args for s in services)
        checks = {s.has_healthcheck for s in services}
        return Surroundings(
            tuple(targets),
            checks=frozenset(target.lower() for target in targets) - exported,
            context=self._context(self._stated or first.context, first.dockerfile, overlay),
            build_args=dict(first.build_args) if same_args else {},
            named_contexts=frozenset(name.lower() for s in services for name in s.contexts),
            context_is_certain=True,
            has_healthcheck=True in checks or (checks.pop() if len(checks) == 1 else None),
            today=self._today,
            digest_of=self._digest_of,
        )

    def images(self, folder: Path) -> list[Image]:
        """The images that configuration, or the compose and bake files near a folder, build."""
        if folder not in self._by_folder:
            self._by_folder[folder] = self._look(folder)
        return self._by_folder[folder]

    def _look(self, folder: Path) -> list[Image]:
        found: list[Image] = []
        for project in self._nearby.compose_projects(folder):
            if project not in self._by_compose:
                self._by_compose[project] = self._read(
                    partial(compose_images, project[0], over=project[1:])
                )
            found += [image for image in self._by_compose[project] if image not in found]
        bake = self._nearby.bake_file(folder)
        if bake:
            if bake not in self._by_bake:
                self._by_bake[bake] = self._read(partial(self._read_bake, bake))
            found += self._by_bake[bake]
        return merged(self._configured, found)

    def _read_bake(self, bake: Path) -> list[Image]:
        self._unread.add(bake)
        printed = self._bake(bake)
        if printed is None:
            return []
        found = bake_images(printed, bake)
        self._unread.remove(bake)
        return found

    def _read(self, read: Callable[[], list[Image]]) -> list[Image]:
        """The images of files; those that cannot be read are a problem, not the end."""
        try:
            return read()
        except ConfigError as error:
            self.note(str(error))
            return []

    def _context(
        self, root: Path, dockerfile: Path, overlay: Mapping[str, str | None] | None
    ) -> BuildContext | None:
        """A build context; None where its ignore file cannot be read, which is a problem."""
        context = BuildContext(root, dockerfile, overlay or {}, disk=self._disk)
        try:
            _ = context.listing
        except ConfigError as error:
            self.note(f"{error}; what a build would send is not known")
            return None
        return context

    def _highest(self, dockerfile: Path) -> Path:
        """The folder above which none is guessed: the git work tree, else what was named."""
        *_, last = self._nearby.upward(dockerfile.parent)
        if self._nearby.is_root(last):
            return last
        above = [path for path in self._named if path in dockerfile.parents]
        return min(above, key=lambda path: len(path.parts), default=dockerfile.parent)


def guess_context(path: Path, file: Dockerfile, highest: Path) -> Path | None:
    """The folder that a Dockerfile is most likely built from, None when nothing speaks for one.

    The nearest folder upward, up to `highest`, that has every source that a COPY names; a
    Dockerfile that names none is built from its own folder. So is one that a .dockerignore stands
    beside, unless it names what is beside it by a path from above. The root of the file system and
    home folders are no contexts.
    """
    own = path.parent if os.path.isfile(path.parent / ".dockerignore") else None
    sources = [
        _before_globs(word.value.lstrip("/"))
        for instruction in file.instructions
        if instruction.keyword in ("COPY", "ADD") and instruction.flag("from") is None
        for word in instruction.words[:-1]
        if not any(c in word.text for c in "$<") and "://" not in word.value
    ]
    named = [s for s in sources if s.strip("./")]
    for folder in path.parents:
        if _is_nobodys(folder):
            return own if folder != own else None
        if all(os.path.exists(folder / source) for source in named):
            from_above = f"{os.path.relpath(path.parent, folder)}/"
            is_above = any(source.removeprefix("./").startswith(from_above) for source in named)
            return folder if is_above else own or folder
        if folder == highest:
            break
    return own


def _before_globs(source: str) -> str:
    """The folder that a source with a glob is in; the source itself without one."""
    found = re.search(r"[*?\[]", source)
    return source[: found.start()].rpartition("/")[0] if found else source


def _is_nobodys(folder: Path) -> bool:
    """Whether no one builds from a folder: it is the root, or a home with all that is in it."""
    homes = (Path("/home"), Path("/Users"))
    return folder == Path("/") or folder in (Path.home(), Path("/root")) or folder.parent in homes
