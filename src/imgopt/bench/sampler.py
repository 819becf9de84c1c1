"""Measures one image in its workspace: the builds of each scenario, and their records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from imgopt import temporary
from imgopt.bench.cache_transfer import Caches, caches_of, imports_cache
from imgopt.bench.custom import apply, build_args
from imgopt.bench.edit import FileEdit
from imgopt.bench.load import LoadMeter
from imgopt.bench.options import Measured, Options, Watcher
from imgopt.bench.record import Circumstances, make_record
from imgopt.bench.scenario import (
    BASE_CHANGE,
    CI_CODE_CHANGE,
    CODE_CHANGE,
    COLD,
    DEPS_CHANGE,
    code_edit,
    deps_edit,
)
from imgopt.bench.session import Run, tag_part
from imgopt.bench.stats import Load
from imgopt.bench.step_inputs import ContextDigests
from imgopt.bench.workspace import Workspace
from imgopt.buildkit import buildx
from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import DockerfileSyntaxError
from imgopt.dockerfile.parse import decode, parse
from imgopt.errors import BuildFailed, ConfigError, EngineError, TransientFailure
from imgopt.facts.file import FileFacts, Surroundings
from imgopt.history import git
from imgopt.history.folder import make
from imgopt.masking import is_secret_name
from imgopt.project.image import Image
from imgopt.records.build import BuildRecord, BuiltImage

T = TypeVar("T")
_ATTEMPTS = 3


class Variation(msgspec.Struct, frozen=True):
    """How one build differs from the plain build of its image.

    What `imports` a cache uses the builder's own cache mounts: their space is part of a RUN's
    cache key, and those who filled the cache built without one.
    """

    no_cache: bool = False
    target: str = ""
    build_args: Mapping[str, str] = {}
    bases: Mapping[str, str] = {}
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    imports: bool = False


class Service:
    """The measuring of one image in its workspace; `variant` tells two of one image apart.

    `is_broken` says that the plain build fails, so that no scenario can be measured.
    """

    def __init__(
        self,
        image: Image,
        workspace: Workspace,
        run: Run,
        options: Options,
        watcher: Watcher,
        variant: str = "",
    ) -> None:
        self._image = image
        self._workspace = workspace
        self._options = options
        self._watcher = watcher
        self._run = run
        self._key = f"{image.name}-{variant}" if variant else image.name
        data = image.dockerfile.read_bytes()
        try:
            file = parse(decode(data), str(image.dockerfile))
        except DockerfileSyntaxError as error:
            raise BuildFailed(f"{image.dockerfile}:{error.line}: {error.message}") from error
        targets = (image.target,) if image.target else ()
        context = BuildContext(workspace.context, workspace.dockerfile)
        around = Surroundings(targets, context, dict(image.build_args))
        file_facts = FileFacts(file, around)
        if image.target and file_facts.graph.find(image.target) is None:
            raise ConfigError(
                f"service {image.name}: {image.dockerfile} has no stage {image.target!r}"
            )
        self._about = Circumstances(
            run.id,
            image.name,
            git.revision(image.context),
            git.relative(image.dockerfile),
            data,
            file_facts,
            run.facts,
            variant,
            _secrets(image, options),
            run.isolation,
        )
        if workspace.pointers:
            more = len(workspace.pointers) - 1
            others = f" (and {more} more)" if more else ""
            watcher.warned(
                image.name,
                f"{workspace.pointers[0]} is a Git LFS pointer{others}: what is built here lacks "
                f"its content; run git lfs pull",
            )
        self._namespace = f"imgopt-{run.id}-{self._key}"
        self._edits: dict[str, FileEdit | None] = {}
        self._digests = ContextDigests(context)
        self._images: dict[str, BuiltImage] = {}
        self._caches = caches_of(image.name, self._key, workspace.scratch / "cache", options)
        self._is_seeded = False
        self.is_broken = False
        self._filled = -1  # how often the builder had been emptied when it held everything

    def measure(self, scenarios: dict[str, int]) -> Measured:
        """All samples of the scenarios; those that do not fit the image are skipped.

        A build that fails ends its scenario, and all when the others would fail, too.
        """
        found = Measured([], [])
        for scenario, runs in scenarios.items():
            if reason := self.misfit(scenario):
                self._watcher.skipped(self._image.name, scenario, reason)
                continue
            try:
                for number in range(1, runs + 1):
                    self.make_ready(scenario)
                    found.records.append(self.sample(scenario, number, runs))
            except BuildFailed as error:
                self._watcher.failed(self._image.name, scenario)
                found.failures.append(error)
                if self.is_broken:
                    break
        return found

    def make_ready(self, scenario: str) -> None:
        """Build what a sample of the scenario starts from: nothing, the builder's cache, or the
        cache that an empty builder imports."""
        if imports_cache(scenario, self._options):
            if self._caches.to and not self._is_seeded:
                self._prepare("export cache", cache_to=self._caches.to)
                self._is_seeded = True
        elif scenario != COLD and self._filled != self._run.emptied:
            self._prepare("prepare")
            self._filled = self._run.emptied

    def _prepare(self, what: str, cache_to: tuple[str, ...] = ()) -> None:
        self._watcher.prepare(self._image.name, what)
        try:
            how = Variation(cache_to=cache_to, imports=bool(cache_to))
            again(lambda _attempt: self._build(what.replace(" ", "-"), 0, how))
        except BuildFailed:
            self.is_broken = True
            raise
        self._watcher.built(None)

    def misfit(self, scenario: str) -> str:
        """Why the image cannot be measured in the scenario; empty when it can."""
        if scenario == BASE_CHANGE and not self._bases:
            return "the Dockerfile has no base image"
        if _edited_as(scenario) and self._edit(scenario) is None:
            return "the Dockerfile copies no file that fits"
        return ""

    def sample(self, scenario: str, number: int, of: int) -> BuildRecord:
        """Build once in a scenario and take its record; `make_ready` comes before it."""
        self._watcher.build(self._image.name, scenario, number, of)
        record = again(lambda attempt: self._sample(scenario, number, attempt))
        self._watcher.built(record)
        return record

    def edits_like(self, other: Service) -> None:
        """Edit the files that another variant edits, where this one has them too."""
        for kind in (CODE_CHANGE, DEPS_CHANGE):
            edit = other._edit(kind)
            if edit and (self._workspace.context / edit.path).is_file():
                self._edits[kind] = edit

    def _edit(self, scenario: str) -> FileEdit | None:
        kind = _edited_as(scenario)
        if kind is None:
            return None
        if kind not in self._edits:
            if kind == CODE_CHANGE:
                changes = git.change_counts(self._image.context)
                self._edits[kind] = code_edit(self._about.facts, changes)
            else:
                self._edits[kind] = deps_edit(self._about.facts)
        return self._edits[kind]

    def _sample(self, scenario: str, sample: int, attempt: int) -> BuildRecord:
        edit = self._edit(scenario)
        # Another one for every attempt: what a failed one has built is in the cache.
        unique = f"{sample}-{attempt}" if attempt else f"{sample}"
        if scenario == COLD:
            # Cache mounts are outside --no-cache: every cold sample gets empty ones of its own,
            # and the scenarios behind it go on with those of the last.
            self._namespace = f"imgopt-{self._run.id}-{self._key}-{unique}"
        if edit:
            self._workspace.edit(edit, f"{self._run.id}-{self._about.variant}-{unique}")
            self._digests.forget(edit.path)
        edited = edit.path if edit else ""
        custom = self._options.custom.get(scenario)
        mark = f"{self._run.id}-{self._about.variant}-{unique}".replace(" ", "-")
        digests = self._digests
        caches = self._caches if imports_cache(scenario, self._options) else Caches()
        try:
            if custom:
                apply(scenario, custom, self._workspace, mark)
                edited = f"[scenarios.{scenario}]"
                context = BuildContext(self._workspace.context, self._workspace.dockerfile)
                digests = ContextDigests(context)
            bases = self._other_bases(unique) if scenario == BASE_CHANGE else {}
            edited = edited or ", ".join(bases)
            if imports_cache(scenario, self._options):
                self._run.empty()
            how = Variation(
                scenario == COLD,
                custom.target if custom else "",
                build_args(custom, mark) if custom else {},
                bases,
                caches.from_,
                caches.exported,
                imports_cache(scenario, self._options),
            )
            meter = LoadMeter()
            try:
                tag, outcome = self._build(scenario, sample, how)
            except TransientFailure:
                raise
            except BuildFailed:
                self.is_broken = self.is_broken or scenario == COLD
                raise
            load = meter.read() if self._run.is_local else Load()
            if scenario == COLD:
                self._filled = self._run.emptied
            return make_record(
                self._about, scenario, sample, edited, outcome, tag, load, digests, self._images
            )
        finally:
            self._workspace.restore()
            if edit:
                self._digests.forget(edit.path)

    @property
    def _bases(self) -> list[str]:
        """The images that the build starts from."""
        facts = self._about.facts
        named = {facts.graph.stages[index].base for index in facts.needed}
        images = {b.text for b in named if b.stage is None and b.text}
        return sorted(text for text in images if not facts.image(text).is_scratch)

    def _other_bases(self, sample: str) -> dict[str, str]:
        """Named contexts that put another image in each base's place: the same and one small file.

        A label would not do: BuildKit knows an image by its layers.
        """
        found = {}
        for number, base in enumerate(self._bases):
            tag = f"imgopt-bench/{self._run.id}:{tag_part(self._key)}-base-{number}-{sample}"
            self._run.tags.append(tag)
            layout = self._workspace.scratch / f"base-{number}"
            is_docker = self._run.driver == "docker"  # it alone can build from the engine's images
            with temporary.folder("imgopt-base-") as folder:
                file = folder / "Dockerfile"
                (folder / "mark").write_text(f"{self._run.id}-{sample}")
                file.write_text(f"FROM {base}\nCOPY mark /.imgopt-base-change\n")
                spec = buildx.BuildSpec(
                    folder,
                    file,
                    tag,
                    builder=self._run.builder,
                    contexts={k: v for k, v in self._image.contexts.items() if k == base},
                    timeout_s=self._options.timeout_s,
                    output="" if is_docker else f"type=oci,tar=false,dest={layout}",
                )
                outcome = buildx.build(spec)
            digest = outcome.metadata.get("containerimage.digest", "")
            found[base] = (
                f"docker-image://{tag}" if is_docker else f"oci-layout://{layout}@{digest}"
            )
        return found

    def _build(self, scenario: str, sample: int, how: Variation) -> tuple[str, buildx.BuildOutcome]:
        tag = f"imgopt-bench/{self._run.id}:{tag_part(self._key)}-{scenario}-{sample}"
        self._run.tags.append(tag)
        spec = buildx.BuildSpec(
            context=self._workspace.context,
            dockerfile=self._workspace.dockerfile,
            tag=tag,
            target=how.target or self._image.target,
            build_args={**self._image.build_args, **how.build_args},
            network=self._options.network or self._image.network,
            builder=self._run.builder,
            no_cache=how.no_cache,
            cache_namespace="" if how.imports else tag_part(self._namespace),
            contexts={**self._image.contexts, **how.bases},
            timeout_s=self._options.timeout_s,
            cache_from=how.cache_from,
            cache_to=how.cache_to,
        )
        try:
            return tag, buildx.build(spec, self._watcher.step)
        except EngineError as error:
            message = f"service {self._image.name}, {scenario}: {error}"
            if isinstance(error, BuildFailed):
                message += self._keep_log(scenario, sample, error.log)
            raise type(error)(message) from error

    def _keep_log(self, scenario: str, sample: int, log: bytes) -> str:
        """Write a failed step's log; a line that names the file, empty where there is none."""
        folder = self._options.logs
        if folder is None or not log.strip():
            return ""
        file = folder / f"{self._run.id}-{tag_part(self._key)}-{scenario}-{sample}.log"
        try:
            make(folder)
            file.write_bytes(log)
        except OSError as error:
            return f"\n  its log cannot be kept in {folder} ({error.strerror})"
        return f"\n  its log is kept in {file}"


def again(build: Callable[[int], T]) -> T:
    """What `build` gives; once more, twice at most, after a fault of the engine that passes."""
    for attempt in range(_ATTEMPTS - 1):
        try:
            return build(attempt)
        except TransientFailure:
            continue
    return build(_ATTEMPTS - 1)


def _secrets(image: Image, options: Options) -> tuple[str, ...]:
    """Values of build arguments whose names look secret: the image's, and those of scenarios."""
    found = [v for k, v in image.build_args.items() if is_secret_name(k)]
    for scenario in options.custom.values():
        for name, value in scenario.build_args.items():
            if is_secret_name(name):
                found += [part for part in value.split("{sample}") if part]
    return tuple(found)


def _edited_as(scenario: str) -> str | None:
    """Which of the two edits a scenario makes; None for none."""
    if scenario in (CODE_CHANGE, CI_CODE_CHANGE):
        return CODE_CHANGE
    return DEPS_CHANGE if scenario == DEPS_CHANGE else None
