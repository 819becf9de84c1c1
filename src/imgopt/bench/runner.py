"""Runs scenarios of services on a builder and removes everything that the run made there."""

from __future__ import annotations

import secrets
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import msgspec

from imgopt import engine
from imgopt.bench.custom import apply, build_args
from imgopt.bench.edit import FileEdit
from imgopt.bench.inputs import ContextDigests
from imgopt.bench.load import LoadMeter
from imgopt.bench.record import Circumstances, engine_facts, make_record
from imgopt.bench.scenario import (
    BASE_CHANGE,
    CODE_CHANGE,
    COLD,
    DEPS_CHANGE,
    code_edit,
    deps_edit,
)
from imgopt.bench.workspace import Workspace
from imgopt.buildkit import buildx, cache
from imgopt.config import Scenario
from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import DockerfileSyntaxError
from imgopt.dockerfile.parse import decode, parse
from imgopt.errors import BuildFailed, ConfigError, EngineError
from imgopt.history import git
from imgopt.history.folder import make
from imgopt.lint.facts import FileFacts, Surroundings
from imgopt.project.image import Image
from imgopt.records.build import BuildRecord, BuiltImage
from imgopt.secrets import is_secret_name


class Watcher(Protocol):
    """Is told how the run goes on."""

    def plan(self, builds: int) -> None: ...
    def build(self, service: str, scenario: str, sample: int, of: int) -> None: ...
    def step(self, name: str) -> None: ...
    def built(self, record: BuildRecord | None) -> None: ...
    def skipped(self, service: str, scenario: str, reason: str) -> None: ...
    def cleaning(self) -> None: ...
    def not_cleaned(self, reason: str) -> None: ...


class Options(msgspec.Struct, frozen=True):
    """How to run: scenario → samples in order, the builder and network of the builds.

    With `keep_images`, the last image of each service stays, as `<keep_images>/<service>`.
    `timeout_s` ends a build that hangs (0: never); `logs` is where those of failed ones are kept.
    """

    scenarios: dict[str, int]
    builder: str = ""
    network: str = ""
    keep_images: str = ""
    custom: dict[str, Scenario] = {}
    timeout_s: float = 0.0
    logs: Path | None = None


def bench(images: list[Image], options: Options, watcher: Watcher) -> list[BuildRecord]:
    """Measure every scenario of every image; all records, or an error and none.

    Whatever happens, images and cache records that the run made are removed from the builder.
    """
    wanted = [(image, scenarios_of(image, options)) for image in images]
    records: list[BuildRecord] = []
    with Run(options.builder, watcher) as run:
        watcher.plan(sum(sum(s.values()) + (COLD not in s) for _, s in wanted))
        for image, scenarios in wanted:
            with Workspace(image) as workspace:
                one = Service(image, workspace, run, options, watcher)
                records += one.measure(scenarios)
            if options.keep_images:
                kept = f"{options.keep_images}/{_tag_part(image.name).lower()}"
                engine.tag(run.tags[-1], kept)
    return records


class Run:
    """One use of a builder: a context manager that removes what it made there.

    `id` tells runs apart, `tags` are the images that were built, `facts` the engine.
    """

    def __init__(self, builder: str, watcher: Watcher) -> None:
        self.id = secrets.token_hex(6)
        self.builder = builder
        self.tags: list[str] = []
        self._watcher = watcher

    def __enter__(self) -> Run:
        driver, buildkit = buildx.driver(self.builder)
        self.facts = engine_facts(engine.info(), driver, buildkit)
        self._before = cache.record_ids(self.builder)
        return self

    def __exit__(self, *_: object) -> None:
        with _uninterrupted():
            self._watcher.cleaning()
            self._clean_up()

    def _clean_up(self) -> None:
        """Remove what was made; trouble here is told and does not hide why the run ended."""
        try:
            engine.remove_images(self.tags)
            left = cache.remove_new(self._before, self.builder)
        except EngineError as error:
            self._watcher.not_cleaned(str(error))
            return
        if left:
            self._watcher.not_cleaned(f"{left} cache records of this run are in use")


def scenarios_of(image: Image, options: Options) -> dict[str, int]:
    """The run's scenarios; a service may name the only ones that make sense for it."""
    allowed = image.scenarios or tuple(options.scenarios)
    return {name: runs for name, runs in options.scenarios.items() if name in allowed}


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """A second Ctrl-C does not stop the cleaning up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    old = {s: signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


class Service:
    """The measuring of one image in its workspace; `variant` tells two of one image apart."""

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
            tuple(v for k, v in image.build_args.items() if is_secret_name(k)),
        )
        self._namespace = f"imgopt-{run.id}-{self._key}"
        self._edits: dict[str, FileEdit | None] = {}
        self._digests = ContextDigests(context)
        self._images: dict[str, BuiltImage] = {}

    def measure(self, scenarios: dict[str, int]) -> list[BuildRecord]:
        """All samples of the scenarios; those that do not fit the image are skipped."""
        found: list[BuildRecord] = []
        if COLD not in scenarios:
            self.prepare()
        for scenario, runs in scenarios.items():
            if not self.can(scenario):
                reason = "the Dockerfile copies no file that fits"
                self._watcher.skipped(self._image.name, scenario, reason)
                continue
            found += [self.sample(scenario, sample, runs) for sample in range(1, runs + 1)]
        return found

    def prepare(self) -> None:
        """Build once, so that the builder has everything in its cache."""
        self._watcher.build(self._image.name, "prepare", 1, 1)
        self._build("prepare", 0, False)
        self._watcher.built(None)

    def can(self, scenario: str) -> bool:
        """Whether the image has what the scenario edits."""
        return scenario not in (CODE_CHANGE, DEPS_CHANGE) or self._edit(scenario) is not None

    def sample(self, scenario: str, number: int, of: int) -> BuildRecord:
        """Build once in a scenario and take its record."""
        self._watcher.build(self._image.name, scenario, number, of)
        record = self._sample(scenario, number, self._edit(scenario))
        self._watcher.built(record)
        return record

    def edits_like(self, other: Service) -> None:
        """Edit the files that another variant edits, where this one has them too."""
        for scenario in (CODE_CHANGE, DEPS_CHANGE):
            edit = other._edit(scenario)
            if edit and (self._workspace.context / edit.path).is_file():
                self._edits[scenario] = edit

    def _edit(self, scenario: str) -> FileEdit | None:
        if scenario not in self._edits:
            edit = None
            if scenario == CODE_CHANGE:
                changes = git.change_counts(self._image.context)
                edit = code_edit(self._about.facts, changes)
            elif scenario == DEPS_CHANGE:
                edit = deps_edit(self._about.facts)
            self._edits[scenario] = edit
        return self._edits[scenario]

    def _sample(self, scenario: str, sample: int, edit: FileEdit | None) -> BuildRecord:
        if scenario == COLD:
            # Cache mounts are outside --no-cache: every cold sample gets empty ones of its own,
            # and the scenarios behind it go on with those of the last.
            self._namespace = f"imgopt-{self._run.id}-{self._key}-{sample}"
        if edit:
            self._workspace.edit(edit, f"{self._run.id}-{self._about.variant}-{sample}")
        if edit:
            self._digests.forget(edit.path)
        meter = LoadMeter()
        edited = edit.path if edit else ""
        custom = self._options.custom.get(scenario)
        mark = f"{self._run.id}-{self._about.variant}-{sample}".replace(" ", "-")
        digests = self._digests
        try:
            if custom:
                apply(scenario, custom, self._workspace, mark)
                edited = f"[scenarios.{scenario}]"
                context = BuildContext(self._workspace.context, self._workspace.dockerfile)
                digests = ContextDigests(context)
            bases = self._other_bases(sample) if scenario == BASE_CHANGE else {}
            tag, outcome = self._build(scenario, sample, scenario == COLD, custom, mark, bases)
            load = meter.read()
            return make_record(
                self._about, scenario, sample, edited, outcome, tag, load, digests, self._images
            )
        finally:
            self._workspace.restore()
            if edit:
                self._digests.forget(edit.path)

    def _other_bases(self, sample: int) -> dict[str, str]:
        """Named contexts that put another image in each base's place: the same and one small file.

        A label would not do: BuildKit knows an image by its layers.
        """
        found = {}
        needed = self._about.facts.needed
        bases = {self._about.facts.graph.stages[i].base.text for i in sorted(needed)
                 if self._about.facts.graph.stages[i].base.stage is None}  # fmt: skip
        for number, base in enumerate(sorted(b for b in bases if b and b != "scratch")):
            tag = f"imgopt-bench/{self._run.id}:{_tag_part(self._key)}-base-{number}-{sample}"
            self._run.tags.append(tag)
            with tempfile.TemporaryDirectory(prefix="imgopt-base-") as folder:
                file = Path(folder) / "Dockerfile"
                (Path(folder) / "mark").write_text(f"{self._run.id}-{sample}")
                file.write_text(f"FROM {base}\nCOPY mark /.imgopt-base-change\n")
                buildx.build(buildx.BuildSpec(Path(folder), file, tag, builder=self._run.builder))
            found[base] = f"docker-image://{tag}"
        return found

    def _build(
        self,
        scenario: str,
        sample: int,
        no_cache: bool,
        custom: Scenario | None = None,
        mark: str = "",
        bases: Mapping[str, str] | None = None,
    ) -> tuple[str, buildx.BuildOutcome]:
        tag = f"imgopt-bench/{self._run.id}:{_tag_part(self._key)}-{scenario}-{sample}"
        self._run.tags.append(tag)
        spec = buildx.BuildSpec(
            context=self._workspace.context,
            dockerfile=self._workspace.dockerfile,
            tag=tag,
            target=(custom.target if custom else "") or self._image.target,
            build_args={
                **self._image.build_args,
                **(build_args(custom, mark) if custom else {}),
            },
            network=self._options.network or self._image.network,
            builder=self._run.builder,
            no_cache=no_cache,
            cache_namespace=_tag_part(self._namespace),
            contexts={**self._image.contexts, **(bases or {})},
            timeout_s=self._options.timeout_s,
        )
        try:
            return tag, buildx.build(spec, self._watcher.step)
        except EngineError as error:
            message = f"service {self._image.name}, {scenario}: {error}"
            if isinstance(error, BuildFailed):
                raise BuildFailed(message + self._keep_log(scenario, sample, error.log)) from error
            raise type(error)(message) from error

    def _keep_log(self, scenario: str, sample: int, log: bytes) -> str:
        """Write a failed step's log; a line that names the file, empty where there is none."""
        folder = self._options.logs
        if folder is None or not log.strip():
            return ""
        file = folder / f"{self._run.id}-{_tag_part(self._key)}-{scenario}-{sample}.log"
        try:
            make(folder)
            file.write_bytes(log)
        except OSError as error:
            return f"\n  its log cannot be kept in {folder} ({error.strerror})"
        return f"\n  its log is kept in {file}"


def _tag_part(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name)[:90]
