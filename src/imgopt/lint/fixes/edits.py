"""The edits that fixes are made of. Each returns None where it would not be certain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

from imgopt.dockerfile.model import Dockerfile, Instruction, Position, Span
from imgopt.dockerfile.shell import Command
from imgopt.facts.steps import Step
from imgopt.lint.finding import Edit, Fix, Safety

Edits = tuple[Edit, ...]
_TARGETS = ("target", "dst", "destination")


def fix(safety: Safety, description: str, *parts: Edits | Edit | None) -> Fix | None:
    """A Fix of all parts; None when one of them is None or there is no edit at all."""
    edits: list[Edit] = []
    for part in parts:
        if part is None:
            return None
        edits += (part,) if isinstance(part, Edit) else part
    return Fix(safety, description, tuple(edits)) if edits else None


def safe(description: str, *parts: Edits | Edit | None) -> Fix | None:
    """The image keeps its content."""
    return fix(Safety.SAFE, description, *parts)


def unsafe(description: str, *parts: Edits | Edit | None) -> Fix | None:
    """The image may change: somebody has to look."""
    return fix(Safety.UNSAFE, description, *parts)


def insert(at: Position, text: str) -> Edit:
    return Edit(Span(at, at), text)


def replace(span: Span, text: str) -> Edit:
    return Edit(span, text)


def source(file: Dockerfile, span: Span) -> str:
    """The text of a span."""
    starts = file.line_starts
    first, last = span.start, span.end
    return file.text[
        starts[first.line - 1] + first.column - 1 : starts[last.line - 1] + last.column - 1
    ]


def block_span(file: Dockerfile, instruction: Instruction) -> Span:
    """Whole lines of an instruction and the comment lines that stand directly above it."""
    line = instruction.line
    while line - 1 in file.comment_lines:
        line -= 1
    return Span(Position(line, 1), Position(instruction.end_line + 1, 1))


def lines_of(file: Dockerfile, span: Span) -> str:
    """The text of whole lines, with a newline at its end."""
    lines = file.lines[span.start.line - 1 : span.end.line - 1]
    return "\n".join(lines) + "\n"


def delete_instruction(file: Dockerfile, instruction: Instruction) -> Edit:
    """Delete the instruction's lines; its comments stay."""
    span = Span(Position(instruction.line, 1), Position(instruction.end_line + 1, 1))
    return Edit(_with_blank(file, span), "")


def move_behind(
    file: Dockerfile, instructions: Iterable[Instruction], target: Instruction
) -> Edits:
    """Move instructions with their comments behind another one."""
    spans = [block_span(file, instruction) for instruction in instructions]
    text = "".join(lines_of(file, span) for span in spans)
    at = Position(target.end_line + 1, 1)
    return (*(Edit(_with_blank(file, span), "") for span in spans), insert(at, text))


def _with_blank(file: Dockerfile, span: Span) -> Span:
    """Whole lines, and one empty line behind them where they stand between two."""
    lines = file.lines
    before = lines[span.start.line - 2] if span.start.line > 1 else "x"
    behind = lines[span.end.line - 1] if span.end.line <= len(lines) else "x"
    if before.strip() or behind.strip():
        return span
    return Span(span.start, Position(span.end.line + 1, 1))


def insert_before(file: Dockerfile, instruction: Instruction, text: str) -> Edit:
    """New lines above an instruction and its comments."""
    return insert(block_span(file, instruction).start, text)


def add_flag(instruction: Instruction, flag: str) -> Edit | None:
    """Put a flag behind the keyword of any instruction, on the same line."""
    return insert(instruction.keyword_span.end, f" {flag}") if instruction.exact else None


def add_run_flags(file: Dockerfile, instruction: Instruction, flags: Iterable[str]) -> Edit | None:
    """Put flags behind RUN, each on a line of its own."""
    if not instruction.exact:
        return None
    end = instruction.keyword_span.end
    if instruction.heredocs:
        return insert(end, "".join(f" {flag}" for flag in flags))
    rest = file.lines[end.line - 1][end.column - 1 :]
    glue = f" {file.escape}\n    "
    text = " " + glue.join(flags)
    if rest.strip() != file.escape:
        text += glue.removesuffix(" ") if rest[:1] == " " else glue
    return insert(end, text)


def set_mount_options(step: Step, target: str, options: Mapping[str, str]) -> Edit | None:
    """Set options of the mount with that target, each by the name that it has there."""
    for mount in step.mounts:
        if mount.target != target or not step.instruction.exact:
            continue
        parts = mount.flag.value.split(",")
        if any(c in mount.flag.value for c in "\"'\\\n"):
            return None
        names = {"target": next((k for k in _TARGETS if k in mount.options), "target")}
        new = {names.get(key, key): value for key, value in options.items()}
        changed = []
        for part in parts:
            key = part.partition("=")[0].strip().lower()
            changed.append(f"{key}={new.pop(key)}" if key in new else part)
        changed += [f"{key}={value}" for key, value in new.items()]
        return Edit(mount.flag.span, "--mount=" + ",".join(changed))
    return None


def gap(file: Dockerfile, before: Command, after: Command) -> str | None:
    """What joins two commands, without white space and continuations; None if comments do."""
    text = source(file, Span(before.span.end, after.span.start))
    text = re.sub(rf"{re.escape(file.escape)}[ \t]*\r?\n", " ", text)
    return None if "#" in text else text.strip()


def is_chain(file: Dockerfile, step: Step) -> bool:
    """Whether a RUN is a plain list of commands joined by && or ;, so that one can be cut out."""
    line = step.instruction.line
    if line not in file.chains:
        file.chains[line] = _is_chain(file, step)
    return file.chains[line]


def _is_chain(file: Dockerfile, step: Step) -> bool:
    commands = step.commands
    if not commands or not all(c.exact for c in commands) or step.instruction.heredocs:
        return False
    if any(c.conditional for c in commands):
        return False
    if any(gap(file, a, b) not in ("&&", ";") for a, b in pairwise(commands)):
        return False
    last = source(file, Span(commands[-1].span.end, step.instruction.span.end))
    return not last.strip() and step.instruction.body.startswith(commands[0].text[:1])


def is_strict(file: Dockerfile, step: Step) -> bool:
    """Whether a failing command ends the RUN: an && chain, or `set -e` in front."""
    commands = step.commands
    if not commands:
        return False
    first = commands[0]
    if first.name == "set" and any(re.match(r"-[a-z]*e", word) for word in first.args):
        return True
    return all(c.operator in ("", "&&") and not c.conditional for c in commands)


def remove_command(file: Dockerfile, step: Step, command: Command) -> Edits | None:
    """Cut one command out of a RUN with what joins it; the whole RUN if it is the only one."""
    if not is_chain(file, step):
        return None
    commands = step.commands
    index = next((i for i, c in enumerate(commands) if c is command), -1)
    if index < 0:
        return None
    if len(commands) == 1:
        return (delete_instruction(file, step.instruction),)
    if index == 0:
        return (Edit(Span(command.span.start, commands[1].span.start), ""),)
    return (Edit(Span(commands[index - 1].span.end, command.span.end), ""),)


def append_command(file: Dockerfile, step: Step, text: str) -> Edit | None:
    """Add a command at a RUN's end, to run when all before has gone well."""
    instruction = step.instruction
    commands = step.commands
    if not commands or not all(c.exact for c in commands):
        return None
    if instruction.heredocs:
        if len(instruction.heredocs) > 1 or not is_strict(file, step) or commands[0].name != "set":
            return None
        return insert(instruction.heredocs[0].span.end, f"{text}\n")
    if instruction.body.rstrip().endswith((";", "&", "|", file.escape)):
        return None
    last = source(file, Span(commands[-1].span.start, instruction.span.end))
    if "\n#" in last or " #" in last:
        return None
    first_line = file.lines[instruction.line - 1]
    if instruction.end_line > instruction.line or len(first_line) + len(text) > 96:
        indent = re.match(r"\s*", file.lines[instruction.end_line - 1])
        space = indent[0] if indent and instruction.end_line > instruction.line else "    "
        return insert(instruction.span.end, f" {file.escape}\n{space}&& {text}")
    return insert(instruction.span.end, f" && {text}")


def prepend_command(file: Dockerfile, step: Step, text: str) -> Edit | None:
    """Add a command at a RUN's start; behind `set -e` where the RUN begins with it."""
    commands = step.commands
    if not commands or not all(c.exact for c in commands) or not is_strict(file, step):
        return None
    first = commands[0]
    if first.name == "set" and len(commands) > 1:
        joint = "\n" if step.instruction.heredocs else f" {first_operator(commands)} "
        joint = "; " if joint == " ; " else joint
        return insert(commands[1].span.start, f"{text}{joint}")
    words = step.instruction.words
    if step.instruction.heredocs or not words or first.span.start != words[0].span.start:
        return None  # the first command may stand inside a substitution
    return insert(first.span.start, f"{text} && ")


def first_operator(commands: tuple[Command, ...]) -> str:
    return commands[1].operator or "&&"


def add_words(command: Command, text: str, behind: int = 1) -> Edit | None:
    """Add words to a command behind its first `behind` words."""
    if not command.exact or len(command.argv) < behind:
        return None
    return insert(command.argv[behind - 1].span.end, f" {text}")


def remove_words(command: Command, words: Iterable[str]) -> Edits | None:
    """Delete the words of a command that are exactly one of these."""
    if not command.exact:
        return None
    unwanted = set(words)
    edits = []
    for before, word in pairwise(command.argv):
        if word.value in unwanted:
            edits.append(Edit(Span(before.span.end, word.span.end), ""))
    return tuple(edits) or None
