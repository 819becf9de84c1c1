"""hadolint and ShellCheck are really run; both come with the development packages."""

from __future__ import annotations

import pytest

from imgopt.errors import CheckGaveUp
from imgopt.facts.file import Surroundings
from imgopt.lint.check import Check, lint_bytes
from imgopt.lint.selection import choose_rules
from imgopt.linters import hadolint, shellcheck

TEXT = """\
FROM debian
WORKDIR app
ENV A=1
RUN echo "$A" && \\
    # a comment
    ls `pwd` && \\
    cat $lower
RUN <<EOF
echo $x
EOF

RUN ["echo", "$y"]
"""


def found(check: Check, text: str = TEXT, *rules: str) -> list[tuple[str, int, int]]:
    result = lint_bytes(text.encode(), "D", choose_rules(rules, []), Surroundings(), (check,))
    return [(f.rule, f.span.start.line, f.span.start.column) for f in result.findings]


def test_shellcheck_names_lines_and_columns_of_the_dockerfile() -> None:
    theirs = [f for f in found(shellcheck.check) if f[0].startswith("shellcheck/")]
    assert ("shellcheck/SC2046", 6, 8) in theirs
    assert ("shellcheck/SC2086", 7, 9) in theirs
    assert ("shellcheck/SC2086", 9, 6) in theirs
    assert not any(line in (4, 5, 12) for _, line, _ in theirs)


def test_hadolint_joins_under_its_own_ids_and_is_folded() -> None:
    alone = found(hadolint.check, TEXT, "IMG609")
    assert ("hadolint/DL3006", 1, 1) in alone
    assert ("hadolint/DL3000", 2, 1) in alone
    assert any(rule.startswith("shellcheck/SC") for rule, _, _ in alone)
    folded = {rule for rule, _, _ in found(hadolint.check)}
    assert {"IMG501", "IMG606"} <= folded
    assert not {"hadolint/DL3006", "hadolint/DL3000"} & folded


def test_a_file_that_hadolint_cannot_read_is_said() -> None:
    with pytest.raises(CheckGaveUp, match="hadolint cannot parse it: line 5"):
        found(hadolint.check, "FROM debian\nRUN <<EOF\ntrue\nEOF\nUSER a\n")


def test_our_comments_silence_them() -> None:
    text = '# imgopt: ignore=hadolint/DL3006 reason="x"\nFROM debian\n'
    assert "hadolint/DL3006" not in {r for r, _, _ in found(hadolint.check, text, "IMG609")}


def test_comments_of_hadolint_and_buildkit_silence_ours() -> None:
    def rules(text: str) -> set[str]:
        result = lint_bytes(text.encode(), "D", choose_rules([], []), Surroundings())
        return {f.rule for f in result.findings}

    bad = "FROM debian AS a\nMAINTAINER x\nWORKDIR app\n"
    assert rules(bad) >= {"IMG501", "IMG608", "IMG606"}
    assert "IMG501" not in rules("# hadolint ignore=DL3006,SC2046\n" + bad)
    assert "IMG608" not in rules("# hadolint global ignore=DL4000\n" + bad)
    skipped = rules("# check=skip=MaintainerDeprecated,WorkdirRelativePath;error=true\n" + bad)
    assert not {"IMG608", "IMG606"} & skipped
    assert "IMG501" in skipped
    every = rules("# syntax=docker/dockerfile:1\n# check=skip=all\n" + bad)
    assert not {"IMG608", "IMG606"} & every
