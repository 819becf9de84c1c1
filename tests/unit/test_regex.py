"""Patterns that are compiled when they are first asked."""

from __future__ import annotations

import copy
import re

import pytest

from imgopt.regex import lazy


def test_what_is_asked_is_what_the_compiled_pattern_says() -> None:
    lazily, compiled = lazy(r"(\w+)=(\d*)", re.ASCII), re.compile(r"(\w+)=(\d*)", re.ASCII)
    for text in ("a=1", "x a=1 b=22", "", "é=3"):
        ours, theirs = lazily.search(text), compiled.search(text)
        assert (ours and ours.groups()) == (theirs and theirs.groups())
        assert lazily.findall(text) == compiled.findall(text)
        assert lazily.sub("-", text) == compiled.sub("-", text)
    assert (lazily.pattern, lazily.groups) == (compiled.pattern, compiled.groups)


def test_nothing_is_compiled_before_it_is_asked() -> None:
    wrong = lazy("(")
    with pytest.raises(re.error):
        wrong.search("")


def test_a_copy_asks_for_itself() -> None:
    assert copy.copy(lazy("a+")).fullmatch("aaa")
