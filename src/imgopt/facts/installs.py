"""What the table of package managers (managers.py) says of one command."""

from __future__ import annotations

import fnmatch
import posixpath
import re

import msgspec

from imgopt.dockerfile.shell import Command
from imgopt.facts.managers import DEPENDENCIES, MANAGERS, PACKAGES, PROJECT, Manager

__all__ = ["DEPENDENCIES", "PACKAGES", "PROJECT", "Install", "is_manifest", "recognise"]


class Install(msgspec.Struct, frozen=True):
    """One command that installs; `files` are requirement files that it names."""

    manager: Manager
    command: Command
    action: str
    kind: str
    packages: tuple[str, ...]
    flags: tuple[str, ...]
    files: tuple[str, ...]

    @property
    def shown(self) -> str:
        """Program and subcommand, as a message names them."""
        name = self.command.name
        if name not in self.manager.programs and not _VERSIONED_PIP.fullmatch(name):
            count = 3 if _PYTHON.fullmatch(name) else 2  # python -m pip, corepack yarn
            name = " ".join(word.value for word in self.command.argv[:count])
        return f"{name} {self.action}".strip()

    def has_flag(self, *names: str) -> bool:
        """Whether a flag is given, as `--flag` or `--flag=value`."""
        return any(flag.partition("=")[0] in names or flag in names for flag in self.flags)


_BY_PROGRAM = {program: manager for manager in MANAGERS for program in manager.programs}
MANIFEST_PATTERNS = tuple(sorted({p for m in MANAGERS for p in (*m.manifests, *m.locks)}))
LOCKS = frozenset(lock for manager in MANAGERS for lock in manager.locks)
_PYTHON = re.compile(r"python(\d(\.\d+)?)?|pypy3?")
_VERSIONED_PIP = re.compile(r"pip\d(\.\d+)?")


def is_manifest(path: str) -> bool:
    """Whether a file of that name is some manager's manifest or lock."""
    name = posixpath.basename(path)
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in MANIFEST_PATTERNS)


def recognise(command: Command) -> Install | None:
    """What a command installs, None when it installs nothing."""
    name, args = command.name, list(command.args)
    if _PYTHON.fullmatch(name) and args[:1] == ["-m"] and len(args) > 1:
        name, args = args[1], args[2:]
    elif name == "corepack" and args:
        name, args = args[0], args[1:]
    if _VERSIONED_PIP.fullmatch(name):
        name = "pip"
    manager = _BY_PROGRAM.get(name)
    if manager is None:
        return None
    flags: list[str] = []
    words: list[str] = []
    files: list[str] = []
    index = 0
    while index < len(args):
        word = args[index]
        index += 1
        if word == "--":
            break
        if not word.startswith("-") or word == "-":
            words.append(word)
            continue
        flags.append(word)
        key, equals, value = word.partition("=")
        if key in manager.value_flags and not equals and index < len(args):
            value = args[index]
            index += 1
        if key in ("-r", "--requirement", "--requirements") and value:
            files.append(value)
        elif re.fullmatch(r"-r.+", word) and manager.name in ("pip", "uv"):
            files.append(word[2:])
        elif key in ("-e", "--editable") and value:
            words.append(value)
    return _install(manager, command, words, tuple(flags), tuple(files))


def _install(
    manager: Manager,
    command: Command,
    words: list[str],
    flags: tuple[str, ...],
    files: tuple[str, ...],
) -> Install | None:
    if any(flag in ("--help", "--version", "-v", "-V") for flag in flags) and not words:
        return None
    for length in (2, 1, 0):
        action = " ".join(words[:length])
        if len(words) < length or action not in manager.installs:
            continue
        if length == 0 and words:
            return None
        rest = tuple(words[length:])
        if manager.name in ("maven", "gradle"):
            rest = ()
        kind = manager.installs[action]
        if kind == "?":
            kind = _kind(manager.name, rest, flags, files)
        elif kind == DEPENDENCIES and rest and manager.name in ("pnpm", "bun"):
            kind = PACKAGES
        if manager.name == "maven" and "dependency:go-offline" in words:
            kind = DEPENDENCIES
        return Install(manager, command, action, kind, rest, flags, files)
    if manager.name in ("maven", "gradle"):
        for word in words:
            if word in manager.installs or word.rpartition(":")[2] in manager.installs:
                kind = manager.installs.get(word) or PROJECT
                return Install(manager, command, word, kind, (), flags, files)
    return None


def _is_path(word: str) -> bool:
    return word.startswith((".", "/")) or word.endswith((".whl", ".tar.gz", "/"))


def _kind(
    manager: str, words: tuple[str, ...], flags: tuple[str, ...], files: tuple[str, ...]
) -> str:
    if manager in ("pip", "uv") and (words or files):
        if any(_is_path(word) for word in words):
            return PROJECT
        return PACKAGES if words else DEPENDENCIES
    if manager == "uv":
        only_deps = {"--no-install-project", "--no-install-workspace", "--no-install-local"}
        return DEPENDENCIES if only_deps & set(flags) else PROJECT
    if manager in ("poetry", "pdm"):
        only_deps = {"--no-root", "--no-self", "--no-directory"}
        return DEPENDENCIES if only_deps & set(flags) else PROJECT
    if manager == "npm":
        if "-g" in flags or "--global" in flags:
            return PACKAGES
        return PACKAGES if words else DEPENDENCIES
    if manager == "pipenv":
        return PACKAGES if words else DEPENDENCIES
    if manager in ("go", "cargo"):
        local = not words or any(_is_path(word) for word in words)
        return PROJECT if local and "--git" not in flags else PACKAGES
    return PACKAGES
