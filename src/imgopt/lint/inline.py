"""Dockerfiles inside compose files: their findings stand at the compose file's own lines."""

from __future__ import annotations

import msgspec

from imgopt.dockerfile.model import Position, Span
from imgopt.lint.finding import FileResult
from imgopt.project.image import Image, Inline


def moved(result: FileResult, image: Image, inline: Inline, lines: tuple[str, ...]) -> FileResult:
    """Findings of an inline Dockerfile at their place in the compose file, without fixes."""

    def there(position: Position) -> Position:
        if not inline.line:
            return Position(1, 1)
        return Position(position.line + inline.line - 1, position.column + inline.indent)

    found = []
    for finding in result.findings:
        start, end = there(finding.span.start), there(finding.span.end)
        span = Span(start, end if end > start else Position(start.line, start.column + 1))
        message = f"service {image.name}: {finding.message}"
        found.append(msgspec.structs.replace(finding, span=span, message=message, fix=None))
    return msgspec.structs.replace(result, findings=tuple(found), lines=lines)
