"""Measures one image in its workspace: the builds of each scenario, and their records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from imgopt.bench.built_images import built_image, searched
from imgopt.bench.cache_transfer import Transfer, caches_of
from imgopt.bench.circumstances import circumstances
from imgopt.bench.load import LoadMeter
from imgopt.bench.options import Measured, Options, Watcher
from imgopt.bench.record import failed_record, make_record
from imgopt.bench.registry import Planned
from imgopt.bench.session import Session, tag_part
from imgopt.bench.stats import Load
from imgopt.bench.step_inputs import ContextDigests
from imgopt.bench.subject import Subject
from imgopt.bench.variation import Scenario, Start, Variation
from imgopt.bench.workspace import Workspace
from imgopt.buildkit import buildx
from imgopt.buildkit.failure import StepFailed
from imgopt.buildkit.progress import Progress
from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import DockerfileSyntaxError
from imgopt.dockerfile.parse import MAX_SIZE_BYTES, decode, parse
from imgopt.errors import BuildFailed, ConfigError, EngineError, TransientFailure
from imgopt.facts.file import FileFacts, Surroundings
from imgopt.files import read_regular
from imgopt.history.folder import make
from imgopt.masking import secret_values
from imgopt.project.image import Image
from imgopt.records.build import BuildRecord, Failure
from imgopt.records.image import ImageRecord

T = TypeVar("T")
_ATTEMPTS = 3


class Sampler:
    """The measuring of one image in its workspace; `variant` tells two of one image apart, and
    `revision` those that are measured one after the other in one session.

    `is_broken` says that the plain build fails, so that no scenario can be measured.
    """

    def __init__(
        self,
        image: Image,
        workspace: Workspace,
        session: Session,
        options: Options,
        watcher: Watcher,
        variant: str = "",
        revision: str = "",
    ) -> None:
        self._image = image
        self._workspace = workspace
        self._options = options
        self._watcher = watcher
        self._session = session
        self._key = f"{image.name}-{variant}" if variant else image.name
        context = BuildContext(workspace.context, workspace.dockerfile)
        data = read_regular(image.dockerfile, MAX_SIZE_BYTES)
        facts = _facts(image, data, context)
        self._facts = facts
        self._subject = Subject(image, facts, workspace, session, options, self._key)
        self._about = circumstances(image, data, session.place, variant)
        self._tell()
        self._unique = f"{session.id}-{revision}".strip("-")
        self._mounts = session.id  # the space that cache mounts are in
        self._digests = ContextDigests(context)
        self._caches = caches_of(image.name, self._key, workspace.scratch / "cache", options)
        self._is_seeded = False
        self.is_broken = False
        self._broken: list[BuildRecord] = []
        self._last = ""  # the name of the image that was built last
        self._filled = -1  # how often the builder had been emptied when it held everything

    def _tell(self) -> None:
        """What is measured, and what of it is not there."""
        name, variant = self._image.name, self._about.variant
        target = f", target {self._image.target}" if self._image.target else ""
        self._watcher.subject(f"{name} {variant}".strip(), f"{self._about.dockerfile}{target}")
        pointers = self._workspace.pointers
        if pointers:
            others = f" (and {len(pointers) - 1} more)" if len(pointers) > 1 else ""
            self._watcher.warned(
                name,
                f"{pointers[0]} is a Git LFS pointer{others}: what is built here lacks its "
                f"content; run git lfs pull",
            )

    def measure(self, plan: Sequence[Planned], found: Measured | None = None) -> Measured:
        """All samples of the scenarios; those that do not fit the image are skipped.

        A build that fails ends its scenario, and all when the others would fail, too. They are
        added to `found`, where that is given, as they come.
        """
        found = found or Measured([], [])
        for planned in plan:
            scenario, runs = planned.scenario, planned.runs
            if reason := self.misfit(scenario):
                self._watcher.skipped(self._image.name, scenario.name, reason)
                continue
            try:
                for number in range(1, runs + 1):
                    self.make_ready(scenario)
                    found.records.append(self.sample(scenario, number, runs))
            except BuildFailed as error:
                self._watcher.failed(self._image.name, scenario.name)
                found.failures.append(error)
                if self.is_broken:
                    break
        found.broken.extend(self._broken)
        return found

    def make_ready(self, scenario: Scenario) -> None:
        """Build what a sample of the scenario starts from."""
        if scenario.start is Start.CACHE:
            if self._caches.fill and not self._is_seeded:
                self._prepare("export-cache", scenario, self._caches.fill)
                self._is_seeded = True
        elif scenario.start is Start.BUILDER and self._filled != self._session.emptied:
            self._prepare("prepare", scenario)
            self._filled = self._session.emptied

    def _prepare(self, what: str, scenario: Scenario, transfer: Transfer | None = None) -> None:
        self._watcher.prepare(self._image.name, what, self._about.variant)
        try:
            again(lambda _attempt: self._build(what, 0, Start.BUILDER, Variation(), transfer))
        except BuildFailed as error:
            self.is_broken = True
            self._note(error, scenario, 1, "", self._digests)
            raise
        self._watcher.built(None)

    def misfit(self, scenario: Scenario) -> str:
        """Why the image cannot be measured in the scenario; empty when it can."""
        return scenario.misfit(self._subject)

    def edits_like(self, other: Sampler) -> None:
        """Edit the files that another variant edits, where this one has them, too."""
        self._subject.twin = other._subject

    def sample(self, scenario: Scenario, number: int, of: int) -> BuildRecord:
        """Build once in a scenario and take its record; `make_ready` comes before it."""
        name, variant = self._image.name, self._about.variant
        self._watcher.build(name, scenario.name, variant, number, of)
        record = again(lambda attempt: self._sample(scenario, number, attempt))
        self._watcher.built(record)
        return record

    def _sample(self, scenario: Scenario, number: int, attempt: int) -> BuildRecord:
        # Another one for every attempt: what a failed one has built is in the cache.
        unique = f"{number}-{attempt}" if attempt else f"{number}"
        mark = tag_part(f"{self._unique}-{unique}-{self._about.variant}".strip("-"))
        changed: list[str] = []
        try:
            edited = scenario.edit(self._subject, mark)
            digests, changed = self._digests_of_edited()
            how = scenario.variation(self._subject, mark)
            transfer = None
            if scenario.start is Start.NOTHING:
                # Cache mounts are outside --no-cache: every such sample gets empty ones of its
                # own, and the scenarios behind it go on with those of the last.
                self._mounts = f"{self._unique}-{unique}"
            elif scenario.start is Start.CACHE:
                self._session.empty()
                transfer = self._caches.sample
            is_plain = scenario.start is Start.NOTHING and not edited
            secrets = self._secrets(how, mark)
            meter = LoadMeter()
            try:
                tag, outcome = self._build(
                    scenario.name, number, scenario.start, how, transfer, secrets
                )
            except TransientFailure:
                raise
            except BuildFailed as error:
                self.is_broken = self.is_broken or is_plain
                self._note(error, scenario, number, edited, digests)
                raise
            load = meter.read() if self._session.is_local else Load()
            if is_plain:
                self._filled = self._session.emptied
            target = how.target or self._about.target
            about = msgspec.structs.replace(self._about, secrets=secrets, target=target)
            image = built_image(tag, self._facts, self._session.sizes)
            return make_record(
                about, self._facts, scenario.name, number, edited, outcome, image, load, digests
            )
        finally:
            self._workspace.restore()
            for path in changed:
                self._digests.forget(path)

    def _note(
        self,
        error: BuildFailed,
        scenario: Scenario,
        number: int,
        edited: str,
        digests: ContextDigests,
    ) -> None:
        """Keep the record of a build that failed by its own fault."""
        if isinstance(error, StepFailed):
            about = self._about
            self._broken.append(
                failed_record(about, self._facts, scenario.name, number, edited, error, digests)
            )

    def _digests_of_edited(self) -> tuple[ContextDigests, list[str]]:
        """The digests of the copy as it is now, and the files whose digests hold until then."""
        changed = self._workspace.changed
        if changed is None:
            context = BuildContext(self._workspace.context, self._workspace.dockerfile)
            return ContextDigests(context), []
        for path in changed:
            self._digests.forget(path)
        return self._digests, changed

    def _secrets(self, how: Variation, mark: str) -> tuple[str, ...]:
        """Values of secret build arguments, and what of them is not the mark."""
        own = secret_values(how.build_args)
        parts = [part for value in own for part in value.split(mark) if part]
        return (*self._about.secrets, *own, *parts)

    def _build(
        self,
        name: str,
        number: int,
        start: Start,
        how: Variation,
        transfer: Transfer | None = None,
        secrets: tuple[str, ...] = (),
    ) -> tuple[str, buildx.BuildOutcome]:
        """Run one build; its image's tag and what it left behind."""
        tag = self._session.tag(f"{tag_part(self._key)[:40]}-{name}-{number}")
        mounts = f"imgopt-{self._mounts}-{self._key}"
        spec = buildx.BuildSpec(
            context=self._workspace.context,
            dockerfile=self._workspace.dockerfile,
            tag=tag,
            target=how.target or self._image.target,
            build_args={**self._image.build_args, **how.build_args},
            network=self._options.network or self._image.network,
            no_cache=start is Start.NOTHING,
            cache_namespace="" if transfer else tag_part(mounts),
            contexts={**self._image.contexts, **how.bases},
            timeout_s=self._options.timeout_s,
            cache_from=transfer.from_ if transfer else (),
            cache_to=transfer.to if transfer else (),
            secrets=secrets or self._about.secrets,
        )
        try:
            outcome = self._session.build(spec, self._watcher.step)
            self._last = tag
            return tag, outcome
        except EngineError as error:
            message = f"service {self._image.name}, {name}: {error}"
            if isinstance(error, BuildFailed):
                message += self._keep_log(f"{name}-{number}", error.log)
            error.args = (message,)  # the same error, which now names the service
            raise

    def last_image(self) -> ImageRecord | None:
        """What is in the image that was built last; None without one."""
        if not self._last:
            return None
        return searched(self._image.name, self._last, self._facts, self._watcher)

    def _keep_log(self, name: str, log: bytes) -> str:
        """Write a failed step's log; a line that names the file, empty where there is none."""
        folder = self._options.logs
        if folder is None or not log.strip():
            return ""
        file = folder / f"{self._session.id}-{tag_part(f'{self._key}-{name}')}.log"
        try:
            make(folder)
            file.write_bytes(log)
        except OSError as error:
            return f"\n  its log cannot be kept in {folder} ({error.strerror})"
        return f"\n  its log is kept in {file}"


def _facts(image: Image, data: bytes, context: BuildContext) -> FileFacts:
    try:
        file = parse(decode(data), str(image.dockerfile))
    except DockerfileSyntaxError as error:
        why = Failure("", "", error.line, error.message)
        message = f"{image.dockerfile}:{error.line}: {error.message}"
        raise StepFailed(message, b"", why, Progress()) from error
    targets = (image.target,) if image.target else ()
    around = Surroundings(
        targets, targets_only=True, context=context, build_args=dict(image.build_args)
    )
    facts = FileFacts(file, around)
    if image.target and facts.graph.find(image.target) is None:
        raise ConfigError(f"service {image.name}: {image.dockerfile} has no stage {image.target!r}")
    return facts


def again(build: Callable[[int], T]) -> T:
    """What `build` gives; once more, twice at most, after a fault of the engine that passes."""
    for attempt in range(_ATTEMPTS - 1):
        try:
            return build(attempt)
        except TransientFailure:
            continue
    return build(_ATTEMPTS - 1)
