from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgopt.dockerfile.parse import parse
from imgopt.dockerfile.rewrite import RewriteRefused, new_bases, with_bases

FILE = """\
# syntax=docker/dockerfile:1
# escape=`
ARG VERSION=12
FROM --platform=$BUILDPLATFORM golang:1.20 as build
RUN <<EOF
FROM is no instruction here
EOF
from `
    # which one?
    debian:${VERSION}
COPY --from=build /x /x
FROM  build  AS  last
"""


def test_only_the_bases_change_and_the_rest_keeps_its_spelling() -> None:
    found = with_bases(parse(FILE), {0: "golang:1.21@sha256:1", 1: "debian:13"})
    expected = FILE.replace("golang:1.20", "golang:1.21@sha256:1").replace(
        "debian:${VERSION}", "debian:13"
    )
    assert found == expected
    assert with_bases(parse(FILE), {2: "other"}) == FILE.replace("FROM  build", "FROM  other")
    assert with_bases(parse(FILE), {}) == FILE


def test_line_ends_and_a_last_line_without_one_stay() -> None:
    text = "FROM debian:12 AS a\r\nRUN make\r\nFROM debian:12"
    assert with_bases(parse(text), {0: "x"}) == text.replace("debian:12 AS", "x AS")
    assert with_bases(parse(text), {1: "x"}) == text.removesuffix("debian:12") + "x"


@pytest.mark.parametrize("base", ["", "two words", "x AS y", "a\nRUN b", "--flag=1", "# x"])
def test_what_is_no_image_is_refused(base: str) -> None:
    with pytest.raises(RewriteRefused):
        with_bases(parse("FROM debian:12\nRUN make\n"), {0: base})


def test_a_stage_that_is_not_there_is_refused() -> None:
    for index in (-1, 1):
        with pytest.raises(RewriteRefused):
            new_bases(parse("FROM debian:12\n"), {index: "x"})


def test_what_dockerfile_parse_reads_in_another_way_is_refused() -> None:
    """For it, an empty line ends a continued instruction."""
    with pytest.raises(RewriteRefused):
        with_bases(parse("FROM \\\n\n  debian:12\nRUN make\n"), {0: "debian:13"})


@given(
    st.lists(
        st.sampled_from(["RUN make", "RUN <<E\nFROM a\nE", "# FROM b", "FROM c AS d", "from e"]),
        max_size=8,
    ),
    st.data(),
)
def test_every_other_instruction_stays(lines: list[str], data: st.DataObject) -> None:
    named = [line.replace(" d", f" d{n}") for n, line in enumerate(lines)]
    file = parse("\n".join(["FROM debian:12", *named]) + "\n")
    stages = sum(i.keyword == "FROM" for i in file.instructions)
    index = data.draw(st.integers(0, stages - 1))
    after = parse(with_bases(file, {index: "other:1"}))
    changed = [
        (a.text, b.text)
        for a, b in zip(file.instructions, after.instructions, strict=True)
        if a.text != b.text
    ]
    assert len(changed) == 1
    assert "other:1" in changed[0][1]
