"""Patterns: as those match them who made them, and never with backtracking."""

from __future__ import annotations

import fnmatch
import itertools
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from e2b_dockerfile_utils import PatternMatcher
from hypothesis import example, given, settings
from hypothesis import strategies as st

from imgopt.context.automaton import Automaton, Gap, TooCostly
from imgopt.context.gitignore import GitIgnore
from imgopt.context.patterns import Globs, Ignore, copy_source

_NAME = st.text("abc.", min_size=1, max_size=3).filter(lambda name: name.strip("."))
_PATH = st.lists(_NAME, min_size=1, max_size=4).map("/".join)
_GLOB = st.lists(
    st.sampled_from(["a", "b", "c", ".", "/", "*", "?", "**", "**/", "/**", "/**/", "[ab]", "[^a]",
                     "[a-c]", "\\a", "\\*", "]"]),
    max_size=7,
).map("".join)  # fmt: skip


@settings(max_examples=1000, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["", "", "!", "#", " "]), _GLOB).map("".join), max_size=5),
    _PATH,
)
@example(["*", "!a", "a*"], "a/b")
@example(["**c"], "abc")
@example(["a**b"], "ac/b")
@example(["a[^b]c"], "a/c")
def test_ignore_files_leave_out_what_docker_leaves_out(lines: list[str], path: str) -> None:
    try:
        theirs = PatternMatcher(lines)
    except ValueError:
        with pytest.raises(ValueError):
            Ignore(lines)
        return
    mine = Ignore(lines)
    assert mine.excludes(path) == theirs.matches(path)
    place = mine.root
    *folders, name = path.split("/")
    for folder in folders:
        place = place.inside(folder)
        if not place.may_take_back and place.excluded:
            assert mine.excludes(path)  # so nobody has to look into it
    assert place.excludes(name) == theirs.matches(path)


_SHELL = st.lists(
    st.sampled_from([*"abc/*?[]!-^", "[a-c]", "[!a]", "[]a]", "[a-]"]), max_size=8
).map("".join)  # fmt: skip


@settings(max_examples=1000, deadline=None)
@given(_SHELL, st.text("abc/[]!-^", max_size=6))
@example("[!]", "!")
@example("[c-a]", "b")
@example("[a-c-b]", "-")
def test_globs_match_as_fnmatch_does(glob: str, text: str) -> None:
    assert bool(Globs([glob]).matching(text)) == fnmatch.fnmatchcase(text, glob)


@settings(max_examples=1000, deadline=None)
@given(st.text("ab*?", min_size=1, max_size=6), _NAME)
def test_a_copy_source_matches_a_name_as_fnmatch_does(pattern: str, name: str) -> None:
    assert bool(copy_source(pattern).after(name).ends) == fnmatch.fnmatchcase(name, pattern)


def test_a_copy_source_is_read_as_go_reads_it() -> None:
    for pattern, path, taken in (
        ("a/*", "a/b", True), ("a/*", "a/b/c", False), ("a[^b]", "ac", True),
        ("a[!b]", "ac", False),
        ("\\*", "*", True), ("\\*", "a", False), ("**", "a", True), ("**", "a/b", False),
    ):  # fmt: skip
        assert bool(copy_source(pattern).after(path).ends) == taken
    for bad in ("[", "[a", "a\\", "[]a]"):
        with pytest.raises(ValueError):
            copy_source(bad)


# Where versions of git differ.
_ODD_STARS = re.compile(r"[^/]\*\*|\*\*[^/]")
_LINE = (
    st.lists(
        st.sampled_from(
            ["a", "b", ".", "/", "*", "?", "**/", "/**", "/**/", "[ab]", "[!a]", "\\a"]
        ),
        min_size=1,
        max_size=5,
    )
    .map("".join)
    .filter(lambda line: not _ODD_STARS.search(line))
)


_FILES = [
    "/".join(parts)
    for depth in (1, 2, 3)
    for parts in itertools.product(("a", "b", "ab", "a.b"), repeat=depth)
]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["", "", "!"]), _LINE).map("".join), max_size=4))
def test_gitignore_agrees_with_git(repository: Path, lines: list[str]) -> None:
    (repository / ".gitignore").write_text("".join(f"{line}\n" for line in lines))
    told = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin"],
        input="\n".join(_FILES), text=True, capture_output=True, cwd=repository, check=False,
    )  # fmt: skip
    spec = GitIgnore(lines)

    def ignored(path: str) -> bool:
        above = path.rpartition("/")[0]
        if above and ignored_folder(above):
            return True
        return spec.verdict(spec.start.after(path), is_folder=False) is True

    @cache
    def ignored_folder(path: str) -> bool:
        above = path.rpartition("/")[0]
        if above and ignored_folder(above):
            return True
        return spec.verdict(spec.start.after(path), is_folder=True) is True

    assert [path for path in _FILES if ignored(path)] == told.stdout.splitlines()


def test_gitignore_lines_that_git_reads_in_its_own_way() -> None:
    def ignored(line: str, path: str, is_folder: bool = False) -> bool | None:
        spec = GitIgnore([line])
        return spec.verdict(spec.start.after(path), is_folder)

    assert ignored("build/", "x/build", is_folder=True)
    assert ignored("build/", "build") is None
    assert ignored("a/b", "x/a/b") is None
    assert ignored("a ", "a") and ignored("a\\ ", "a ")
    assert ignored("\\#a", "#a") and ignored("\\!a", "!a")
    assert ignored("[[:digit:]]", "7") and ignored("[[:digit:]]", "a") is None
    for nothing in ("", "!", "/", "#a", "[", "a\\", "[a-"):
        assert ignored(nothing, "a") is None


def test_patterns_that_backtrack_elsewhere_take_linear_time() -> None:
    stars, folders, name = "a*" * 25 + "b", "**/" * 25 + "b", "a" * 200
    names = [name, f"{name}/{name}", "/".join("a" * 60)]
    for lines in ([stars], [folders], ["a**" * 25 + "b"], ["**/a*" * 25 + "/b"], ["?" * 99 + "*"]):
        assert [Ignore(lines).excludes(text) for text in names[:1]] == [lines[0][0] == "?"]
        GitIgnore(lines).start.after(names[1])
    assert Ignore([folders]).excludes("a/" * 60 + "b")
    assert not Globs([stars, folders]).matching(name)
    assert not copy_source(stars).after(name).ends


def test_work_beyond_the_limit_is_refused() -> None:
    automaton = Automaton(max_work=1000)
    automaton.add([Gap.ANY, "a", *[Gap.NAME, "b"] * 50], 0)
    with pytest.raises(TooCostly):
        automaton.start.after("ab" * 500)
    with pytest.raises(ValueError, match="more than 5000 patterns"):
        Ignore(["*"] * 6000)
