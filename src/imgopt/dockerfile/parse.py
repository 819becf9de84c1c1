"""Text → Dockerfile with exact spans.

Which instructions there are and what they mean is BuildKit's word (e2b-dockerfile-utils, a port of
its parser). Where they stand is found here: the continuation lines are joined once more, the same
way, with a map back to the source, and the words are located in the joined text.
"""

from __future__ import annotations

import codecs
import re
from itertools import accumulate

from e2b_dockerfile_utils import (
    DockerfileAst,
    DockerfileInstruction,
    ShellLex,
    parse_dockerfile_ast,
)
from e2b_dockerfile_utils import (
    DockerfileSyntaxError as ParserError,
)

from imgopt.dockerfile.model import (
    Comment,
    Directive,
    Dockerfile,
    DockerfileSyntaxError,
    Flag,
    Heredoc,
    Instruction,
    SourceMap,
    Span,
    Word,
)
from imgopt.dockerfile.tokens import json_strings, split_fields, split_words
from imgopt.regex import lazy

MAX_SIZE_BYTES = 2_000_000
# More of them is no Dockerfile: some work grows with the square of these.
MAX_INSTRUCTIONS = 5000
MAX_STAGES = 500
MAX_LINE_BYTES = 65_535  # bufio.Scanner's limit, which BuildKit's parser inherits
_DIRECTIVE = lazy(r"#[ \t]*([a-zA-Z][a-zA-Z0-9]*)[ \t]*=[ \t]*(\S.*)")
_DIRECTIVES = frozenset({"syntax", "escape", "check"})
_SPACE = " \t\v\f\r"
_WORD_INSTRUCTIONS = frozenset({"ARG", "ENV", "LABEL"})
_FIELD_INSTRUCTIONS = frozenset({"ADD", "COPY", "EXPOSE", "FROM", "VOLUME"})


def decode(data: bytes) -> str:
    """Bytes of a Dockerfile as text; DockerfileSyntaxError if it cannot be one."""
    if len(data) > MAX_SIZE_BYTES:
        raise DockerfileSyntaxError("file has more than 2 MB; that is not a Dockerfile", 1)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DockerfileSyntaxError("file is UTF-16; BuildKit reads UTF-8 only", 1)
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise DockerfileSyntaxError("file holds a NUL byte; it is binary, not a Dockerfile", line)
    return data.decode("utf-8", errors=_ERRORS)


def _replace_each(error: UnicodeError) -> tuple[str, int]:
    """A sign for every byte that is not UTF-8: as many as surrogateescape gives."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\N{REPLACEMENT CHARACTER}" * (error.end - error.start), error.end


_ERRORS = "imgopt-replace-each"
codecs.register_error(_ERRORS, _replace_each)


def parse(text: str, path: str = "Dockerfile") -> Dockerfile:
    """Parse a Dockerfile; DockerfileSyntaxError with BuildKit's message where it would refuse."""
    text = text.removeprefix("\ufeff")
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) * 4 > MAX_LINE_BYTES and len(line.encode()) > MAX_LINE_BYTES:
            message = f"dockerfile line greater than maximum allowed size of {MAX_LINE_BYTES}"
            raise DockerfileSyntaxError(message, number)
    ast = _ast(text)
    lines = _newline_lines(text)
    ends = tuple(accumulate(len(line) for line in lines))
    # The end of a last line without a newline starts no line.
    line_starts = (0, *(ends if text.endswith("\n") else ends[:-1]))
    directives = _directives(lines, line_starts)
    taken = {d.span.start.line for d in directives}
    instructions = tuple(
        _instruction(i, lines, line_starts, ast.escape_token) for i in ast.instructions
    )
    _check_stages(instructions)
    comments = _comments(lines, line_starts, ast, taken)
    return Dockerfile(path, text, ast.escape_token, directives, comments, instructions, line_starts)


def _newline_lines(text: str) -> list[str]:
    """Lines with their newline, split at LF alone as BuildKit does."""
    return re.findall(r"[^\n]*\n|[^\n]+\Z", text)


def _ast(text: str) -> DockerfileAst:
    try:
        ast = parse_dockerfile_ast(text)
    except ParserError as error:
        message = str(error).partition(": ")[2] or str(error)
        raise DockerfileSyntaxError(message, error.line or 1) from None
    except RecursionError:
        raise DockerfileSyntaxError("nested too deeply", 1) from None
    if not ast.instructions:
        raise DockerfileSyntaxError("file with no instructions", 1)
    _check_count(ast)
    return ast


def _check_count(ast: DockerfileAst) -> None:
    stages = [i for i in ast.instructions if i.name == "FROM"]
    for found, limit, kind in (
        (ast.instructions, MAX_INSTRUCTIONS, "instructions"),
        (stages, MAX_STAGES, "stages"),
    ):
        if len(found) > limit:
            message = f"file has more than {limit} {kind}; that is not a Dockerfile"
            raise DockerfileSyntaxError(message, found[limit].start_line)


def _check_stages(instructions: tuple[Instruction, ...]) -> None:
    """What BuildKit refuses right behind its parser: no stage to put an instruction in."""
    for instruction in instructions:
        if instruction.keyword == "FROM":
            if len(instruction.words) not in (1, 3) or (
                len(instruction.words) == 3 and instruction.words[1].value.lower() != "as"
            ):
                message = "FROM requires either one argument, or three: FROM <source> [AS <name>]"
                raise DockerfileSyntaxError(message, instruction.line)
            return
        if instruction.keyword != "ARG":
            message = f"no build stage in current context: {instruction.keyword} before FROM"
            raise DockerfileSyntaxError(message, instruction.line)
    raise DockerfileSyntaxError("file has no FROM, hence no stage to build", 1)


def _map(line_starts: tuple[int, ...]) -> SourceMap:
    return SourceMap((0,), (0,), line_starts)


def _directives(lines: list[str], line_starts: tuple[int, ...]) -> tuple[Directive, ...]:
    found = []
    plain = _map(line_starts)
    for number, line in enumerate(lines):
        match = _DIRECTIVE.match(line.strip())
        if not match or match[1].lower() not in _DIRECTIVES:
            break
        start = line_starts[number] + len(line) - len(line.lstrip())
        span = plain.span(start, line_starts[number] + len(line.rstrip()))
        found.append(Directive(match[1].lower(), match[2].strip(), span))
    return tuple(found)


def _comments(
    lines: list[str], line_starts: tuple[int, ...], ast: DockerfileAst, directives: set[int]
) -> tuple[Comment, ...]:
    """Comment lines, between and inside instructions; lines of heredoc bodies are not comments."""
    heredoc_lines: set[int] = set()
    for instruction in ast.instructions:
        size = sum(h.content.count("\n") + 1 for h in instruction.heredocs)
        heredoc_lines.update(range(instruction.end_line - size + 1, instruction.end_line + 1))
    plain = _map(line_starts)
    found = []
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if stripped.startswith("#") and number not in heredoc_lines and number not in directives:
            start = line_starts[number - 1] + line.index("#")
            found.append(Comment(stripped[1:].strip(), plain.span(start, start + len(stripped))))
    return tuple(found)


def _joined(
    node: DockerfileInstruction, lines: list[str], line_starts: tuple[int, ...], escape: str
) -> SourceMap | None:
    """Join the lines as BuildKit does; None if that does not give what its parser gave."""
    token = re.escape(escape)
    continued = re.compile(f"(?:[^{token}]|^){token}[ \t]*$")
    starts: list[int] = []
    sources: list[int] = []
    joined = ""
    for number in range(node.start_line - 1, len(lines)):
        line = lines[number].rstrip("\r\n")
        source = line_starts[number]
        first = number == node.start_line - 1
        bare = line.lstrip(_SPACE + "\u0085\u00a0")
        if not first and (bare.startswith("#") or not bare):
            continue
        if first:
            source += len(line) - len(bare)
            line = bare
        more = continued.search(line)
        if more:
            line = line[: line.rindex(escape)]
        starts.append(len(joined))
        sources.append(source)
        joined += line
        if not more:
            break
    if joined != node.original:
        return None
    return SourceMap(tuple(starts), tuple(sources), line_starts)


def _instruction(
    node: DockerfileInstruction, lines: list[str], line_starts: tuple[int, ...], escape: str
) -> Instruction:
    plain = _map(line_starts)
    last = lines[node.end_line - 1].rstrip("\r\n") if node.end_line <= len(lines) else ""
    source_map = _joined(node, lines, line_starts, escape)
    first = lines[node.start_line - 1]
    start = line_starts[node.start_line - 1] + len(first) - len(first.lstrip())
    whole = plain.span(start, line_starts[node.end_line - 1] + len(last.rstrip()))
    if source_map is None:  # no line structure to trust: every span is the instruction's own
        words = tuple(Word(a, a, whole) for a in node.args)
        flags = tuple(_flag(f, whole) for f in node.flags)
        heredocs = tuple(
            Heredoc(h.name, h.content, h.chomp, h.expand, whole) for h in node.heredocs
        )
        return Instruction(
            node.name,
            node.original,
            whole,
            whole,
            flags,
            words,
            node.json,
            heredocs,
            plain,
            exact=False,
        )
    text = node.original
    fields = split_fields(text, 0, most=1)
    keyword_end = fields[0][1] if fields else len(text)
    flag_tokens = split_words(text, keyword_end, escape, most=len(node.flags))
    flags = tuple(
        _flag(value, source_map.span(s, e))
        for value, (s, e) in zip(node.flags, flag_tokens, strict=False)
    )
    body = flag_tokens[-1][1] if flag_tokens else keyword_end
    while body < len(text) and text[body] in _SPACE:
        body += 1
    return Instruction(
        keyword=node.name,
        text=text,
        span=whole,
        keyword_span=source_map.span(0, keyword_end),
        flags=flags,
        words=_words(node, text, body, source_map, escape),
        is_json=node.json,
        heredocs=_heredocs(node, line_starts, lines),
        source_map=source_map,
        body_offset=body,
    )


def _flag(text: str, span: Span) -> Flag:
    name, _, value = text.removeprefix("--").partition("=")
    return Flag(name, value, span)


def _words(
    node: DockerfileInstruction, text: str, body: int, source_map: SourceMap, escape: str
) -> tuple[Word, ...]:
    if node.json:
        spans = json_strings(text, body)
        values = node.args[1:] if node.name == "HEALTHCHECK" else node.args
        return tuple(
            Word(text[s:e], value, source_map.span(s, e))
            for value, (s, e) in zip(values, spans, strict=False)
        )
    if node.name in _WORD_INSTRUCTIONS or node.name in _FIELD_INSTRUCTIONS:
        honoured = node.name in _WORD_INSTRUCTIONS
        spans = split_words(text, body, escape) if honoured else split_fields(text, body)
        return tuple(
            Word(text[s:e], _unquote(text[s:e], escape), source_map.span(s, e)) for s, e in spans
        )
    end = len(text.rstrip(_SPACE))
    if body >= end:
        return ()
    return (Word(text[body:end], text[body:end], source_map.span(body, end)),)


def _unquote(text: str, escape: str) -> str:
    if not any(c in text for c in "\"'" + escape):
        return text
    try:
        return ShellLex(escape).process_word(text)
    except ValueError:
        return text


def _heredocs(
    node: DockerfileInstruction, line_starts: tuple[int, ...], lines: list[str]
) -> tuple[Heredoc, ...]:
    plain = _map(line_starts)
    line = node.end_line - sum(h.content.count("\n") + 1 for h in node.heredocs)
    found = []
    for heredoc in node.heredocs:
        size = heredoc.content.count("\n")
        span = plain.span(line_starts[line], line_starts[line + size])
        found.append(Heredoc(heredoc.name, heredoc.content, heredoc.chomp, heredoc.expand, span))
        line += size + 1
    return tuple(found)
