"""ShellCheck's findings inside RUN (`imgopt[shell]`), at their places in the Dockerfile."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable
from pathlib import Path

import msgspec

from imgopt import temporary
from imgopt.config import LinterName
from imgopt.dockerfile.model import Position, Span
from imgopt.dockerfile.shell import SHELLS
from imgopt.errors import ConfigError
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import Step
from imgopt.lint.finding import Finding
from imgopt.linters.program import find, output, severity_of

# Of no use here: sources that cannot be followed, the missing first line, ash taken for dash.
_OFF = "SC1090,SC1091,SC2148,SC2187,SC3040"


class _Script(msgspec.Struct, frozen=True):
    """A shell text and how its positions lie in the Dockerfile."""

    shell: str
    text: str
    locate: Callable[[Position, Position], Span]
    stage: str


def check(facts: FileFacts) -> list[Finding]:
    """Its findings as `shellcheck/SC…`; MissingProgram without shellcheck."""
    program = find(LinterName.SHELLCHECK, "shell")
    scripts = [
        script
        for stage in facts.stages
        for step in stage.runs()
        if (script := _script(step, stage.label))
    ]
    if not scripts:
        return []
    with temporary.folder("imgopt-shellcheck-") as folder:
        names = []
        for number, script in enumerate(scripts):
            file = folder / f"{number}.{script.shell}"
            file.write_text(script.text, encoding="utf-8", errors="replace")
            names.append(str(file))
        rows = []
        for shell in sorted({script.shell for script in scripts}):
            some = [n for n, s in zip(names, scripts, strict=True) if s.shell == shell]
            text = output([program, "-f", "json1", "-s", shell, "-e", _OFF, "--norc", *some])
            try:
                rows += json.loads(text)["comments"]
            except (ValueError, KeyError) as error:
                raise ConfigError(f"shellcheck printed no JSON: {text[:80]!r}") from error
    found = []
    for row in rows:
        script = scripts[int(Path(row["file"]).stem)]
        if row["line"] == 1:  # the line of assignments in front
            continue
        start = Position(row["line"] - 1, row["column"])
        end = Position(row["endLine"] - 1, row["endColumn"])
        code = f"SC{row['code']}"
        severity = severity_of(row["level"])
        found.append(
            Finding(
                f"{LinterName.SHELLCHECK}/{code}",
                code,
                LinterName.SHELLCHECK,
                severity,
                row["message"],
                facts.file.path,
                script.locate(start, end),
                script.stage,
            )
        )
    return sorted(found, key=lambda f: f.span.start)


def _script(step: Step, stage: str) -> _Script | None:
    """The shell text of a RUN behind a line that sets what the build sets; None for exec form."""
    instruction = step.instruction
    shell = posixpath.basename(step.shell[0]) if step.shell else ""
    if instruction.is_json or not instruction.exact or shell not in SHELLS:
        return None
    shell = {"ash": "dash", "zsh": "bash"}.get(shell, shell)
    names = [name for name in step.env if name.isidentifier()]
    before = "export " + " ".join(f"{name}=x" for name in names) if names else ":"
    if not instruction.heredocs:
        start, body = instruction.body_offset, instruction.body

        def in_line(first: Position, last: Position) -> Span:
            end = min(max(last.column, first.column + 1) - 1, len(body))
            begin = min(first.column - 1, max(end - 1, 0))
            return instruction.source_map.span(start + begin, start + end)

        return _Script(shell, f"{before}\n{body}\n", in_line, stage)
    heredoc = instruction.heredocs[0]
    if not step.commands or instruction.body.strip().partition("<<")[0].strip():
        return None
    base = heredoc.span.start.line - 1

    def in_heredoc(first: Position, last: Position) -> Span:
        end = max(last, Position(first.line, first.column + 1))
        return Span(
            Position(base + first.line, first.column), Position(base + end.line, end.column)
        )

    return _Script(shell, f"{before}\n{heredoc.content}", in_heredoc, stage)
