"""A copy of what a build would send: the run builds and edits there, never in the working tree."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from imgopt import temporary
from imgopt.bench.edit import FileEdit
from imgopt.context.build_context import BuildContext
from imgopt.errors import ConfigError, ImgoptError
from imgopt.project.image import Image

MAX_FILES = 2_000_000
CONTEXT = "imgopt-context-"


class Workspace:
    """A context manager: the folder is gone when it ends, however it ends.

    It is made `inside` another one, or where the system keeps such folders. `context` and
    `dockerfile` are the copies, `scratch` is a folder for what belongs to the run, `pointers` are
    the files that Git LFS has not fetched.
    """

    def __init__(self, image: Image, inside: Path | None = None) -> None:
        self._image = image
        self._inside = inside
        self._stack = ExitStack()
        self._originals: dict[Path, bytes] = {}
        self._aside: Path | None = None
        self.pointers: list[str] = []

    def __enter__(self) -> Workspace:
        image = self._image
        if not image.dockerfile.is_file():
            raise ConfigError(f"service {image.name}: no Dockerfile at {image.dockerfile}")
        if not image.context.is_dir():
            raise ConfigError(f"service {image.name}: no folder {image.context} to build from")
        root = self._stack.enter_context(temporary.folder(CONTEXT, self._inside))
        try:
            self._copy(root)
        except OSError as error:
            self._stack.close()
            raise ImgoptError(
                f"cannot copy {image.context} to {root}: {error.strerror or error}"
            ) from error
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _copy(self, root: Path) -> None:
        source = BuildContext(self._image.context, self._image.dockerfile, limit=MAX_FILES)
        files = source.files
        if len(files) >= MAX_FILES:
            raise ConfigError(
                f"{source.root} would send more than {MAX_FILES:,} files; "
                f"list what is not needed in its .dockerignore"
            )
        self.scratch = root / "scratch"
        self.scratch.mkdir()
        self.context = root / "context"
        self.context.mkdir()
        folders = {Path(folder) for folder in source.folders}
        for folder in source.folders:  # empty ones are sent, too
            (self.context / folder).mkdir(parents=True, exist_ok=True)
        for path in files:
            target = self.context / path
            parent = Path(path).parent
            if parent not in folders:  # an ignored folder with something in it that is not
                target.parent.mkdir(parents=True, exist_ok=True)
                folders.update((parent, *parent.parents))
            shutil.copy2(source.root / path, target, follow_symlinks=False)
            if _is_lfs_pointer(target):
                self.pointers.append(path)
        # The mode of a folder is part of what BuildKit compares.
        for inside in sorted(folders, reverse=True):
            shutil.copymode(source.root / inside, self.context / inside)
        shutil.copymode(source.root, self.context)
        self.dockerfile = root / self._image.dockerfile.name
        shutil.copyfile(self._image.dockerfile, self.dockerfile)
        if source.ignore_file:
            shutil.copyfile(
                source.ignore_file,
                self.dockerfile.with_name(self.dockerfile.name + ".dockerignore"),
            )

    @property
    def changed(self) -> list[str] | None:
        """The files that differ from the working tree's; None where any may."""
        if self._aside is not None:
            return None
        return [path.relative_to(self.context).as_posix() for path in self._originals]

    def edit(self, edit: FileEdit, mark: str) -> None:
        """Change a file so that its content is new and its meaning is not."""
        self.change(self.context / edit.path, lambda old: edit.apply(old, mark))

    def change(self, path: Path, make: Callable[[bytes], bytes]) -> None:
        """Give a file other content, made from what it holds; ConfigError when a link leads it
        out of the copy."""
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.context)):
            raise ConfigError(
                f"{path.relative_to(self.context)} is a symlink that points outside the context"
            )
        content = path.read_bytes()
        self._originals.setdefault(path, content)
        path.write_bytes(make(content))

    def keep_all(self) -> None:
        """Put the whole context aside, since anything may happen to it, until `restore`."""
        if self._aside is None:
            self._aside = self.context.with_name("aside")
            shutil.copytree(self.context, self._aside, symlinks=True)

    def restore(self) -> None:
        """Undo all edits."""
        if self._aside is not None:
            shutil.rmtree(self.context)
            self._aside.rename(self.context)
            self._aside = None
        for path, original in self._originals.items():
            path.write_bytes(original)
        self._originals.clear()


_LFS_BEGINS = b"version https://git-lfs.github.com/spec/v1\n"
_LFS_MAX_BYTES = 1024


def _is_lfs_pointer(path: Path) -> bool:
    """Source: Git LFS's docs/spec.md, "The Pointer"."""
    info = path.lstat()
    if not (stat.S_ISREG(info.st_mode) and len(_LFS_BEGINS) < info.st_size < _LFS_MAX_BYTES):
        return False
    with path.open("rb") as stream:
        return stream.read(len(_LFS_BEGINS)) == _LFS_BEGINS
