from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgopt.formats import escape

EVIL = "a\x1b[31m\x9b\u202e\n::error::x\r##[error]y\udcff"


@given(st.text(st.characters()))
def test_nothing_that_acts_is_printed(text: str) -> None:
    for shown in (escape.printable(text), escape.line(text)):
        assert len(shown) == len(text)
        assert all(c.isprintable() or c in "\u200c\u200d" for c in shown)
        assert "##[error]" not in escape.printable(text + "##[error]")
    assert not escape.line(f"  {text}").lstrip().startswith("::")
    assert all(not part.lstrip().startswith("::") for part in escape.lines(text).split("\n"))


@given(st.dictionaries(st.text(), st.text()))
def test_json_is_the_same_document_without_what_acts(document: dict[str, str]) -> None:
    text = escape.json_text(document)
    assert json.loads(text) == document
    assert all(c.isprintable() or c in "\n\u200c\u200d" for c in text)


def test_json_of_names_that_are_no_text() -> None:
    assert "\\u0023[error]" in escape.json_text([EVIL])
    assert json.loads(escape.json_text(["\udcff"])) == ["\N{REPLACEMENT CHARACTER}"]


def test_plain_text_stays() -> None:
    for text in (
        "FROM python:3.13",
        "## Title ##[ x ]",
        "größer → 10 µs",
        "漢字 👩\u200d🚀",
        "a::b",
    ):
        assert escape.line(text) == text
    assert escape.printable("a\tb\u3000c") == "a b c"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b <i>", "a\\|b \\<i\\>"),
        ("run `apt_get <x>|y` now_", "run `apt_get <x>¦y` now\\_"),
        ("one ` alone", "one \\` alone"),
        ("`a` and ` alone", "`a` and \\` alone"),
        ("two\nlines", "two lines"),
        ("@all, a@b.c, python@sha256:0", "@\u2060all, a@b.c, python@sha256:0"),
        ("<!channel> `<@U1>`", "\\<\\!\u2060channel\\> `<@\u2060U1>`"),
        ("http://a.example www.b.example", "http\\://a.example www\\.b.example"),
    ],
)
def test_markdown(text: str, shown: str) -> None:
    assert escape.markdown(text) == shown


def test_json_is_what_the_standard_library_writes() -> None:
    signs = "".join(chr(code) for code in range(0xD800) if chr(code).isprintable() or code < 32)
    document = {"text": signs, "none": None, "yes": True, "empty": [[], {}], "numbers": [1, -2.5]}
    assert escape.json_text(document) == json.dumps(document, indent=2, ensure_ascii=False) + "\n"
