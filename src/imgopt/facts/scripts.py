"""Facts about scripts of a manifest and what starts them: `npm run dev`, `npx vite`."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.file import FileFacts
from imgopt.facts.managers import Manager, Managers
from imgopt.facts.package_json import scripts_of
from imgopt.regex import lazy

_SEPARATORS = lazy(r"&&|\|\||[;|&]")
# Words before a program in a script: variables, and programs that start another one.
_IS_PREFIX = lazy(r"\w+=.*|cross-env|dotenv|npx|env")
_MOST_SCRIPTS = 20
_MAX_SCRIPT = 4000


def started_words(command: Command, managers: Managers) -> list[str]:
    """The words of the program that a command starts: those behind `npx` and its flags."""
    words = [command.name, *command.args]
    if words[0] not in managers.script_launchers:
        return words
    behind = words[1:]
    while behind and behind[0].startswith("-"):
        behind.pop(0)
    return behind or [""]


def runner(command: Command, managers: Managers) -> Manager | None:
    """The manager that a command is, if it is one that runs a manifest's scripts."""
    manager = managers.of(command.name)
    return manager if manager and manager.scripts else None


def plain_words(words: list[str]) -> list[str]:
    return [word for word in words if not word.startswith("-")]


def script_name(command: Command, manager: Manager) -> str:
    """The script that a command may run: `dev` of `npm run dev` and `yarn dev`; "" for none."""
    plain = plain_words(list(command.args))
    if manager.scripts and len(plain) > 1 and plain[0] in manager.scripts.run:
        return plain[1]
    return plain[0] if plain else ""


def script_text(command: Command, manager: Manager, facts: FileFacts) -> str:
    """The text of the script that a command runs, from the context's manifest; "" for none."""
    if manager.scripts is None:
        return ""
    return scripts_of(facts.context, manager.scripts).get(script_name(command, manager), "")


def programs_of_script(
    command: Command, manager: Manager, folder: str, facts: FileFacts
) -> Iterator[list[str]]:
    """The words of each command that a script of the manifest in a folder of the context runs,
    those of scripts that it starts included."""
    scripts = manager.scripts
    named = scripts_of(facts.context, scripts, folder) if scripts else {}
    todo = [script_name(command, manager)]
    seen: set[str] = set()
    while todo and len(seen) < _MOST_SCRIPTS:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        for part in _SEPARATORS.split(named.get(name, "")[:_MAX_SCRIPT]):
            words = part.split()
            while words and (_IS_PREFIX.fullmatch(words[0]) or words[0].startswith("-")):
                words.pop(0)
            if not words:
                continue
            other = facts.managers.of(words[0])
            if other and other.scripts:
                plain = plain_words(words[1:])
                todo += plain[1:2] if plain[:1] and plain[0] in other.scripts.run else plain[:1]
            yield words
