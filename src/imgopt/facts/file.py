"""All that is known of one Dockerfile: its stages, what reaches an image, what is around it."""

from __future__ import annotations

import datetime
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar

import msgspec

from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.expand import Expander
from imgopt.dockerfile.model import Dockerfile
from imgopt.dockerfile.shell_tree import Allowance
from imgopt.dockerfile.stages import Reference, Stage, StageGraph, chains, stage_graph
from imgopt.facts.bases import KNOWN, Base, Bases
from imgopt.facts.managers import MANAGERS, Managers
from imgopt.facts.programs import CHECKERS
from imgopt.facts.purpose import (
    is_build_name,
    is_development_file,
    is_development_name,
    says_development,
)
from imgopt.facts.steps import StageFacts, State, Step, walk

_T = TypeVar("_T")
_MANY = 20  # files of one name
_HEAD_BYTES = 10_000


class Surroundings(msgspec.Struct, frozen=True):
    """What is known of a Dockerfile from outside it.

    `targets` are the stages that configuration names, `checks` those of which it exports no image;
    `targets_only` when no build is made without them;
    `targets_are_known` unless configuration that may name more could not be read;
    `is_chosen` tells whether any other file near it names one of these stages as a target;
    `made_here` are the names of images that the project itself builds;
    `context_is_certain` when it also names the
    build context, which else is a guess; `has_healthcheck` what the service's own definition says,
    None when there is none; `today` the date that end-of-life dates are held against; `digest_of`
    asks an engine for the digest of an image's name, where there is one to ask; `bases` is the
    table of base images, `managers` that of package managers.
    """

    targets: tuple[str, ...] = ()
    checks: frozenset[str] = frozenset()
    targets_only: bool = False
    targets_are_known: bool = True
    is_chosen: Callable[[Iterable[str]], bool] = lambda _: False
    context: BuildContext | None = None
    build_args: Mapping[str, str] = {}
    named_contexts: frozenset[str] = frozenset()
    made_here: frozenset[str] = frozenset()
    context_is_certain: bool = False
    has_healthcheck: bool | None = None
    today: datetime.date | None = None
    digest_of: Callable[[str], str | None] | None = None
    bases: Bases = KNOWN
    managers: Managers = MANAGERS


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

    @cached_property
    def managers(self) -> Managers:
        """The table of package managers, with the releases that the project uses."""
        return self.around.managers.in_project(self.file.text, self._heads_of)

    def _heads_of(self, name: str) -> list[str]:
        """The beginnings of some of the context's files of a name."""
        if self.context is None:
            return []
        installed = self.around.managers.written
        own = (
            path
            for path in self.context.listing.with_names({name})
            if not any(f"{folder}/" in path for folder in installed)
        )
        return [self.context.read_text(path, _HEAD_BYTES) or "" for path in islice(own, _MANY)]

    @property
    def named_contexts(self) -> frozenset[str]:
        return self.around.named_contexts

    @property
    def context_is_certain(self) -> bool:
        return self.around.context_is_certain

    @cached_property
    def graph(self) -> StageGraph:
        return stage_graph(self.file, self.build_args)

    @cached_property
    def final(self) -> frozenset[int]:
        """Stages whose layers are in an image: the targets and what they inherit by FROM."""
        return chains(stage.stage for stage in self.target_stages)

    @cached_property
    def needed(self) -> frozenset[int]:
        """Stages that a build of the targets runs."""
        return self.graph.reached_from(self._roots)

    @cached_property
    def unreadable_runs(self) -> int:
        """How many RUNs hold shell text that cannot be read."""
        runs = [step for stage in self.stages for step in stage.runs()]
        return sum(step.script is not None and not step.script.ok for step in runs)

    @cached_property
    def stages(self) -> tuple[StageFacts, ...]:
        done: list[StageFacts] = []
        expander, allowance = Expander(self.file.escape), Allowance()
        for stage in self.graph.stages:
            if stage.base.stage is not None:
                inherited = done[stage.base.stage].end
            else:
                base = self.base_image(stage.base.text)
                inherited = State(base=base, workdir=base.workdir or "/")
            args = self.graph.global_args
            done.append(
                walk(stage, inherited, args, self.build_args, expander, self.managers, allowance)
            )
        return tuple(done)

    def image(self, text: str | None) -> Base:
        """What the name of an image tells."""
        return self.around.bases.image(text)

    def base_image(self, text: str | None) -> Base:
        """The image that a FROM names; one that a named context replaces is not known."""
        return self.image(None if text and text.lower() in self.named_contexts else text)

    def base_of(self, stage: StageFacts) -> Base:
        """The image that a stage, or the first of those that it is built FROM, starts from."""
        return self.base_image(next(self.chain(stage)).stage.base.text)

    def names_stage(self, text: str | None) -> bool:
        """Whether the name of an image that nobody knows is that of a stage, too."""
        is_name = bool(text) and not self.base_image(text).is_known
        return is_name and any((text or "").lower() == stage.name for stage in self.graph.stages)

    def loose_base(self, stage: StageFacts) -> str:
        """The stage's base image where it is one, and no digest pins it; else empty."""
        base = stage.stage.base
        text = base.text or ""
        if base.stage is not None or self.image(text).is_scratch or "@" in text:
            return ""
        if self.names_stage(text):
            return ""
        is_own = text.lower() in self.named_contexts | self.around.made_here
        return "" if is_own else text

    def in_final(self, stage: StageFacts) -> bool:
        return stage.stage.index in self.final

    @cached_property
    def released(self) -> frozenset[int]:
        """Stages that images which are not for development or tests are made of."""
        if self.is_for_development:
            return frozenset()
        targets = [t.stage for t in self.target_stages if not is_development_name(t.stage.name)]
        return self.graph.reached_from(targets)

    def in_production(self, stage: StageFacts) -> bool:
        """Whether the stage's layers are in an image that is not for development or tests."""
        return not self.is_for_development and any(
            stage.stage.index in target.stage.chain and not self.develops(target)
            for target in self.target_stages
        )

    def develops(self, stage: StageFacts) -> bool:
        """Whether a stage, by its name or its variables, is for development or tests."""
        return (
            self.is_for_development
            or is_development_name(stage.stage.name)
            or says_development(stage.end.env)
            or self._starts_checks(stage)
        )

    def _starts_checks(self, stage: StageFacts) -> bool:
        """Whether a program that checks the project starts an image."""
        steps = [step for link in self.chain(stage) for step in link.steps]
        starts = [s for s in steps if s.instruction.keyword in ("CMD", "ENTRYPOINT")]
        words = (word.value for start in starts for c in start.commands for word in c.argv[:3])
        return any(word in CHECKERS for word in words)

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
        """The stages that images are made of; not those that only other stages are made of, or
        that only check something."""
        roots = [self.stages[stage.index] for stage in self._roots]
        if self.around.targets_only:
            return tuple(roots)
        return tuple(stage for stage in roots if self._makes_image(stage))

    @cached_property
    def _roots(self) -> tuple[Stage, ...]:
        """The stages that are built for their own sake."""
        found = self.graph.targets(self.targets)
        last = () if self.around.targets_only else self.graph.stages[-1:]
        return tuple(dict.fromkeys((*found, *last)))

    def _makes_image(self, stage: StageFacts) -> bool:
        if stage.stage.name in self.around.checks or stage.only_checks:
            return False
        index, name = stage.stage.index, stage.stage.name
        behind = [
            other
            for other in self.graph.stages[index + 1 :]
            if any(r.stage == index for r in (other.base, *other.references))
        ]
        if is_build_name(name) or is_development_name(name):
            return not behind
        return all(is_development_name(other.name) for other in behind)

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

    def taken_from_stages(
        self, stage: StageFacts
    ) -> Iterator[tuple[Step, Reference, StageFacts, list[str]]]:
        """Each COPY of a stage out of another one: how it names that one, and the absolute paths
        that are known of what it takes."""
        for step in stage.steps:
            copy = step.copy
            if copy is None or copy.from_ is None or copy.from_.stage is None:
                continue
            known = (s for s in copy.sources if s and not any(c in s for c in "*?["))
            paths = [posixpath.normpath(posixpath.join("/", source)) for source in known]
            yield step, copy.from_, self.stages[copy.from_.stage], paths

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
        """Whether the file says by its name or folder that it makes no production image."""
        return is_development_file(self.file.path)
