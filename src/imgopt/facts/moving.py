"""Names that stand for another content tomorrow: branches, words for the newest release, variables
that hold a commit or a build's number."""

from __future__ import annotations

from imgopt.regex import lazy

MOVING = frozenset("main master develop dev trunk latest head nightly".split())
_NAMES = "|".join(sorted(MOVING)) + "|HEAD"
_IN_URL = lazy(
    r"/releases/latest(/|$)|/latest/download/"
    rf"|/(raw|archive|zipball|tarball|refs/heads)/(refs/heads/)?({_NAMES})(?![\w-])"
    rf"|raw\.githubusercontent\.com/[^/]+/[^/]+/(refs/heads/)?({_NAMES})/"
    r"|[/_-]latest(\.[a-z0-9.]+|/|$)|/nightly/"
)


def is_moving(reference: str) -> bool:
    """Whether a git reference is one of those names."""
    return reference.lower() in MOVING


def is_moving_url(url: str) -> bool:
    """Whether a URL has such a name where a release or a commit could stand."""
    return bool(_IN_URL.search(url.partition("?")[0]))


_VARIABLE = lazy(
    r"GIT_(COMMIT|SHA|HASH|REV|REVISION|REF|DESCRIBE|TAG|DATE|TIMESTAMP)\w*|(\w+_)?SHA1?"
    r"|(\w+_)?(COMMIT|REVISION)(_\w+)?|COMMIT\w*|VCS_REF|BUILDTIME|(\w+_)?TIMESTAMP"
    r"|BUILD_(DATE|TIME|TIMESTAMP|ID|NUMBER|NUM|SHA|COMMIT|REF|VERSION)"
    r"|CI_COMMIT_\w+|CI_JOB_ID|CI_PIPELINE_(ID|IID|NUMBER)|CI_BUILD_\w+|GITHUB_(SHA|RUN_\w+|REF)"
    r"|(APP|APPLICATION|PROJECT|RELEASE|IMAGE|SERVICE)_VERSION|VERSION"
)
_COMMIT = lazy(r"(?=.*[1-9a-f])[0-9a-f]{7,}")
_VERSION = lazy(r".*\d.*")
# A number with dots, one by itself between signs, or a commit.
_RELEASE = lazy(
    r"(?<![a-zA-Z0-9])(v|r|go|node)?\d+(\.\d+)+|(?<![a-zA-Z0-9.])[vr]?\d+(?=[-_/]|\.[a-z]|$)"
    r"|(?<![0-9a-zA-Z])(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}(?![0-9a-zA-Z])"
)
# Numbers that say what a file is for or made of, not which release it is.
_NUMBERS = lazy(
    r"x86[-_]64|(?<![0-9])(32|64)[-_]?bits?|(?<=[-_/.])(32|64)(?=[-_/.]|$)|\.(7z|mp[34]|bz2)\b"
)
_NO_VERSION = lazy(r"v?0(\.0)*(-\w+)?")


def is_moving_variable(name: str) -> bool:
    """Whether a variable of that name changes with every commit or build."""
    return bool(_VARIABLE.fullmatch(name.upper()))


def is_commit(value: str) -> bool:
    """Whether a value is the hash of a commit."""
    return bool(_COMMIT.fullmatch(value))


def is_version(value: str) -> bool:
    """Whether a value is a version that says something: 0.0.0 stands for none."""
    return bool(_VERSION.fullmatch(value)) and not _NO_VERSION.fullmatch(value)


def names_a_version(url: str) -> bool:
    """Whether a URL's path names a release or a commit, and no moving one."""
    path = _NUMBERS.sub("", url.partition("://")[2].partition("/")[2])
    return bool(_RELEASE.search(path)) and not is_moving_url(url)
