"""What a row of the table of package managers says of caches: where they are, what keeps them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from imgopt.facts.bases.model import Family


class Place(msgspec.Struct, frozen=True):
    """A directory: absolute (below /root it follows the home), or relative to the project.

    `moved_by` are variables, each with what lies below its value; the first that is set counts.
    `by_system` has another path for base images whose own package manager is so called, `by_base`
    for those with these names, be it behind a registry's; where they alone tell it, `path` is
    empty. `of_users` is another path for those who are not root. `called` are
    words for the place in an image that nobody knows.
    """

    path: str
    moved_by: tuple[tuple[str, str], ...] = ()
    by_system: Mapping[str, str] = {}
    by_base: Mapping[str, str] = {}
    of_users: str = ""
    called: str = ""


class CompileCache(msgspec.Struct, frozen=True):
    """Where compiling keeps what it can use again.

    `holds_results` when what the build is for lies in it, too: a mount would hide it; but not
    that of the subcommands `delivers`, which put it elsewhere. `helps` when a change of one file
    leaves most of it of use. Where it takes a flag, `flag` is that, and a match of `is_on` in a
    command or in one of the project's `files` says that it is given; it is worth it where the
    first of `files` has a match of `worth`. One of the variables `unless_env` names another cache
    that is used in its stead; a flag `undone_by` has everything compiled in any case. A project of
    one file with the ending `source`, whose manifest has no match of `depends`, needs none.
    """

    place: Place
    holds_results: bool = False
    delivers: tuple[str, ...] = ()
    helps: bool = True
    flag: str = ""
    is_on: str = ""
    files: tuple[str, ...] = ()
    worth: str = ""
    unless_env: tuple[str, ...] = ()
    undone_by: tuple[str, ...] = ()
    source: str = ""
    depends: str = ""


class Setup(msgspec.Struct, frozen=True):
    """What it takes that a manager keeps its downloads, where a mount alone keeps none.

    `signs` is a pattern of what commands and files say where it is done, `flag` the flag that does
    it, empty where none does; `files` are configuration files that may say it unseen. A mount on
    `directory` does it, too.
    """

    signs: str
    flag: str = ""
    files: tuple[str, ...] = ()
    directory: str = ""


class Cache(msgspec.Struct, frozen=True, kw_only=True):
    """Where downloads are kept, and what decides that.

    `places` are what a cache mount should cover, the downloads first; `parts` directories in them
    that may have a mount of their own; `too_wide` one above them with what a mount on it takes
    from the image beside the cache; `elsewhere` other directories that an image may use, those
    without a leading slash in any folder. `flags` move it as a whole. `home_tail` is the end of
    its path where nothing but the home directory and its own variables decides it.

    `off_env` are variables that switch it off, by any value with `off_by_any_value` and else by one
    that is true.

    `is_store` when later commands use the downloads where they lie. `is_certain` is False where
    images differ in the place; `told_by_bases` and `told_by_env` are the base images and
    variables one of which must tell it. A variable of `lost_by_env`, or a command with a match of
    `lost_by_words`, moves it to where nobody knows. `setup` is what a mount needs beside it, if
    anything.
    `sharing` is the mode that its mounts need.
    """

    places: tuple[Place, ...]
    parts: tuple[str, ...] = ()
    too_wide: tuple[str, str] = ("", "")
    elsewhere: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    off_flags: tuple[str, ...] = ()
    off_env: tuple[str, ...] = ()
    off_by_any_value: bool = False
    home_tail: str = ""
    is_store: bool = False
    is_certain: bool = True
    told_by_bases: tuple[str, ...] = ()
    told_by_env: tuple[str, ...] = ()
    lost_by_env: tuple[str, ...] = ()
    lost_by_words: str = ""
    setup: Setup | None = None
    sharing: str = ""

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that move it."""
        return tuple(dict.fromkeys(name for p in self.places for name, _ in p.moved_by))


class CleanHook(msgspec.Struct, frozen=True):
    """A file of the base image that makes the manager delete what it downloads.

    It is in images of `systems`, empties `directory`, and is gone where a step names one of
    `signs`, or all words of one of `settings`.
    """

    file: str
    directory: str
    systems: tuple[Family, ...]
    signs: tuple[str, ...]
    settings: tuple[tuple[str, ...], ...]


class Kept(msgspec.Struct, frozen=True):
    """How the cache is kept out of a layer: what a message advises, the flag that does it, or the
    command at the RUN's end. `what` is what the cache holds; `refresh` the subcommand that fetches
    it, too, and that an install with the flag does without."""

    hint: str = "a cache mount"
    flag: str = ""
    command: str = ""
    what: str = "download cache"
    refresh: str = ""
