"""One image as scenarios see it: its facts, the copy that they may edit, the session."""

from __future__ import annotations

from collections.abc import Callable

from imgopt.bench.edit import FileEdit
from imgopt.bench.options import Options
from imgopt.bench.session import Session
from imgopt.bench.workspace import Workspace
from imgopt.facts.file import FileFacts
from imgopt.project.image import Image


class Subject:
    """What a scenario may read and use; `key` tells the variants of one image apart.

    A scenario that edits a file asks `file_to_edit`, so that the two variants of a comparison
    edit the same file: `twin` is the other variant, where this one follows it.
    """

    def __init__(
        self,
        image: Image,
        facts: FileFacts,
        workspace: Workspace,
        session: Session,
        options: Options,
        key: str,
    ) -> None:
        self.image = image
        self.facts = facts
        self.workspace = workspace
        self.session = session
        self.options = options
        self.key = key
        self.twin: Subject | None = None
        self._edits: dict[FindFile, FileEdit | None] = {}

    def file_to_edit(self, find: FindFile) -> FileEdit | None:
        """The file that `find` chooses, asked once; the twin's where it is here, too."""
        if find not in self._edits:
            theirs = self.twin.file_to_edit(find) if self.twin else None
            is_here = theirs and (self.workspace.context / theirs.path).is_file()
            self._edits[find] = theirs if is_here else find(self)
        return self._edits[find]

    @property
    def bases(self) -> list[str]:
        """The images that the build starts from."""
        named = {self.facts.graph.stages[index].base for index in self.facts.needed}
        texts = {base.text for base in named if base.stage is None and base.text}
        return sorted(text for text in texts if not self.facts.image(text).is_scratch)


FindFile = Callable[[Subject], FileEdit | None]
