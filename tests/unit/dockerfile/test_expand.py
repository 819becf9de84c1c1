"""Variables: as BuildKit's lexer expands them, and no more than the budget."""

from __future__ import annotations

from e2b_dockerfile_utils import ShellLex
from hypothesis import given, settings
from hypothesis import strategies as st

from imgopt.dockerfile.expand import MAX_VALUE, Expander

_ENV = {"A": "1.2.3-rc", "B": "", "C": "aabab", "D_1": "a/b/c.tar", "É": "x y", "S": "a*b?"}
_PIECES = [
    *"$'\"\\`{}/*?#%:+-abU 1.é<", "${", "}", "$A", "${A", "${B", "${C", "${D_1", "${U", "$É", "##",
    "%%", "//", ":-", ":+", ":?", "${A%", "${C#", "${C//a/", "${D_1%/*}", "<<", "\\}", "\\/", "\\*",
]  # fmt: skip


def _theirs(text: str, escape: str) -> str | None:
    try:
        result = ShellLex(escape, env=_ENV, skip_unset_env=True).process_word(text)
    except ValueError:
        return None
    return None if "$" in result and "$" in text else result


@settings(max_examples=3000, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=14), st.sampled_from("\\`"))
def test_words_expand_as_the_ported_lexer_expands_them(pieces: list[str], escape: str) -> None:
    text = "".join(pieces)
    mine, theirs = Expander(escape).word(text, _ENV), _theirs(text, escape)
    assert mine == theirs or (mine is None and "/" in text)  # a pattern that matches nothing, too


@settings(max_examples=1000, deadline=None)
@given(
    st.text("ab?*", max_size=6).filter(lambda p: p.strip("*")),
    st.text("ab", max_size=8),
    st.sampled_from(["#", "##", "%", "%%", "/", "//"]),
)
def test_patterns_match_as_regular_expressions_do(pattern: str, value: str, operator: str) -> None:
    text = "${X" + operator + pattern + ("/-}" if "/" in operator else "}")
    theirs = ShellLex("\\", env={"X": value}).process_word(text)
    assert Expander().expand(text, {"X": value}) == theirs


def test_what_grows_without_end_is_unknown() -> None:
    env: dict[str, str | None] = {"A0": "x" * 10}
    expander = Expander()
    for index in range(1, 40):
        env[f"A{index}"] = expander.word(f"${{A{index - 1}}}" * 2, env)
    lengths = [len(value) for value in env.values() if value is not None]
    assert max(lengths) <= MAX_VALUE
    assert env["A39"] is None
    long = {"X": "a" * MAX_VALUE}
    for text in ("${U:-$X$X}$X", "${X//a/$X}", "${X/a/$X}", "$X" * 30_000, "${X:-" * 5000, "'$X$X"):
        assert Expander().word(text, long) is None


def test_patterns_do_not_backtrack() -> None:
    value = {"X": "a" * 1000}
    for text in (
        "${X##" + "*a" * 25 + "b}",
        "${X//" + "a*" * 25 + "b/}",
        "${X%%b" + "*a" * 25 + "}",
    ):
        assert Expander().word(text, value) == value["X"]


def test_all_expansions_of_a_file_come_out_of_one_budget() -> None:
    expander = Expander()
    found = [expander.word("$X.", {"X": "a" * 60_000}) for _ in range(1000)]
    assert found[0] is not None
    assert found[-1] is None
