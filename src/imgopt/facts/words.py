"""The words of a command as its program gets them, and the variables that it runs with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from imgopt.dockerfile.expand import Env
from imgopt.dockerfile.shell import Command
from imgopt.dockerfile.shell_words import Variable
from imgopt.dockerfile.stages import expand
from imgopt.facts.variables import Variables

# What is longer names no program, flag or folder; a RUN may ask for it thousands of times.
_MAX_VALUE = 1000


def words_of(command: Command, env: Env) -> tuple[str, ...]:
    """Program and arguments with the variables that are known put in; `env` is what the RUN meets.

    A value with blanks is several words, as the shell takes it where no quotes stand around it.
    """
    if not any(word.dynamic for word in command.argv):
        return tuple(word.value for word in command.argv)
    known = _Known(env, command.variables)
    words: list[str] = []
    for word in command.argv:
        value = expand(word.value, known) if word.dynamic else None
        words += [word.value] if value is None else value.split()
    return tuple(words)


def environment(command: Command, env: Env) -> Env:
    """The variables that a program sees: those of the build, what the RUN has exported before it,
    and the command's own. A value is None when only the build knows it."""
    if not command.variables and not command.assignments:
        return env
    known = _Known(env, command.variables)
    seen = {
        name: known[name]
        for name, variable in command.variables.items()
        if variable.exported or name in env
    }
    own = {name: expand(value, known) for name, value in command.assignments}
    return Variables(env, {**seen, **own})


class _Known(Mapping[str, "str | None"]):
    """The variables of a RUN over those of the build, expanded when somebody asks for one."""

    def __init__(self, env: Env, variables: Mapping[str, Variable]) -> None:
        self._env = env
        self._variables = variables
        self._done: dict[str, str | None] = {}

    def __getitem__(self, name: str) -> str | None:
        variable = self._variables.get(name)
        if variable is None:
            return self._env[name]
        if name not in self._done:
            # A value that names itself, as PATH's does, is made of the build's.
            self._done[name] = self._env.get(name)
            value = None if variable.value is None else expand(variable.value, self)
            self._done[name] = None if value is None or len(value) > _MAX_VALUE else value
        return self._done[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._env
        yield from (name for name in self._variables if name not in self._env)

    def __len__(self) -> int:
        return sum(1 for _ in self)
