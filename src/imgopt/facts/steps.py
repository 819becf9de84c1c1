"""The state of the build at every instruction of a stage: variables, folder, user, shell."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

import msgspec

from imgopt.dockerfile.expand import Env, Expander
from imgopt.dockerfile.model import Instruction
from imgopt.dockerfile.shell import Command, Script, script_of
from imgopt.dockerfile.shell_tree import Allowance
from imgopt.dockerfile.stages import Mount, Reference, Stage, assignments, expand, mounts
from imgopt.facts.bases import KNOWN, Base
from imgopt.facts.installs import Install, recognise
from imgopt.facts.managers import MANAGERS, Managers
from imgopt.facts.variables import Variables
from imgopt.facts.words import environment
from imgopt.regex import lazy

_ROOT = lazy(r"(root|0)(:.*)?")
DEFAULT_SHELL = ("/bin/sh", "-c")
PATH_MAX = 4096  # Linux has no longer path
MOST_FOLDERS = 100  # in a path, for which all folders above it are kept: each costs its length
_NO_BASE = KNOWN.image(None)


def names_root(user: str) -> bool:
    """Whether the value of a USER is root, with or without a group."""
    return bool(_ROOT.fullmatch(user))


class Copy(msgspec.Struct, frozen=True):
    """A COPY or ADD: `sources` and `target` after expansion, None where a value is unknown.

    `target` is absolute; `from_` is the stage or image copied from, None for the build context.
    """

    sources: tuple[str | None, ...]
    target: str | None
    from_: Reference | None
    owner: str | None


class State(msgspec.Struct, frozen=True):
    """What an instruction meets. `env` holds ENV and ARG; a value is None when only the build
    knows it. `workdir` is None when a variable hides it, `user` where no USER came. `base` is the
    image that it all starts from."""

    env: Variables = Variables()
    workdir: str | None = "/"
    user: str | None = None
    shell: tuple[str, ...] = DEFAULT_SHELL
    base: Base = _NO_BASE

    @property
    def is_root(self) -> bool:
        """Whether USER names root."""
        return bool(self.user) and names_root(self.user or "")

    @property
    def may_be_root(self) -> bool:
        """Whether root runs what comes, as long as the base image's user is root."""
        return not self.user or self.is_root


class Step(msgspec.Struct, frozen=True):
    """One instruction with the state that it meets; `index` counts the steps of its stage."""

    index: int
    instruction: Instruction
    state: State
    script: Script | None
    installs: tuple[Install, ...]
    mounts: tuple[Mount, ...]
    copy: Copy | None

    @property
    def env(self) -> Env:
        return self.state.env

    @property
    def workdir(self) -> str | None:
        return self.state.workdir

    @property
    def user(self) -> str | None:
        return self.state.user

    @property
    def shell(self) -> tuple[str, ...]:
        return self.state.shell

    @property
    def base(self) -> Base:
        return self.state.base

    @property
    def commands(self) -> tuple[Command, ...]:
        return self.script.commands if self.script and self.script.ok else ()

    def folder(self, command: Command) -> str | None:
        """The absolute folder that a command of this RUN works in."""
        if self.workdir is None or command.cwd is None:
            return None
        return posixpath.normpath(posixpath.join(self.workdir, command.cwd))

    def user_of(self, command: Command) -> str | None:
        """Who runs a command, None when neither the file nor the base's name tells."""
        if command.user != "":
            return command.user
        return self.user if self.user is not None else self.base.user

    def home_of(self, command: Command) -> str:
        """The home that a command's caches are in, empty where it is not known; root's where
        nothing says whose it is, as with a base that nobody knows."""
        if command.user == "" and (told := environment(command, self.env).get("HOME")):
            return told
        if command.user == "" and self.user is None and self.base.user is None:
            return "/root"
        user = self.user_of(command)
        if user is None:
            return ""
        return "/root" if not user or _ROOT.fullmatch(user) else self.base.home_of(user)

    def resolve(self, word: str) -> str | None:
        """A word of a command with the variables known to the build replaced."""
        return expand(word, self.env)

    def caching_mounts(self) -> list[Mount]:
        return [m for m in self.mounts if m.type in ("cache", "tmpfs")]


class StageFacts(msgspec.Struct, frozen=True):
    """A stage and its steps; `end` is the state behind the last instruction."""

    stage: Stage
    steps: tuple[Step, ...]
    end: State

    @property
    def label(self) -> str:
        return self.stage.label

    def runs(self) -> Iterator[Step]:
        return (step for step in self.steps if step.instruction.keyword == "RUN")

    @property
    def only_checks(self) -> bool:
        """Whether nothing is in it but runs over files that a mount shows to them."""
        keywords = {step.instruction.keyword for step in self.steps}
        return (
            "RUN" in keywords
            and keywords.isdisjoint(("COPY", "ADD", "CMD", "ENTRYPOINT"))
            and all(any(m.type == "bind" for m in step.mounts) for step in self.runs())
        )


def walk(
    stage: Stage,
    inherited: State | None,
    global_args: Env,
    build_args: Mapping[str, str],
    expander: Expander,
    managers: Managers = MANAGERS,
    allowance: Allowance | None = None,
) -> StageFacts:
    """The steps of one stage; `inherited` is the state at the end of the stage it is built FROM.

    `global_args` are the ARGs before the first FROM, `build_args` what configuration sets;
    `allowance` is what reading the scripts of all stages may take.
    """
    walker = _Walker(
        inherited or State(), global_args, build_args, expander, managers, allowance or Allowance()
    )
    references = {id(r.instruction): r for r in reversed(stage.references)}
    steps = []
    for index, instruction in enumerate(stage.instructions):
        steps.append(walker.step(index, instruction, references.get(id(instruction))))
        walker.take(instruction)
    return StageFacts(stage, tuple(steps), walker.end())


class _Walker:
    """The state while instructions are taken one by one. ARGs do not outlive the stage."""

    def __init__(
        self,
        state: State,
        global_args: Env,
        build_args: Mapping[str, str],
        expander: Expander,
        managers: Managers,
        allowance: Allowance,
    ) -> None:
        self._global_args, self._build_args, self._expander = global_args, build_args, expander
        self._env = self._all = state.env
        self._state = state
        self._managers = managers
        self._allowance = allowance

    def step(self, index: int, instruction: Instruction, from_: Reference | None) -> Step:
        script, copy = None, None
        installs: tuple[Install, ...] = ()
        found_mounts: tuple[Mount, ...] = ()
        if instruction.keyword in ("RUN", "CMD", "ENTRYPOINT"):
            script = script_of(instruction, self._state.shell, self._allowance)
        if instruction.keyword == "RUN":
            found_mounts = tuple(mounts(instruction))
            if script and script.ok:
                env = self._state.env
                found = (recognise(command, self._managers, env) for command in script.commands)
                installs = tuple(install for install in found if install)
        elif instruction.keyword in ("COPY", "ADD"):
            copy = _copy(from_, instruction, self._state, self._expander)
        return Step(index, instruction, self._state, script, installs, found_mounts, copy)

    def take(self, instruction: Instruction) -> None:
        """Change the state as an instruction does."""
        change = _CHANGES.get(instruction.keyword)
        if change is not None:
            self._state = msgspec.structs.replace(self._state, **change(self, instruction))

    def end(self) -> State:
        return msgspec.structs.replace(self._state, env=self._env)

    def _take_env(self, instruction: Instruction) -> dict[str, object]:
        changes = {name: self._expanded(raw) for name, raw in assignments(instruction)}
        self._env = self._env.having(changes)
        self._all = self._all.having(changes)
        return {"env": self._all}

    def _take_arg(self, instruction: Instruction) -> dict[str, object]:
        changes: dict[str, str | None] = {}
        for name, raw in assignments(instruction):
            default = self._global_args.get(name) if raw is None else self._expanded(raw)
            if name not in self._env:  # ENV wins over ARG
                changes[name] = self._build_args.get(name, default)
        self._all = self._all.having(changes)
        return {"env": self._all}

    def _take_workdir(self, instruction: Instruction) -> dict[str, object]:
        folder = self._word(instruction)
        workdir = self._state.workdir
        if folder is None or (workdir is None and not folder.startswith("/")):
            return {"workdir": None}
        found = _rooted(posixpath.normpath(posixpath.join(workdir or "/", folder)))
        return {"workdir": found if len(found) <= PATH_MAX else None}

    def _take_user(self, instruction: Instruction) -> dict[str, object]:
        return {"user": self._word(instruction) or instruction.body}

    def _take_shell(self, instruction: Instruction) -> dict[str, object]:
        if not instruction.is_json:
            return {}
        return {"shell": tuple(word.value for word in instruction.words)}

    def _word(self, instruction: Instruction) -> str | None:
        return self._expander.expand(instruction.body.strip("\"' "), self._state.env)

    def _expanded(self, raw: str | None) -> str | None:
        if raw is None:
            return None
        if "$" in raw:
            return self._expander.expand(raw, self._state.env)
        return raw.strip("\"'") if self._expander.escape not in raw else raw


_CHANGES = {
    "ENV": _Walker._take_env,
    "ARG": _Walker._take_arg,
    "WORKDIR": _Walker._take_workdir,
    "USER": _Walker._take_user,
    "SHELL": _Walker._take_shell,
}


def _rooted(path: str) -> str:
    """A path without a second slash at its start, which posixpath keeps."""
    return "/" + path.lstrip("/") if path.startswith("//") else path


def _copy(
    from_: Reference | None, instruction: Instruction, state: State, expander: Expander
) -> Copy | None:
    words = [expander.expand(word.value, state.env) for word in instruction.words]
    sources = [
        w
        for w, word in zip(words, instruction.words, strict=True)
        if not word.text.startswith("<<")
    ]
    if len(sources) < 1 or not words:
        return None
    raw_target = words[-1]
    if raw_target is None or (state.workdir is None and not raw_target.startswith("/")):
        target = None
    else:
        target = _rooted(posixpath.join(state.workdir or "/", raw_target))
    return Copy(tuple(sources[:-1]), target, from_, instruction.flag("chown"))
