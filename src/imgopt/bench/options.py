"""What a run is told, and whom it tells how it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from imgopt.errors import BuildFailed
from imgopt.records.build import BuildRecord
from imgopt.records.image import ImageRecord

SHARED, NAMED, DISPOSABLE = "shared", "builder", "disposable"


class Options(msgspec.Struct, frozen=True):
    """How to run: the builder and network of the builds, and what is kept of them.

    With `keep_images`, the last image of each service stays, as `<keep_images>/<service>`.
    `timeout_s` ends a build that hangs (0: never); `logs` is where those of failed ones are kept.
    `isolation` is `disposable`, `shared`, or empty for what the builder is: those that may be
    emptied are named in `disposable`. `driver_options` are those of a temporary builder.
    `cache_from` and `cache_to` are what builds on an empty builder import and export, with
    `{service}` in them; without any, the run keeps a cache of its own. With `waste`, the last
    image of each service is searched for wasted bytes.
    """

    builder: str = ""
    network: str = ""
    keep_images: str = ""
    timeout_s: float = 0.0
    logs: Path | None = None
    isolation: str = ""
    disposable: tuple[str, ...] = ()
    driver_options: tuple[str, ...] = ()
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    waste: bool = False


class Measured(msgspec.Struct, frozen=True):
    """All samples that were taken, and the builds that failed: each ended its scenario.

    `broken` are the records of those that failed by their own fault, and not the engine's;
    `images` is what is in the last image of each service, where that was asked.
    """

    records: list[BuildRecord]
    failures: list[BuildFailed]
    broken: list[BuildRecord] = []
    images: dict[str, ImageRecord] = {}


class Watcher(Protocol):
    """Is told how the run goes on.

    `plan` counts the samples by (service, scenario), not what prepares them; a scenario that has
    `ended` has no more samples than it had. `recovered` says what of a run that was killed is
    gone now. `variant` is A or B in a comparison, else empty.
    """

    def plan(self, samples: Mapping[tuple[str, str], int]) -> None: ...
    def begin(self, isolation: str) -> None: ...
    def subject(self, service: str, builds: str) -> None: ...
    def recovered(self, text: str) -> None: ...
    def prepare(self, service: str, what: str, variant: str) -> None: ...
    def build(self, service: str, scenario: str, variant: str, sample: int, of: int) -> None: ...
    def step(self, name: str) -> None: ...
    def built(self, record: BuildRecord | None) -> None: ...
    def skipped(self, service: str, scenario: str, reason: str) -> None: ...
    def warned(self, service: str, text: str) -> None: ...
    def ended(self, service: str, scenario: str) -> None: ...
    def failed(self, service: str, scenario: str) -> None: ...
    def cleaning(self) -> None: ...
    def not_cleaned(self, reason: str) -> None: ...
