"""What one command installs, as the table of package managers (managers/) tells it."""

from __future__ import annotations

import posixpath
import re

import msgspec

from imgopt.dockerfile.expand import Env
from imgopt.dockerfile.shell import Command
from imgopt.facts.managers import DEPENDENCIES, MANAGERS, PACKAGES, PROJECT, Managers
from imgopt.facts.managers.model import INSTALLED, Action, Manager
from imgopt.facts.words import environment, words_of
from imgopt.regex import lazy

__all__ = [
    "DEPENDENCIES",
    "INSTALLED",
    "PACKAGES",
    "PROJECT",
    "Install",
    "is_manifest",
    "recognise",
]

_SHORT = lazy(r"-[a-zA-Z]{2,}.*", re.DOTALL)
FALSE = frozenset({"", "0", "false", "no", "off"})  # values of variables that say no
_ASKS = frozenset({"--help", "--version", "-v", "-V"})


class Install(msgspec.Struct, frozen=True):
    """One command that installs.

    `action` is the subcommand as written, `does` what the table says of it; `files` are the
    requirements files that it names. `args` are the manager's words with known variables put in;
    `flags` those that are flags, each by itself and written out, `written` the same as they stand
    there; both have those that variables give, too. `start` counts the words before the subcommand
    and its flags: 1, or more where another program starts the manager. `is_unplugged` when
    variables say that nothing is downloaded.
    """

    manager: Manager
    command: Command
    action: str
    does: Action
    kind: str
    packages: tuple[str, ...]
    flags: tuple[str, ...]
    written: tuple[str, ...]
    files: tuple[str, ...]
    args: tuple[str, ...]
    start: int = 1
    is_unplugged: bool = False

    @property
    def shown(self) -> str:
        """Program and subcommand, as a message names them."""
        name = self.command.name
        if self.start > 1:
            name = " ".join(word.value for word in self.command.argv[: self.start])
        return f"{name} {self.action}".strip()

    @property
    def position(self) -> int:
        """The index behind the subcommand's last word among the command's words: the place for a
        flag; 1 where there is no subcommand."""
        values = [word.value for word in self.command.argv]
        last = self.action.split()[-1] if self.action else ""
        return values.index(last, 1) + 1 if last in values[1:] else 1

    def has_flag(self, *names: str) -> bool:
        """Whether a flag is given, as `--flag` or `--flag=value`."""
        return any(flag.partition("=")[0] in names or flag in names for flag in self.flags)


def new_ones_first(installs: tuple[Install, ...]) -> list[Install]:
    """The installs of a RUN in order, those of what is installed already behind the others."""
    return sorted(installs, key=lambda install: install.kind == INSTALLED)


def is_manifest(path: str, managers: Managers = MANAGERS) -> bool:
    """Whether a file of that name is some manager's manifest or lock."""
    return managers.is_manifest(path)


def recognise(
    command: Command, managers: Managers = MANAGERS, env: Env | None = None
) -> Install | None:
    """What a command installs, None when it installs nothing. `env` is what its RUN meets."""
    words = words_of(command, env or {})
    if not words:
        return None
    name, args = posixpath.basename(words[0]), list(words[1:])
    skipped = next((n for x in managers.launchers if (n := x.skips(name, args))), 0)
    if skipped:
        name, args = args[skipped - 1], args[skipped:]
    manager = managers.of(name)
    if manager is None:
        return None
    read = _read(manager, args)
    if not read.words and not _ASKS.isdisjoint(read.flags):
        return None
    found = _goal(manager, read.words) if manager.goals else _subcommand(manager, read.words)
    if found is None:
        return None
    action, does, rest = found
    kind = _kind(does, rest, read)
    packages = () if kind == INSTALLED else rest
    seen = environment(command, env or {})
    given = _flags_of_variables(manager, read, seen)
    return Install(
        manager, command, action, does, kind, packages, (*given, *read.flags),
        (*given, *read.written), tuple(read.files), tuple(args), skipped + 1,
        any(_says(seen, sign) for sign in manager.offline.env),
    )  # fmt: skip


def _flags_of_variables(manager: Manager, read: _Read, env: Env) -> tuple[str, ...]:
    """The flags that variables give a manager, without those that its own words give, too."""
    own = {flag.partition("=")[0] for flag in read.flags}
    words = (word for name in manager.flag_env for word in (env.get(name) or "").split())
    return tuple(word for word in words if word.partition("=")[0] not in own)


def _says(env: Env, sign: str) -> bool:
    """Whether a variable has a value: NAME one that is true, NAME=value that one."""
    name, equals, value = sign.partition("=")
    found = (env.get(name) or "").lower()
    return found == value.lower() if equals else found not in FALSE


class _Read(msgspec.Struct):
    """A command's arguments by what they are."""

    words: list[str] = []
    flags: list[str] = []
    written: list[str] = []
    files: list[str] = []

    def take(self, manager: Manager, flag: str, written: str, following: list[str]) -> None:
        """Take one flag; one that has no value yet, and wants one, takes the next word."""
        flag = manager.written_out(flag)
        key, equals, value = flag.partition("=")
        if key in manager.value_flags and not equals and following:
            value = following.pop(0)
        self.flags.append(flag)
        self.written.append(written)
        if key in manager.file_flags and value:
            self.files.append(value)
        elif key in manager.package_flags and value:
            self.words.append(value)


def _read(manager: Manager, args: list[str]) -> _Read:
    read, rest = _Read(), list(args)
    while rest:
        word = rest.pop(0)
        if word == "--":
            break
        if not word.startswith("-") or word == "-":
            read.words.append(word)
            continue
        for flag in _apart(manager, word):
            read.take(manager, flag, word, rest)
    return read


def _apart(manager: Manager, word: str) -> list[str]:
    """Short flags that are written as one word, each by itself: `-Ur` is `-U -r`."""
    if not manager.joins_short_flags or not _SHORT.fullmatch(word):
        return [word]
    found: list[str] = []
    for index, char in enumerate(word[1:], 1):
        behind = word[index + 1 :]
        if f"-{char}" in manager.value_flags and behind:
            return [*found, f"-{char}={behind.removeprefix('=')}"]
        if not char.isalpha():
            return found
        found.append(f"-{char}")
    return found


def _subcommand(manager: Manager, words: list[str]) -> tuple[str, Action, tuple[str, ...]] | None:
    """The subcommand that the first words are, and the words behind it."""
    for length in (2, 1):
        action = " ".join(words[:length])
        if len(words) >= length and action in manager.installs:
            return action, manager.installs[action], tuple(words[length:])
    if not words and "" in manager.installs:
        return "", manager.installs[""], ()
    return None


def _goal(manager: Manager, words: list[str]) -> tuple[str, Action, tuple[str, ...]] | None:
    """The first word that is a goal or task, be it one of a project below: `:app:jar`."""
    for word in words:
        goal = word.rstrip(",")
        does = manager.installs.get(goal) or manager.installs.get(goal.rpartition(manager.goals)[2])
        if does is not None:
            return goal, does, ()
    return None


def _kind(does: Action, words: tuple[str, ...], read: _Read) -> str:
    for flag, kind in does.flags.items():
        if any(given.partition("=")[0] == flag for given in read.flags):
            return kind
    if words and does.paths and any(_is_path(word) for word in words):
        return does.paths
    if words and does.words:
        return does.words
    if read.files and does.files and not words:
        return does.files
    return does.bare


def _is_path(word: str) -> bool:
    return word.startswith((".", "/")) or word.endswith((".whl", ".tar.gz", "/"))
