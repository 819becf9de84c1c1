"""From a path to its result: what each file of a run is linted with, and what fixing makes of it.

Writing what a fix gives is left to lint/fixes/change.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from imgopt import files
from imgopt.context.discovery import COMPOSE_NAMES
from imgopt.dockerfile.model import Dockerfile
from imgopt.dockerfile.parse import MAX_SIZE_BYTES
from imgopt.dockerfile.template import is_fragment, template_line
from imgopt.facts.file import Surroundings
from imgopt.facts.surroundings import Neighbourhood
from imgopt.lint import inline
from imgopt.lint.check import Check, fragment, lint_bytes, refused
from imgopt.lint.finding import FileResult, Finding, Safety
from imgopt.lint.fixes.apply import Texts, fix_file, to_bytes, to_text
from imgopt.lint.fixes.change import Change, FileFix
from imgopt.lint.rule import Rule
from imgopt.lint.selection import rules_for
from imgopt.project.compose import MAX_COMPOSE_BYTES
from imgopt.project.image import Inline

STDIN = "<stdin>"


class Wanted(msgspec.Struct, frozen=True):
    """Which fixes are applied: of which safeties, and of which rules (ids; empty: of all)."""

    safeties: frozenset[Safety] = frozenset({Safety.SAFE})
    rules: frozenset[str] = frozenset()

    def of(self, result: FileResult) -> FileResult:
        """The result without the fixes of other rules."""
        if not self.rules:
            return result
        findings = tuple(
            f if f.rule in self.rules else msgspec.structs.replace(f, fix=None)
            for f in result.findings
        )
        return msgspec.structs.replace(result, findings=findings)


class Linter(msgspec.Struct, frozen=True):
    """Lints and fixes the files of one project.

    `near` knows what is around a file; `root` is what the globs of `per_file_ignores` are
    relative to; `others` are further linters; `named` are files that the user named, which are
    linted whatever they look like.
    """

    rules: tuple[Rule, ...]
    near: Neighbourhood
    root: Path
    per_file_ignores: Mapping[str, Sequence[str]] = {}
    others: tuple[Check, ...] = ()
    named: frozenset[Path] = frozenset()

    def lint(self, path: Path) -> list[FileResult]:
        """A Dockerfile's result, or those of the Dockerfiles that stand in a compose file."""
        if path.name in COMPOSE_NAMES:
            return list(self._lint_inline(path))
        try:
            data = files.read_regular(path, MAX_SIZE_BYTES)
        except files.UnreadableFile as error:
            is_pipe = error.reason == files.NO_FILE
            hint = "; what a program prints goes to `imgopt lint -`" if is_pipe else ""
            return [refused(path.as_posix(), error.reason + hint)]

        def around(file: Dockerfile) -> Surroundings:
            return self.near.of(path, file)

        shown, text = path.as_posix(), data.decode("utf-8", errors="replace")
        result = lint_bytes(data, shown, self._rules(path), around, self.others)
        line = template_line(text, shown, parses=result.error is None)
        if line and path not in self.named:
            self.near.note(f"{shown}: skipped: line {line} says that it is a template")
            return []
        if is_fragment(result.error or "", text) and not self.near.is_built(path):
            result = fragment(result)
        return [result]

    def lint_stdin(self, data: bytes) -> FileResult:
        """The result of a Dockerfile that has no place: nothing is known around it."""
        return lint_bytes(data, STDIN, self.rules, self.near.nowhere(), self.others)

    def fix(self, path: Path, wanted: Wanted) -> FileFix | None:
        """What fixing a Dockerfile gives, nothing written; None for a file that is none.

        ConfigError when another file that a fix would change cannot be read.
        """
        if path.name in COMPOSE_NAMES:
            return None
        try:
            data = files.read_regular(path, MAX_SIZE_BYTES)
        except files.UnreadableFile:
            return None  # which its lint result says
        rules, shown = self._rules(path), path.as_posix()

        def lint(texts: Texts) -> FileResult:
            overlay = {name: text for name, text in texts.items() if name}

            def around(file: Dockerfile) -> Surroundings:
                return self.near.of(path, file, overlay)

            new = to_bytes(texts[""] or "", data)
            return wanted.of(lint_bytes(new, shown, rules, around))

        others = _other_files(lint({"": to_text(data)}).findings)
        before: dict[str, bytes | None] = {"": data, **{name: _read(name) for name in others}}
        return _fixed(path, before, lint, wanted)

    def fix_stdin(self, data: bytes, wanted: Wanted) -> FileFix:
        """The same for a Dockerfile that has no place."""

        def lint(texts: Texts) -> FileResult:
            new = to_bytes(texts[""] or "", data)
            return wanted.of(lint_bytes(new, STDIN, self.rules, self.near.nowhere()))

        return _fixed(Path(STDIN), {"": data}, lint, wanted)

    def _rules(self, path: Path) -> tuple[Rule, ...]:
        return rules_for(path, self.rules, self.per_file_ignores, self.root)

    def _lint_inline(self, compose: Path) -> Iterator[FileResult]:
        """Lint each `dockerfile_inline` of a compose file."""
        try:
            real = Path(os.path.realpath(compose))
            data = files.read_regular(real, MAX_COMPOSE_BYTES)
        except files.UnreadableFile as error:
            self.near.note(str(error))
            return
        if b"dockerfile_inline" not in data:
            return
        lines = tuple(data.decode("utf-8", errors="replace").splitlines())
        done: list[tuple[str, Inline]] = []
        for image in self.near.images(real.parent):
            if image.inline is None or image.dockerfile != real:
                continue
            if (image.name, image.inline) in done:  # another file changes something of the service
                continue
            done.append((image.name, image.inline))
            around = self.near.of_images([image])
            text = image.inline.text.encode("utf-8", errors="replace")
            shown = compose.as_posix()
            result = lint_bytes(text, shown, self._rules(compose), around, self.others)
            yield inline.moved(result, image, image.inline, lines)


def _fixed(
    path: Path,
    before: Mapping[str, bytes | None],
    lint: Callable[[Texts], FileResult],
    wanted: Wanted,
) -> FileFix:
    texts: Texts = {name: None if data is None else to_text(data) for name, data in before.items()}
    fixed = fix_file(texts, lint, wanted.safeties)
    changes = []
    for name, text in fixed.texts.items():
        old = before.get(name)
        changes.append(Change(Path(name) if name else path, old, to_bytes(text, old or b"")))
    return FileFix(tuple(changes), fixed.applied, fixed.dropped, fixed.result)


def _other_files(findings: Iterable[Finding]) -> list[str]:
    paths = (edit.path for f in findings if f.fix for edit in f.fix.edits if edit.path)
    return list(dict.fromkeys(paths))


def _read(name: str) -> bytes | None:
    if not os.path.lexists(name):
        return None
    return files.read_regular(Path(name), MAX_SIZE_BYTES)
