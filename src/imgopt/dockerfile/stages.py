"""Stages and how they hang together: FROM, COPY --from, RUN --mount=from=, ARGs, targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from imgopt.dockerfile.expand import Env, Expander
from imgopt.dockerfile.model import Dockerfile, Flag, Instruction


class Mount(msgspec.Struct, frozen=True):
    """One `RUN --mount=…`; options as written, `type` defaults to bind."""

    flag: Flag
    type: str
    options: Mapping[str, str]

    @property
    def target(self) -> str:
        for key in ("target", "dst", "destination"):
            if key in self.options:
                return self.options[key]
        return ""


class Reference(msgspec.Struct, frozen=True):
    """A use of another stage, a named context or an image, by FROM, COPY/ADD --from or a mount.

    `stage` is the index of the stage meant, None when it is none of this file; `text` the name
    after ARG resolution, None when a variable in it has no known value.
    """

    kind: str
    text: str | None
    stage: int | None
    instruction: Instruction
    flag: Flag | None = None


class Stage(msgspec.Struct, frozen=True):
    """One FROM and what follows. `name` is lower case or empty; `chain` goes from the root stage
    that it inherits by FROM down to itself (stage indices)."""

    index: int
    name: str
    base: Reference
    instructions: tuple[Instruction, ...]
    references: tuple[Reference, ...]
    chain: tuple[int, ...]

    @property
    def from_(self) -> Instruction:
        return self.base.instruction

    @property
    def label(self) -> str:
        """What a message calls it."""
        return self.name or f"stage {self.index}"


class StageGraph(msgspec.Struct, frozen=True):
    stages: tuple[Stage, ...]
    global_args: Mapping[str, str | None]

    def find(self, name: str) -> Stage | None:
        """The stage a target names: the last of that name, or a number; None if there is none."""
        wanted = name.lower()
        for stage in reversed(self.stages):
            if stage.name == wanted:
                return stage
        if wanted.isdecimal() and int(wanted) < len(self.stages):
            return self.stages[int(wanted)]
        return None

    def targets(self, names: Iterable[str] = ()) -> tuple[Stage, ...]:
        """The stages that are built for their own sake: the named ones, else the last."""
        found = [stage for name in names if (stage := self.find(name))]
        return tuple(dict.fromkeys(found)) or self.stages[-1:]

    def final(self, names: Iterable[str] = ()) -> frozenset[int]:
        """Indices of the stages whose layers are in an image: targets and what they inherit."""
        return chains(self.targets(names))

    def needed(self, names: Iterable[str] = ()) -> frozenset[int]:
        """Indices of all stages that BuildKit builds for the targets."""
        return self.reached_from(self.targets(names))

    def reached_from(self, targets: Iterable[Stage]) -> frozenset[int]:
        """Indices of these stages and of all that they are built from."""
        todo = [stage.index for stage in targets]
        seen: set[int] = set()
        while todo:
            index = todo.pop()
            if index in seen:
                continue
            seen.add(index)
            stage = self.stages[index]
            todo += [r.stage for r in (stage.base, *stage.references) if r.stage is not None]
        return frozenset(seen)


def chains(stages: Iterable[Stage]) -> frozenset[int]:
    """Indices of the stages whose layers are in these ones."""
    return frozenset(index for stage in stages for index in stage.chain)


def expand(text: str, env: Env, escape: str = "\\") -> str | None:
    """Expand variables as BuildKit does; None when one has no known value."""
    return Expander(escape).expand(text, env)


def assignments(instruction: Instruction) -> list[tuple[str, str | None]]:
    """(name, raw value or None) of an ARG or ENV instruction, in order."""
    words = instruction.words
    if instruction.keyword == "ENV" and words and "=" not in words[0].text:
        rest = instruction.body[len(words[0].text) :].strip()
        return [(words[0].value, rest)]
    found = []
    for word in words:
        name, equals, value = word.text.partition("=")
        found.append((name.strip("\"'"), value if equals else None))
    return found


def mounts(instruction: Instruction) -> list[Mount]:
    """The mounts of a RUN."""
    found = []
    for flag in instruction.flags:
        if flag.name != "mount":
            continue
        options = {}
        for part in flag.value.split(","):
            key, _, value = part.partition("=")
            options[key.strip().lower()] = value
        found.append(Mount(flag, options.get("type", "bind"), options))
    return found


def stage_graph(file: Dockerfile, build_args: Mapping[str, str] | None = None) -> StageGraph:
    """Build the graph; `build_args` are what a build would pass."""
    given = build_args or {}
    expander = Expander(file.escape)
    global_args: dict[str, str | None] = {}
    position = 0
    for instruction in file.instructions:
        if instruction.keyword != "ARG":
            break
        for name, raw in assignments(instruction):
            value = None if raw is None else expander.word(raw, global_args)
            global_args[name] = given.get(name, value)
        position += 1
    groups: list[tuple[Instruction, list[Instruction]]] = []
    for instruction in file.instructions[position:]:
        if instruction.keyword == "FROM":
            groups.append((instruction, []))
        elif groups:
            groups[-1][1].append(instruction)
    # The last stage of each name so far; a number is one too, until a stage is called so.
    names: dict[str, int] = {}
    stages: list[Stage] = []
    for index, (from_, body) in enumerate(groups):
        base = _base(from_, names, global_args, expander)
        chain = (*stages[base.stage].chain, index) if base.stage is not None else (index,)
        scope = _Scope(names, index, global_args, expander)
        references = tuple(_references(body, scope))
        name = _stage_name(from_)
        stages.append(Stage(index, name, base, tuple(body), references, chain))
        if name:
            names[name] = index
    return StageGraph(tuple(stages), global_args)


def _stage_name(from_: Instruction) -> str:
    words = from_.words
    return words[2].value.lower() if len(words) == 3 and words[1].value.lower() == "as" else ""


def _base(from_: Instruction, names: Mapping[str, int], env: Env, expander: Expander) -> Reference:
    text = expander.expand(from_.words[0].value, env) if from_.words else None
    index = names.get(text.lower()) if text else None
    return Reference("from", text, index, from_)


class _Scope(msgspec.Struct, frozen=True):
    """What names mean within a stage: those of the `count` stages before it, and global ARGs."""

    names: Mapping[str, int]
    count: int
    env: Env
    expander: Expander


def _references(body: list[Instruction], scope: _Scope) -> Iterable[Reference]:
    for instruction in body:
        if instruction.keyword in ("COPY", "ADD"):
            for flag in instruction.flags:
                if flag.name == "from":
                    yield _reference("copy", flag.value, instruction, flag, scope)
        elif instruction.keyword == "RUN":
            for mount in mounts(instruction):
                if mount.options.get("from"):
                    source = mount.options["from"]
                    yield _reference("mount", source, instruction, mount.flag, scope)


def _reference(
    kind: str, written: str, instruction: Instruction, flag: Flag, scope: _Scope
) -> Reference:
    text = scope.expander.expand(written, scope.env)
    index = None
    if text is not None:
        index = scope.names.get(text.lower())
        if index is None and text.isdecimal() and len(text) < 9 and int(text) < scope.count:
            index = int(text)
    return Reference(kind, text, index, instruction, flag)
