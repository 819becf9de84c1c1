"""JSON and TOML of others: what they say, and a ValueError for what nobody should read."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgopt.documents import MAX_DEPTH, MAX_JSON_CHARACTERS, MAX_TOML_BYTES, parse_json, parse_toml

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_json_is_read_as_the_standard_library_reads_it(value: object) -> None:
    assert parse_json(json.dumps(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        'a = 1\n[b]\n"c.d" = "x"  # [[[\n',
        "a = '''\n[[[[\n''' \nb = [1, [2, [3]]]\n",
        'a = """\\"""\n{{{ """\nb.c.d = {e = 1}\n',
    ],
)
def test_toml_is_read_as_the_standard_library_reads_it(text: str) -> None:
    assert parse_toml(text) == tomllib.loads(text)


def test_brackets_in_strings_and_comments_are_not_depth() -> None:
    many = "[" * 10 * MAX_DEPTH
    assert parse_json(json.dumps({"a": many, many: '"' + many})) == {"a": many, many: '"' + many}
    assert parse_toml(f'# {many}\na = \'{many}\'\nb = """{many}"""\n') == {"a": many, "b": many}


def test_as_deep_as_allowed_is_read_and_deeper_is_not() -> None:
    deep = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert json.dumps(parse_json(deep)) == deep
    assert parse_toml(f"a = {deep}")["a"] == parse_json(deep)
    for text in (f"[{deep}]", "[" * 100_000, '{"a":' * 100_000):
        with pytest.raises(ValueError, match=f"nested more than {MAX_DEPTH} deep"):
            parse_json(text)
    with pytest.raises(ValueError, match=f"nested more than {MAX_DEPTH} deep"):
        parse_toml(f"a = [{deep}]")


def test_side_by_side_is_not_deep() -> None:
    assert parse_json(f"[{','.join(['[]'] * 10 * MAX_DEPTH)}]") == [[]] * 10 * MAX_DEPTH


def test_keys_of_very_many_parts_are_told_with_their_line() -> None:
    with pytest.raises(ValueError, match=r"a key of more than \d+ parts \(line 2\)"):
        parse_toml("a = 1\nb" + ".c" * 10_000 + " = 1\n")


def test_what_is_too_long_is_not_parsed() -> None:
    with pytest.raises(ValueError, match="million characters"):
        parse_json(" " * (MAX_JSON_CHARACTERS + 1))
    with pytest.raises(ValueError, match="kB"):
        parse_toml("#" * (MAX_TOML_BYTES + 1))
    with pytest.raises(ValueError, match="Expecting value"):
        parse_json("nonsense")
