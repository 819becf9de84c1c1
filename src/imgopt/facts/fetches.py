"""The files that downloading programs write: by an option, or named after their URL."""

from __future__ import annotations

import posixpath
import re
from itertools import pairwise

import msgspec

from imgopt.dockerfile.shell import Command


class Fetcher(msgspec.Struct, frozen=True):
    """A program that downloads one URL.

    The word behind a match of `output` is the file; with a match of `remote`, or always where it
    is empty, the URL's last part names it.
    """

    program: str
    output: re.Pattern[str]
    remote: re.Pattern[str] | None = None


FETCHERS = (
    Fetcher(
        "curl",
        output=re.compile(r"-[a-zA-Z]*o|--output"),
        remote=re.compile(r"-[a-zA-Z]*O[a-zA-Z]*|--remote-name"),
    ),
    Fetcher("wget", output=re.compile(r"-[a-zA-Z]*O|--output-document")),
)
_BY_PROGRAM = {fetcher.program: fetcher for fetcher in FETCHERS}


def fetched_file(command: Command) -> str | None:
    """The file that a download writes, as it is written; None for none, or an unknown one."""
    fetcher = _BY_PROGRAM.get(command.name)
    if fetcher is None:
        return None
    args = list(command.args)
    for word, following in pairwise(args):
        if fetcher.output.fullmatch(word):
            return following if following not in ("-", "/dev/null") else None
    if fetcher.remote and not any(fetcher.remote.fullmatch(word) for word in args):
        return None
    urls = [word for word in args if "://" in word]
    return (posixpath.basename(urls[0].partition("?")[0]) or None) if len(urls) == 1 else None
