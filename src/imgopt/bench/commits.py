"""The commits of a backfill on disk: one checkout at a time, and which of them are equal."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from imgopt.bench.checkout import moved
from imgopt.bench.state import ABSENT, may_differ, state
from imgopt.errors import ConfigError
from imgopt.history import git
from imgopt.history.git import Revision
from imgopt.project.image import Image


class Commits:
    """A context manager over the chosen commits, oldest first; at its end no checkout is left.

    Images are those of the working tree. Whatever a commit needs for a checkout is kept until
    another one is checked out; what is known of a commit is kept, so that each is looked at once.
    """

    def __init__(self, root: Path, chosen: Sequence[Revision], folder: Path | None = None) -> None:
        self._root = root
        self.chosen = chosen
        self._folder = folder
        self._stack = ExitStack()
        self._current: int | None = None
        self._place = Path()
        self._paths: dict[int, list[str] | None] = {}
        self._states: dict[tuple[str, int], str | None] = {}

    def __enter__(self) -> Commits:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def image(self, image: Image, index: int) -> Image:
        """The image in a checkout of the commit, which is there until the next one; ConfigError
        where git cannot check it out."""
        if index != self._current:
            self._stack.close()
            self._current = None
            commit = self.chosen[index].commit
            checkout = git.worktree(self._root, commit, self._folder)
            _, self._place = self._stack.enter_context(checkout)
            self._current = index
        return moved(image, self._root, self._place, self.chosen[index].commit[:12])

    def state(self, image: Image, index: int) -> str | None:
        """What a build of the image depends on (bench.state); None where nobody can tell, since
        the commit cannot be checked out or its files not be read."""
        key = (image.name, index)
        if key not in self._states:
            before = self._states.get((image.name, index - 1))
            same = before is not None and not self._may_differ(image, index)
            self._states[key] = before if same else self._look(image, index)
        return self._states[key]

    def is_unchanged(self, image: Image, index: int) -> bool:
        """Whether the commit cannot have changed anything of the image since the chosen one
        before it."""
        if index == 0:
            return False
        if not self._may_differ(image, index):
            return True
        before = self.state(image, index - 1)
        return before is not None and before == self.state(image, index)

    def is_absent(self, image: Image, index: int) -> bool:
        """Whether the commit has no such image."""
        return self.state(image, index) == ABSENT

    def _may_differ(self, image: Image, index: int) -> bool:
        """Whether files that the image may depend on have changed since the commit before."""
        if index not in self._paths:
            older, newer = self.chosen[index - 1].commit, self.chosen[index].commit
            self._paths[index] = git.paths_between(self._root, older, newer)
        paths = self._paths[index]
        return paths is None or may_differ(image, self._root, paths)

    def _look(self, image: Image, index: int) -> str | None:
        try:
            return state(self.image(image, index))
        except ConfigError:
            return None
