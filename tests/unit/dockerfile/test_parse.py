from __future__ import annotations

import re

import dockerfile as buildkit_parser
import pytest
from blocks import blocks
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ROOT

from imgopt.dockerfile.model import Dockerfile, DockerfileSyntaxError, Span
from imgopt.dockerfile.parse import decode, parse
from imgopt.dockerfile.shell import script_of

SAMPLES = [path.read_text() for path in sorted((ROOT / "benchmarks").rglob("Dockerfile*"))
           if not path.name.endswith("ignore")]  # fmt: skip
TRICKY = [
    "FROM a\nRUN <<EOF bash\nset -e\n  apt-get  update\nEOF\nRUN cat <<X > /y\nfoo\nX\n",
    "FROM a\nCOPY <<-one <<two /x/\n\t1\n\tone\n2\ntwo\nCMD x\n",
    '# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN a `\n  # comment\n\n  b "c d"\n',
    'FROM a\r\nENV A=b \\\r\n  C="d e"\r\nLABEL x=y\r\n',
    "from a as B\nonbuild run x\nhealthcheck --interval=3s CMD curl x\n  shell [\"a\", \"b\"]\n",
    "FROM a\nRUN é && \\\n  # ü\n ö && x\nCOPY --chown=1:2 --from=b 'a b' c /d/",
    "\ufeffFROM a\nRUN x",
    "FROM a\nRUN echo \\\n\n\n  b\\\n",
    "FROM a\nENV k some value with = sign\nARG X Y=2\nEXPOSE 1 2\nVOLUME [\"/a\", \"/b\"]",
]  # fmt: skip
REFUSED = ("IMG001", "IMG002")
ALL = SAMPLES + TRICKY + [b.text for b in blocks() if b.kind == "good" or b.rule not in REFUSED]


def slice_of(file: Dockerfile, span: Span) -> str:
    """The source text of a span, cut out by line and column alone."""
    lines = file.text.split("\n")
    if span.start.line == span.end.line:
        return lines[span.start.line - 1][span.start.column - 1 : span.end.column - 1]
    first = lines[span.start.line - 1][span.start.column - 1 :]
    between = lines[span.start.line : span.end.line - 1]
    last = lines[span.end.line - 1][: span.end.column - 1]
    return "\n".join([first, *between, last])


def check_spans(file: Dockerfile) -> None:
    """Spans never lie: what they cut out of the source is what the model says."""
    broken = {"\\", "`", "\n", "\r"}
    end = (0, 0)
    for instruction in file.instructions:
        start = (instruction.span.start.line, instruction.span.start.column)
        assert start >= end
        end = (instruction.span.end.line, instruction.span.end.column)
        keyword = slice_of(file, instruction.keyword_span)
        assert keyword.upper() == instruction.keyword or broken & set(keyword)
        for word in instruction.words:
            cut = slice_of(file, word.span)
            assert cut == word.text or broken & set(cut)
        for flag in instruction.flags:
            cut = slice_of(file, flag.span)
            said = (f"--{flag.name}={flag.value}", f"--{flag.name}")
            # One kind of quotes may stand inside the other.
            plain = [re.sub("[\"']", "", text) for text in (cut, *said)]
            assert plain[0] in plain[1:] or broken & set(cut)
        for heredoc in instruction.heredocs:
            assert slice_of(file, heredoc.span) == heredoc.content
        if instruction.keyword in ("RUN", "CMD", "ENTRYPOINT"):
            for command in script_of(instruction).commands:
                cut = slice_of(file, command.span)
                assert cut == command.text or broken & set(cut) or not command.exact
    for comment in file.comments:
        assert slice_of(file, comment.span).removeprefix("#").strip() == comment.text
    for directive in file.directives:
        cut = slice_of(file, directive.span)
        assert directive.name in cut.lower() and directive.value in cut


@pytest.mark.parametrize("text", ALL)
def test_instructions_are_those_of_buildkits_own_parser(text: str) -> None:
    text = text.removeprefix("\ufeff")
    ours = parse(text)
    theirs = buildkit_parser.parse_string(text)
    assert [(i.keyword, i.line) for i in ours.instructions] == [
        (c.cmd.upper(), c.start_line) for c in theirs
    ]
    for mine, other in zip(ours.instructions, theirs, strict=True):
        assert mine.end_line == other.end_line
        assert mine.is_json == other.json
        if mine.keyword in ("COPY", "ADD", "FROM", "RUN", "CMD"):
            words = [w.value if mine.is_json else w.text for w in mine.words]
            assert words == list(other.value) or mine.heredocs
        assert len(mine.flags) == len(other.flags)


@pytest.mark.parametrize("text", ALL)
def test_spans_do_not_lie(text: str) -> None:
    check_spans(parse(text))


_WORD = st.text(st.sampled_from("ab$é{}='\"-/.é,<#"), min_size=1, max_size=8)
_GAP = st.sampled_from([" ", "  ", "\t", " \\\n", "\\\n  ", " \\\n# c\n", " \\ \n\n "])
_NAME = st.sampled_from(["RUN", "copy", "ENV", "ARG", "CMD", "LABEL", "USER", "EXPOSE", "WORKDIR"])


@st.composite
def _instruction(draw: st.DrawFn) -> str:
    words = draw(st.lists(_WORD, min_size=1, max_size=5))
    text = draw(_NAME)
    for word in words:
        text += draw(_GAP) + word
    return draw(st.sampled_from(["", "  "])) + text


@st.composite
def _dockerfile(draw: st.DrawFn) -> str:
    lines = ["FROM base AS x", *draw(st.lists(_instruction(), max_size=6))]
    return draw(st.sampled_from(["\n", "\r\n", "\n\n", "\n# comment\n"])).join(lines)


@settings(max_examples=300, deadline=None)
@given(_dockerfile())
def test_spans_do_not_lie_for_any_text(text: str) -> None:
    try:
        file = parse(text)
    except DockerfileSyntaxError as error:
        assert 1 <= error.line <= text.count("\n") + 1
        return
    check_spans(file)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_parse_or_are_refused_with_a_line(data: bytes) -> None:
    try:
        check_spans(parse(decode(b"FROM a\n" + data)))
    except DockerfileSyntaxError as error:
        assert error.message
        assert error.line >= 1


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (b"", "no instructions", 1),
        (b"FROM a\n\x00", "binary", 2),
        (b"\xff\xfeF\x00", "UTF-16", 1),
        (b"FROM a\nRUN " + b"x" * 70_000, "65535", 2),
        (b"FROM a\nRUNN x", "unknown instruction: RUNN", 2),
        (b"FROM a b c d", "FROM requires", 1),
        (b"ARG A=1\n", "no FROM", 1),
        (b"a" * 2_000_001, "2 MB", 1),
    ],
)
def test_what_is_refused_and_why(data: bytes, message: str, line: int) -> None:
    with pytest.raises(DockerfileSyntaxError, match=message) as error:
        parse(decode(data))
    assert error.value.line == line
