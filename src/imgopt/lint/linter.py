"""One lint run over many files: what each file is checked with, and fixes on disk."""

from __future__ import annotations

import fnmatch
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from imgopt.context.discovery import COMPOSE_NAMES
from imgopt.dockerfile.model import Dockerfile, Position, Span
from imgopt.dockerfile.parse import MAX_SIZE_BYTES
from imgopt.errors import ConfigError
from imgopt.facts.file import Surroundings
from imgopt.facts.surroundings import Neighbourhood
from imgopt.lint.check import Check, lint_bytes, lint_file, read_dockerfile
from imgopt.lint.finding import FileResult, Finding
from imgopt.lint.fixes.apply import Fixed, Texts, fix_file, to_bytes, to_text
from imgopt.lint.rule import Rule
from imgopt.project.image import Image, Inline


class Job(msgspec.Struct, frozen=True):
    """`root` is what the globs of `per_file_ignores` are relative to."""

    rules: tuple[Rule, ...]
    near: Neighbourhood
    root: Path
    per_file_ignores: Mapping[str, Sequence[str]] = {}
    others: tuple[Check, ...] = ()

    def lint(self, path: Path) -> list[FileResult]:
        """A Dockerfile's result, or those of the Dockerfiles that stand in a compose file."""
        if path.name in COMPOSE_NAMES:
            return list(self._inline(path))
        rules = self.rules_for(path)
        return [lint_file(path, path.as_posix(), rules, self.near.of, self.others)]

    def rules_for(self, path: Path) -> tuple[Rule, ...]:
        """The rules that are not ignored for a file."""
        if not self.per_file_ignores:
            return self.rules
        relative = os.path.relpath(path.absolute(), self.root).replace(os.sep, "/")
        ignored = [
            name
            for glob, names in self.per_file_ignores.items()
            if fnmatch.fnmatch(relative, glob) or fnmatch.fnmatch(path.name, glob)
            for name in names
        ]
        return tuple(
            rule
            for rule in self.rules
            if not any(rule.id.startswith(n.upper()) or rule.name == n for n in ignored)
        )

    def fix(self, path: Path, safeties: frozenset[str], only: frozenset[str]) -> Fixed | None:
        """What fixing a Dockerfile gives, nothing written; None for a file that is none.

        `only` are the rules whose fixes are applied; empty for all.
        """
        data = read_dockerfile(path)
        if path.name in COMPOSE_NAMES or isinstance(data, str) or len(data) > MAX_SIZE_BYTES:
            return None
        rules = self.rules_for(path)

        def lint(texts: Texts) -> FileResult:
            overlay = {name: text for name, text in texts.items() if name}

            def surroundings(file: Dockerfile) -> Surroundings:
                return self.near.of(path, file, overlay)

            new = to_bytes(texts[""] or "", data)
            result = lint_bytes(new, path.as_posix(), rules, surroundings)
            if not only:
                return result
            findings = tuple(
                f if f.rule in only or f.name in only else msgspec.structs.replace(f, fix=None)
                for f in result.findings
            )
            return msgspec.structs.replace(result, findings=findings)

        texts: Texts = {"": to_text(data)}
        first = lint(texts)
        for name in _other_files(first.findings):
            texts[name] = _read(Path(name))
        return fix_file(texts, lint, safeties)

    def _inline(self, compose: Path) -> Iterable[FileResult]:
        """Lint each `dockerfile_inline` of a compose file; findings stand on its own lines."""
        try:
            if b"dockerfile_inline" not in compose.read_bytes():
                return
        except OSError:
            return
        real = Path(os.path.realpath(compose))
        lines = tuple(compose.read_text(encoding="utf-8", errors="replace").splitlines())
        for image in self.near.images(real.parent):
            if image.inline is None or image.dockerfile != real:
                continue
            around = self.near.of_images([image])
            data = image.inline.text.encode("utf-8", errors="replace")
            shown = compose.as_posix()
            result = lint_bytes(data, shown, self.rules_for(compose), around, self.others)
            yield _moved(result, image, image.inline, lines)


def _moved(result: FileResult, image: Image, inline: Inline, lines: tuple[str, ...]) -> FileResult:
    """Findings of an inline Dockerfile at their place in the compose file, without fixes."""

    def there(position: Position) -> Position:
        if not inline.line:
            return Position(1, 1)
        return Position(position.line + inline.line - 1, position.column + inline.indent)

    moved = []
    for finding in result.findings:
        start, end = there(finding.span.start), there(finding.span.end)
        span = Span(start, end if end > start else Position(start.line, start.column + 1))
        message = f"service {image.name}: {finding.message}"
        moved.append(msgspec.structs.replace(finding, span=span, message=message, fix=None))
    return msgspec.structs.replace(result, findings=tuple(moved), lines=lines)


def _other_files(findings: Iterable[Finding]) -> list[str]:
    paths = (edit.path for f in findings if f.fix for edit in f.fix.edits if edit.path)
    return list(dict.fromkeys(paths))


def _read(path: Path) -> str | None:
    try:
        return to_text(path.read_bytes())
    except OSError:
        return None


def write_text(path: Path, text: str) -> None:
    """Replace a file in one step: its mode, its owner where possible and its encoding stay.

    A link is followed. Raises ConfigError when it cannot be written; then nothing has changed.
    """
    target = Path(os.path.realpath(path))
    try:
        old = target.read_bytes() if target.exists() else b""
        with tempfile.NamedTemporaryFile(
            dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            try:
                file.write(to_bytes(text, old))
                file.flush()
                os.fsync(file.fileno())
                if target.exists():
                    status = target.stat()
                    os.fchmod(file.fileno(), status.st_mode)
                    _keep_owner(file.fileno(), status)
                else:
                    os.fchmod(file.fileno(), 0o644)
                temporary.replace(target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ConfigError(f"{path}: cannot write it ({error.strerror})") from error


def _keep_owner(descriptor: int, status: os.stat_result) -> None:
    own = os.fstat(descriptor)
    if (own.st_uid, own.st_gid) == (status.st_uid, status.st_gid):
        return
    try:
        os.fchown(descriptor, status.st_uid, status.st_gid)
    except PermissionError:
        return  # only root gives files away; the content counts
