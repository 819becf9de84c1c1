"""The files that downloading programs write: by an option, or named after their URL."""

from __future__ import annotations

import posixpath
import re

import msgspec

from imgopt.dockerfile.shell import Command
from imgopt.regex import lazy


class Fetcher(msgspec.Struct, frozen=True):
    """A program that downloads one URL.

    What follows a match of `output`, in its word or as the next one, is the file; with a match of
    `remote`, or always where it is empty, the URL's last part names it, in the folder that follows
    a match of `folder`.
    """

    program: str
    output: re.Pattern[str]
    folder: re.Pattern[str]
    remote: re.Pattern[str] | None = None


FETCHERS = (
    Fetcher(
        "curl",
        output=lazy(r"(?:-[a-np-zA-Z]*o|--output(?:=|$))(.*)"),
        folder=lazy(r"--output-dir(?:=|$)(.*)"),
        remote=lazy(r"-[a-zA-Z]*O[a-zA-Z]*|--remote-name"),
    ),
    Fetcher(
        "wget",
        output=lazy(r"(?:-[a-zA-NP-Z]*O|--output-document(?:=|$))(.*)"),
        folder=lazy(r"(?:-[a-zA-OQ-Z]*P|--directory-prefix(?:=|$))(.*)"),
    ),
)
_BY_PROGRAM = {fetcher.program: fetcher for fetcher in FETCHERS}


def fetched_file(command: Command) -> str | None:
    """The file that a download writes, as it is written; None for none, or an unknown one."""
    fetcher = _BY_PROGRAM.get(command.name)
    if fetcher is None:
        return None
    args = list(command.args)
    written = _value(args, fetcher.output)
    if written:
        return None if written in ("-", "/dev/null") else written
    if fetcher.remote and not any(fetcher.remote.fullmatch(word) for word in args):
        return None
    urls = [word for word in args if "://" in word]
    name = posixpath.basename(urls[0].partition("?")[0]) if len(urls) == 1 else ""
    return posixpath.join(_value(args, fetcher.folder), name) if name else None


def _value(args: list[str], flag: re.Pattern[str]) -> str:
    """What a flag is given, in its own word or as the next one; empty without it."""
    for index, word in enumerate(args):
        if match := flag.fullmatch(word):
            return match[1] or (args[index + 1] if index + 1 < len(args) else "")
    return ""
