"""What a Dockerfile is made of. Data only; parse.py makes it, stages.py and shell.py read it."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

import msgspec


class Position(msgspec.Struct, frozen=True, order=True):
    """Line and column in the source text; both count from 1, columns in characters."""

    line: int
    column: int


class Span(msgspec.Struct, frozen=True):
    """From `start` up to, not including, `end`."""

    start: Position
    end: Position


class Word(msgspec.Struct, frozen=True):
    """One word of an instruction: `text` as written, `value` with quotes and escapes removed."""

    text: str
    value: str
    span: Span


class Flag(msgspec.Struct, frozen=True):
    """`--name=value`; `value` is empty for a flag without one."""

    name: str
    value: str
    span: Span


class Heredoc(msgspec.Struct, frozen=True):
    """The body of `<<name`, without its terminator line."""

    name: str
    content: str
    chomp: bool
    expand: bool
    span: Span


class Comment(msgspec.Struct, frozen=True):
    """A comment line; `text` starts behind the `#`."""

    text: str
    span: Span


class Directive(msgspec.Struct, frozen=True):
    """A parser directive such as `# syntax=…`; `name` is lower case."""

    name: str
    value: str
    span: Span


class SourceMap(msgspec.Struct, frozen=True):
    """Maps offsets in an instruction's joined text (no continuations) back to the source text.

    `starts[i]` is the offset in the joined text where the i-th unbroken piece begins and
    `sources[i]` its offset in the source; `line_starts` are the source offsets of all lines.
    """

    starts: tuple[int, ...]
    sources: tuple[int, ...]
    line_starts: tuple[int, ...]

    def span(self, start: int, end: int) -> Span:
        """Span in the source of the joined text's [start, end).

        An end is that of the character before it, so that it stays in that character's piece.
        """
        first = self.position(self._offset(start))
        return Span(first, self.position(self._offset(end - 1) + 1) if end > start else first)

    def position(self, source: int) -> Position:
        line = bisect_right(self.line_starts, source)
        return Position(line, source - self.line_starts[line - 1] + 1)

    def _offset(self, joined: int) -> int:
        starts = self.starts
        piece = bisect_right(starts, joined) - 1 if len(starts) > 1 else 0
        return self.sources[piece] + joined - starts[piece]


class Instruction(msgspec.Struct, frozen=True):
    """One instruction.

    `text` is the instruction with its continuation lines joined as BuildKit joins them, comments
    dropped. `words` are its arguments: for RUN, CMD and ENTRYPOINT in shell form a single word.
    `exact` is False where the spans inside it are the instruction's own.
    """

    keyword: str
    text: str
    span: Span
    keyword_span: Span
    flags: tuple[Flag, ...]
    words: tuple[Word, ...]
    is_json: bool
    heredocs: tuple[Heredoc, ...]
    source_map: SourceMap
    body_offset: int = 0
    exact: bool = True

    @property
    def line(self) -> int:
        return self.span.start.line

    @property
    def end_line(self) -> int:
        """The last line, inclusive."""
        return self.span.end.line

    def flag(self, name: str) -> str | None:
        """The value of the last flag of that name."""
        return next((f.value for f in reversed(self.flags) if f.name == name), None)

    @property
    def body(self) -> str:
        """The arguments as one text, without flags."""
        return self.text[self.body_offset :]


class Dockerfile(msgspec.Struct, frozen=True, dict=True):
    """A whole file; `path` is what messages call it, `line_starts` the offsets of its lines.

    Not slotted, because what is computed from it is kept.
    """

    path: str
    text: str
    escape: str
    directives: tuple[Directive, ...]
    comments: tuple[Comment, ...]
    instructions: tuple[Instruction, ...]
    line_starts: tuple[int, ...] = (0,)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines without their ends."""
        return tuple(line.removesuffix("\r") for line in self.text.split("\n"))

    @cached_property
    def chains(self) -> dict[int, bool]:
        """By line, whether a RUN is a plain list of commands; filled by who asks first."""
        return {}

    @cached_property
    def comment_lines(self) -> frozenset[int]:
        """The numbers of the lines that are comments."""
        return frozenset(comment.span.start.line for comment in self.comments)


class DockerfileSyntaxError(ValueError):
    """BuildKit's parser refuses the text; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
