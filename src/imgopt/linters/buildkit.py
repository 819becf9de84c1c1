"""BuildKit's own checks: `docker buildx build --call=check,format=json`."""

from __future__ import annotations

import json
from typing import Any

from imgopt import temporary
from imgopt.buildkit.docker_cli import run
from imgopt.config import LinterName
from imgopt.dockerfile.model import Position, Span
from imgopt.errors import CheckGaveUp, EngineError
from imgopt.facts.file import FileFacts
from imgopt.lint.finding import Finding, Severity


def check(facts: FileFacts) -> list[Finding]:
    """Its warnings as `buildkit/NAME`; EngineError when buildx or its builder does not answer,
    CheckGaveUp when a base image cannot be asked for.

    The Dockerfile's text is sent as it is linted, with the build context's ignore file: the check
    reads no other file of the context.
    """
    with temporary.folder("imgopt-check-") as root:
        (root / "Dockerfile").write_text(facts.file.text, encoding="utf-8", errors="replace")
        if facts.context is not None and facts.context.ignore_file is not None:
            (root / ".dockerignore").write_text(facts.context.ignore_text, encoding="utf-8")
        argv = ["buildx", "build", "--call=check,format=json", f"--file={root / 'Dockerfile'}"]
        argv += [f"--target={name}" for name in facts.targets[:1]]
        argv += [f"--build-arg={k}={v}" for k, v in facts.build_args.items()]
        text = run(*argv, str(root), ok_codes=(0, 1))
    start = text.find("{")
    try:
        data: dict[str, Any] = json.JSONDecoder().raw_decode(text[max(start, 0) :])[0]
    except ValueError as error:
        raise EngineError(f"buildx printed no JSON for its checks: {text[-200:]!r}") from error
    found = [_finding(row, facts) for row in data.get("warnings") or ()]
    failed = data.get("buildError")
    if failed and not found:
        raise CheckGaveUp(f"BuildKit's checks ended early: {failed.get('message', '')[:300]}")
    return [finding for finding in found if finding]


def _finding(row: dict[str, Any], facts: FileFacts) -> Finding | None:
    name = str(row.get("ruleName", ""))
    ranges = (row.get("location") or {}).get("ranges") or [{}]
    start, end = ranges[0].get("start") or {}, ranges[-1].get("end") or {}
    lines = facts.file.lines
    line = int(start.get("line", 1))
    last = max(int(end.get("line", line)), line)
    if not name or not 0 < line <= last <= len(lines):
        return None
    span = Span(Position(line, 1), Position(last, max(len(lines[last - 1]), 1) + 1))
    message = str(row.get("detail") or row.get("description") or name)
    linter, path = LinterName.BUILDKIT, facts.file.path
    return Finding(f"{linter}/{name}", name, linter, Severity.WARNING, message, path, span)
