"""Which programs the project's own files call: scripts that start an image, and its source."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from imgopt.context.build_context import BuildContext
from imgopt.facts.file import FileFacts
from imgopt.facts.programs import named_in
from imgopt.facts.steps import Step

_MANY = 50  # scripts of the same name
_SCRIPT_BYTES = 100_000
# Files of source, and how much of them is looked at.
_SHELL = (".sh", ".bash")
_SOURCE = (
    *_SHELL, ".py", ".js", ".mjs", ".cjs", ".ts", ".go", ".rb", ".rs", ".java", ".kt", ".php",
    ".pl", ".c", ".cc", ".cpp", ".cs", ".ex", ".exs", ".lua", ".scala", ".swift",
)  # fmt: skip
_MOST_FILES = 500
_MOST_BYTES = 5_000_000


def start_scripts(starts: Iterable[Step], facts: FileFacts) -> list[str]:
    """The texts of the scripts of the context, or of the Dockerfile itself, that CMD and
    ENTRYPOINT name."""
    commands = [command for start in starts for command in start.commands]
    names = {posixpath.basename(w.value) for c in commands for w in c.argv if "/" in w.value}
    names |= {command.name for command in commands}
    texts = [
        heredoc.content
        for stage in facts.stages
        for step in stage.steps
        if step.copy and step.instruction.heredocs
        and posixpath.basename(step.copy.target or "") in names
        for heredoc in step.instruction.heredocs
    ]  # fmt: skip
    if facts.context is not None:
        found = facts.context.listing.with_names(names)[:_MANY]
        read = (facts.context.read_text(path, _SCRIPT_BYTES) or "" for path in found)
        texts += [text for text in read if text.startswith("#!")]
    return texts


def calls(context: BuildContext | None, program: str) -> bool:
    """Whether the source in a context names a program as one that is started: in quotes, or with
    a path; in a shell script, as a word."""
    if context is None:
        return False
    named = re.compile(rf"[\"'`/]{re.escape(program)}[\"'`\s]")
    paths = [path for path in context.files if path.endswith(_SOURCE)][:_MOST_FILES]
    left = _MOST_BYTES
    for path in paths:
        text = context.read_text(path, min(left, _SCRIPT_BYTES)) or ""
        if named.search(text):
            return True
        if path.endswith(_SHELL) and named_in(text, frozenset({program})):
            return True
        left -= len(text)
        if left <= 0:
            break
    return False
