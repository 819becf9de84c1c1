"""IMG402: the build context holds bytes that are sent and not needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from imgopt.context.build_context import BuildContext
from imgopt.facts.copies import takes_everything
from imgopt.facts.file import FileFacts
from imgopt.facts.file_names import is_archive, is_data, is_shown
from imgopt.facts.idle_files import reads_git
from imgopt.facts.leftovers import GIT, LEFTOVERS, matches
from imgopt.facts.native_packages import NODE
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.ignore_lines import ignore_fix
from imgopt.lint.rule import Rule

_ARCHIVE_BYTES = 1_000_000


class HeavyContext(Rule):
    id = "IMG402"
    name = "heavy-context"
    severity = Severity.WARNING
    summary = "The build context holds bytes that are sent and not needed"
    fixable = Safety.UNSAFE
    options: ClassVar[Mapping[str, Any]] = {"min-bytes": 1_000_000}

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        context = facts.context
        if context is None:
            return
        for stage, step, source in facts.context_sources():
            if not takes_everything(source):
                continue
            waste = _waste(context, facts)
            total = sum(waste.values())
            if total < self.option("min-bytes"):
                continue
            listed = ", ".join(
                f"{name} {size / 1e6:.1f} MB"
                for name, size in sorted(waste.items(), key=lambda item: -item[1])[:5]
                if size >= total / 100
            )
            message = (
                f"{step.instruction.keyword} {source} sends {total / 1e6:.1f} MB that no line "
                f"names ({listed}): it is read and hashed at every build. List it in "
                f".dockerignore."
            )
            patterns = [name if "/" in name or "." in name[1:] else f"**/{name}" for name in waste]
            mend = ignore_fix(context, patterns)
            yield self.finding(facts, step.instruction.span, message, stage.label, mend)
            return


def _waste(context: BuildContext, facts: FileFacts) -> dict[str, int]:
    """Names in the context that tools wrote, and archives that no line names: bytes of each."""
    text = facts.file.text
    unwanted = [each.name for each in LEFTOVERS if each.weighs and not each.is_wanted(text)]
    if GIT in unwanted and reads_git(context, facts):
        unwanted.remove(GIT)
    if NODE.folder in unwanted and not _fills(NODE.folder, facts):
        unwanted.remove(NODE.folder)  # then the image may live on what is copied
    found: dict[str, int] = {}
    for path, size in context.files.items():
        names = (name for name in unwanted if name in path and matches(path, name))
        name = next(names, path if _is_heavy_file(path, size, text) else None)
        if name is not None:
            found[name] = found.get(name, 0) + size
    return found


def _fills(folder: str, facts: FileFacts) -> bool:
    """Whether a step installs what comes to lie in folders of that name."""
    steps = (step for stage in facts.stages for step in stage.runs())
    return any(folder in i.manager.lands.places for step in steps for i in step.installs)


def _is_heavy_file(path: str, size: int, text: str) -> bool:
    """Whether a file is an archive or data that the Dockerfile does not name."""
    name = path.rpartition("/")[2]
    if is_shown(path):
        return False
    return size >= _ARCHIVE_BYTES and (is_archive(name) or is_data(name)) and name not in text
