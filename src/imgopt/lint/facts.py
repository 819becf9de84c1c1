"""What rules share: the state of the build at every instruction, and what reaches an image."""

from __future__ import annotations

import datetime
import posixpath
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import Dockerfile, Instruction
from imgopt.dockerfile.packages import Install, recognise
from imgopt.dockerfile.shell import Command, Script, script_of
from imgopt.dockerfile.stages import (
    Mount,
    Reference,
    Stage,
    StageGraph,
    assignments,
    expand,
    mounts,
    stage_graph,
)
from imgopt.lint.suppress import Suppression, suppressions

_T = TypeVar("_T")
DEFAULT_SHELL = ("/bin/sh", "-c")


class Copy(msgspec.Struct, frozen=True):
    """A COPY or ADD: `sources` and `target` after expansion, None where a value is unknown.

    `target` is absolute; `from_` is the stage or image copied from, None for the build context.
    """

    sources: tuple[str | None, ...]
    target: str | None
    from_: Reference | None
    owner: str | None


class Step(msgspec.Struct, frozen=True):
    """One instruction with the state that it meets. `env` holds ENV and ARG; a value is None when
    only the build knows it. `workdir` is None when a variable hides it; `index` counts the steps
    of its stage."""

    index: int
    instruction: Instruction
    env: Mapping[str, str | None]
    workdir: str | None
    user: str | None
    shell: tuple[str, ...]
    script: Script | None
    installs: tuple[Install, ...]
    mounts: tuple[Mount, ...]
    copy: Copy | None

    @property
    def commands(self) -> tuple[Command, ...]:
        return self.script.commands if self.script and self.script.ok else ()

    def folder(self, command: Command) -> str | None:
        """The absolute folder that a command of this RUN works in."""
        if self.workdir is None or command.cwd is None:
            return None
        return posixpath.normpath(posixpath.join(self.workdir, command.cwd))

    def resolve(self, word: str) -> str | None:
        """A word of a command with the variables known to the build replaced."""
        return expand(word, self.env)

    def caching_mounts(self) -> list[Mount]:
        return [m for m in self.mounts if m.type in ("cache", "tmpfs")]


class StageFacts(msgspec.Struct, frozen=True):
    """A stage and its steps; `end` is the state behind the last instruction."""

    stage: Stage
    steps: tuple[Step, ...]
    end: _State

    @property
    def label(self) -> str:
        return self.stage.label

    def runs(self) -> Iterator[Step]:
        return (step for step in self.steps if step.instruction.keyword == "RUN")


class _State(msgspec.Struct, frozen=True):
    env: Mapping[str, str | None]
    workdir: str | None
    user: str | None
    shell: tuple[str, ...]


class Surroundings(msgspec.Struct, frozen=True):
    """What is known of a Dockerfile from outside it.

    `targets` are the stages that configuration names; `context_is_certain` when it also names the
    build context, which else is a guess; `has_healthcheck` what the service's own definition says,
    None when there is none; `today` the date that end-of-life dates are held against; `digest_of`
    asks an engine for the digest of an image's name, where there is one to ask.
    """

    targets: tuple[str, ...] = ()
    context: BuildContext | None = None
    build_args: Mapping[str, str] = {}
    named_contexts: frozenset[str] = frozenset()
    context_is_certain: bool = False
    has_healthcheck: bool | None = None
    today: datetime.date | None = None
    digest_of: Callable[[str], str | None] | None = None


class FileFacts(msgspec.Struct, frozen=True, dict=True):
    """Everything known of one Dockerfile."""

    file: Dockerfile
    around: Surroundings = Surroundings()

    @property
    def targets(self) -> tuple[str, ...]:
        return self.around.targets

    @property
    def context(self) -> BuildContext | None:
        return self.around.context

    @property
    def build_args(self) -> Mapping[str, str]:
        return self.around.build_args

    @property
    def named_contexts(self) -> frozenset[str]:
        return self.around.named_contexts

    @property
    def context_is_certain(self) -> bool:
        return self.around.context_is_certain

    @cached_property
    def suppressions(self) -> list[Suppression]:
        return suppressions(self.file)

    @cached_property
    def graph(self) -> StageGraph:
        return stage_graph(self.file, self.build_args)

    @cached_property
    def final(self) -> frozenset[int]:
        """Stages whose layers are in an image: the targets and what they inherit by FROM."""
        return self.graph.final(self.targets)

    @cached_property
    def needed(self) -> frozenset[int]:
        """Stages that a build of the targets runs."""
        return self.graph.needed(self.targets)

    @cached_property
    def unreadable_runs(self) -> int:
        """How many RUNs hold shell text that cannot be read."""
        runs = [step for stage in self.stages for step in stage.runs()]
        return sum(step.script is not None and not step.script.ok for step in runs)

    @cached_property
    def stages(self) -> tuple[StageFacts, ...]:
        done: list[StageFacts] = []
        for stage in self.graph.stages:
            base = done[stage.base.stage].end if stage.base.stage is not None else None
            done.append(self._stage(stage, base))
        return tuple(done)

    def loose_base(self, stage: StageFacts) -> str:
        """The stage's base image where it is one, and no digest pins it; else empty."""
        base = stage.stage.base
        text = base.text or ""
        if base.stage is not None or text.lower() == "scratch" or "@" in text:
            return ""
        return "" if text.lower() in self.named_contexts else text

    def in_final(self, stage: StageFacts) -> bool:
        return stage.stage.index in self.final

    def in_production(self, stage: StageFacts) -> bool:
        """Whether the stage's layers are in an image that is not for development or tests."""
        return (
            self.in_final(stage)
            and not self.is_for_development
            and not any(is_development_stage(t.stage.name) for t in self.target_stages)
        )

    def context_sources(self) -> Iterator[tuple[StageFacts, Step, str]]:
        """Every known COPY or ADD source that a build takes from its context; no URLs."""
        for stage in self.stages:
            for step in stage.steps if stage.stage.index in self.needed else ():
                if step.copy and step.copy.from_ is None:
                    for source in step.copy.sources:
                        if source and "://" not in source and not source.startswith("git@"):
                            yield stage, step, source

    @cached_property
    def target_stages(self) -> tuple[StageFacts, ...]:
        return tuple(self.stages[s.index] for s in self.graph.targets(self.targets))

    def chain(self, stage: StageFacts) -> Iterator[StageFacts]:
        """The stage and those it inherits, root first."""
        return (self.stages[i] for i in stage.stage.chain)

    def steps_before(self, stage: StageFacts, step: Step) -> Iterator[Step]:
        """The steps that run before a step in its image, inherited ones included."""
        for link in self.chain(stage):
            for other in link.steps:
                if other is step:
                    return
                yield other

    def copied_out_of(self, stage: StageFacts) -> frozenset[str]:
        """Absolute paths that final stages copy from a stage."""
        return self._copied_out.get(stage.stage.index, frozenset())

    @cached_property
    def _copied_out(self) -> Mapping[int, frozenset[str]]:
        found: dict[int, set[str]] = {}
        for index in self.final:
            for step in self.stages[index].steps:
                copy = step.copy
                if copy and copy.from_ and copy.from_.stage is not None:
                    paths = (posixpath.join("/", s) for s in copy.sources if s)
                    found.setdefault(copy.from_.stage, set()).update(paths)
        return {index: frozenset(paths) for index, paths in found.items()}

    def once(self, key: tuple[str, int], make: Callable[[], _T]) -> _T:
        """A fact that is worked out once for a file: `key` is its name and a stage's index."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: _T = self._kept[key]
        return kept

    @cached_property
    def _kept(self) -> dict[tuple[str, int], Any]:
        return {}

    @cached_property
    def is_for_development(self) -> bool:
        """Whether the file says by its name or folder that it makes no production image.

        Of an absolute path only the name counts: where a project lies on a machine says nothing.
        """
        path = self.file.path.lower().replace("\\", "/")
        parts = path.split("/")
        told = parts[-1:] if path.startswith("/") or ":" in parts[0] else parts[-3:]
        text = ".".join(told).replace("-", ".").replace("_", ".")
        return ".devcontainer" in parts or bool(set(text.split(".")) & DEVELOPMENT_WORDS)

    def _stage(self, stage: Stage, base: _State | None) -> StageFacts:
        env: dict[str, str | None] = dict(base.env) if base else {}
        user = base.user if base else None
        workdir = base.workdir if base else "/"
        shell = base.shell if base else DEFAULT_SHELL
        args: dict[str, str | None] = {}
        steps: list[Step] = []
        escape = self.file.escape
        references = {id(r.instruction): r for r in reversed(stage.references)}
        seen: Mapping[str, str | None] = {**args, **env}
        for instruction in stage.instructions:
            keyword = instruction.keyword
            steps.append(
                self._step(len(steps), references, instruction, seen, workdir, user, shell)
            )
            if keyword == "ENV":
                for name, raw in assignments(instruction):
                    env[name] = _expanded(raw, seen, escape)
                seen = {**args, **env}
            elif keyword == "ARG":
                for name, raw in assignments(instruction):
                    value = _expanded(raw, seen, escape)
                    if raw is None:
                        value = self.graph.global_args.get(name)
                    args[name] = self.build_args.get(name, value)
                seen = {**args, **env}
            elif keyword == "WORKDIR":
                folder = expand(instruction.body.strip("\"' "), seen, escape)
                joined = workdir is not None and folder is not None
                absolute = folder is not None and folder.startswith("/")
                if joined or absolute:
                    workdir = posixpath.normpath(posixpath.join(workdir or "/", folder or ""))
                else:
                    workdir = None
            elif keyword == "USER":
                user = expand(instruction.body.strip("\"' "), seen, escape) or instruction.body
            elif keyword == "SHELL" and instruction.is_json:
                shell = tuple(word.value for word in instruction.words)
        return StageFacts(stage, tuple(steps), _State(env, workdir, user, shell))

    def _step(
        self,
        index: int,
        references: Mapping[int, Reference],
        instruction: Instruction,
        env: Mapping[str, str | None],
        workdir: str | None,
        user: str | None,
        shell: tuple[str, ...],
    ) -> Step:
        script = None
        installs: tuple[Install, ...] = ()
        found_mounts: tuple[Mount, ...] = ()
        copy = None
        if instruction.keyword in ("RUN", "CMD", "ENTRYPOINT"):
            script = script_of(instruction, shell)
        if instruction.keyword == "RUN":
            found_mounts = tuple(mounts(instruction))
            if script and script.ok:
                installs = tuple(i for c in script.commands if (i := recognise(c)))
        elif instruction.keyword in ("COPY", "ADD"):
            from_ = references.get(id(instruction))
            copy = _copy(from_, instruction, env, workdir, self.file.escape)
        return Step(
            index, instruction, env, workdir, user, shell, script, installs, found_mounts, copy
        )


DEVELOPMENT_WORDS = frozenset(
    (
        "dev develop development devel debug devcontainer devcontainers test tests testing"
        " lint ci e2e local bench gitpod"
    ).split()
)


def is_development_stage(name: str) -> bool:
    """Whether a stage's name says that it is for development or tests."""
    words = name.lower().replace("_", "-").replace(".", "-").split("-")
    return bool(set(words) & DEVELOPMENT_WORDS)


def _expanded(raw: str | None, env: Mapping[str, str | None], escape: str) -> str | None:
    if raw is None:
        return None
    if "$" in raw:
        return expand(raw, env, escape)
    return raw.strip("\"'") if escape not in raw else raw


def _copy(
    from_: Reference | None,
    instruction: Instruction,
    env: Mapping[str, str | None],
    workdir: str | None,
    escape: str,
) -> Copy | None:
    words = [expand(word.value, env, escape) for word in instruction.words]
    sources = [
        w
        for w, word in zip(words, instruction.words, strict=True)
        if not word.text.startswith("<<")
    ]
    if len(sources) < 1 or not words:
        return None
    raw_target = words[-1]
    if raw_target is None or (workdir is None and not raw_target.startswith("/")):
        target = None
    else:
        target = posixpath.join(workdir or "/", raw_target)
    return Copy(tuple(sources[:-1]), target, from_, instruction.flag("chown"))
