"""No Dockerfile makes a rule raise, and findings never point outside the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from blocks import blocks
from hypothesis import given, settings
from hypothesis import strategies as st

from imgopt import config
from imgopt.facts.file import Surroundings
from imgopt.facts.surroundings import Neighbourhood
from imgopt.lint.check import lint_bytes
from imgopt.lint.linter import Linter
from imgopt.lint.selection import choose_rules

RULES = choose_rules(["all"], [])
_LINES = sorted({line for block in blocks() for line in block.text.splitlines()})
_ODD = [
    "FROM ${A:-b}:${C} AS d",
    "FROM --platform=$BUILDPLATFORM a",
    "FROM",
    "from scratch",
    "ARG",
    "ENV",
    "ENV a",
    "ENV a=b c='d",
    "COPY",
    "COPY a",
    'COPY ["a b", "c"]',
    "COPY <<EOF /x",
    "EOF",
    "ADD http://x /",
    "COPY --from= a b",
    "COPY --from=$X a b",
    "RUN",
    "RUN []",
    'RUN ["sh", "-c"]',
    "RUN <<EOF",
    "RUN $X install",
    "RUN --mount=type=cache,target=$X npm ci",
    "RUN --mount npm ci",
    "RUN cd $X && npm ci",
    "RUN sudo",
    "RUN chown -R",
    "RUN chmod -R 7 $X",
    "RUN pip install -r",
    "RUN apt-get -o",
    "RUN python -m",
    "USER",
    "USER $U",
    "WORKDIR",
    "WORKDIR $X",
    "WORKDIR a b",
    "CMD",
    "CMD []",
    'CMD [""]',
    "ENTRYPOINT",
    "SHELL []",
    'SHELL ["powershell"]',
    "ONBUILD RUN x",
    "# imgopt: ignore=",
    "# imgopt: ignore-file=IMG101",
    "\\",
    "RUN a \\",
    "\tRUN\ta",
    "RUN éé && pip install ü",
    "HEALTHCHECK NONE",
    "LABEL",
    "RUN sh -c 'sh -c \"npm ci\"'",
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(_LINES + _ODD), max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_no_dockerfile_makes_a_rule_raise(lines: list[str], newline: str) -> None:
    text = newline.join(["FROM debian:12", *lines])
    result = lint_bytes(text.encode(), "Dockerfile", RULES, Surroundings())
    assert "internal error" not in (result.error or "")
    last = text.count("\n") + 1
    for finding in result.findings:
        start, end = finding.span.start, finding.span.end
        assert 1 <= start.line <= end.line <= last
        assert (start.line, start.column) < (end.line, end.column)


@pytest.mark.parametrize(
    "text",
    [
        "RUN " + "a && " * 20_000 + "a",
        "RUN " + "(" * 5000 + "npm ci" + ")" * 5000,
        "RUN " + "$(" * 3000 + ")" * 3000,
        "RUN echo " + "${A:-" * 3000 + "}" * 3000,
        "ENV A=" + "${A:-" * 3000 + "x" + "}" * 3000,
        "COPY " + "x" * 20_000 + " /" + "y/" * 10_000,
        "RUN " + "apt-get install " + "lib-dev " * 6000,
        "ARG " + "GIT_" * 10_000,
        "RUN npm ci " + "-" * 50_000,
        "\n".join(["RUN apt-get update"] * 400),
        "\n".join(["COPY . /a", "RUN chown -R x /a"] * 200),
    ],
    ids=lambda text: text[:24],
)
def test_hostile_sizes_end(text: str) -> None:
    result = lint_bytes(f"FROM debian:12\n{text}\n".encode(), "D", RULES, Surroundings())
    assert "internal error" not in (result.error or "")


def test_a_copy_of_a_name_that_is_too_long_does_not_end_the_run(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(f"FROM debian:12\nCOPY {'a' * 5000} /x\nCOPY {'b' * 300} /y\nRUN make\n")
    (result,) = Linter(RULES, Neighbourhood(config.load(tmp_path)), tmp_path).lint(path)
    assert result.error is None
