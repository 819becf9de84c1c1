"""Facts about scripts of a manifest and what starts them: `npm run dev`, `npx vite`."""

from __future__ import annotations

from imgopt.dockerfile.shell import Command
from imgopt.facts.file import FileFacts
from imgopt.facts.managers import Manager, Managers
from imgopt.facts.package_json import scripts_of


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
