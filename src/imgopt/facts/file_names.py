"""What the ending of a file's name says of its content."""

from __future__ import annotations

from imgopt.regex import lazy

_ARCHIVE = lazy(r"\.(tar(\.\w+)?|tgz|txz|tbz2?|zip|7z)$")
_STREAM = lazy(r"\.(tar(\.\w+)?|tgz|txz|tbz2?)$")
_PACKAGE = lazy(r"\.(deb|rpm|apk|whl|jar|war)$")
_DATA = lazy(r"\.(iso|dump|sql\.gz|sqlite3?|mp4|mov)$")
# Folders whose files a program serves or shows.
_SHOWN = lazy(
    r"(^|/)(public|static|assets|media|src|resources|templates|www|htdocs|content|images|img"
    r"|wwwroot|webroot)/"
)
# Programs that unpack archives.
UNPACKERS = frozenset({"tar", "unzip", "bsdtar", "7z", "gunzip"})


def is_archive(name: str) -> bool:
    return bool(_ARCHIVE.search(name))


def reads_pipes(name: str) -> bool:
    """Whether what unpacks an archive of that name can read it from a pipe."""
    return bool(_STREAM.search(name))


def is_package(name: str) -> bool:
    """Whether it is a package or a library that a manager installs from a file."""
    return bool(_PACKAGE.search(name))


def is_shown(path: str) -> bool:
    """Whether a file lies where a program serves or shows it."""
    return bool(_SHOWN.search(path))


def is_data(name: str) -> bool:
    """Whether it holds data of the kind that weighs much: databases, dumps, films."""
    return bool(_DATA.search(name))
