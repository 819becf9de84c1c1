"""What a scenario is: where a sample starts from, what is edited, how the build differs."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Protocol

import msgspec

from imgopt.bench.subject import Subject


class Start(Enum):
    """What a sample is built on."""

    NOTHING = auto()  # no cache, and empty cache mounts
    BUILDER = auto()  # a builder that holds the plain build
    CACHE = auto()  # an empty builder that imports a cache


class Variation(msgspec.Struct, frozen=True):
    """How one build differs from the plain build of its image.

    `bases` are named contexts that stand in for base images.
    """

    target: str = ""
    build_args: Mapping[str, str] = {}
    bases: Mapping[str, str] = {}


class Scenario(Protocol):
    """One way to build an image. The methods are the plain build's; a scenario has its own where
    it differs.

    `order` is its place among the others; `is_usual` says that it runs when none is named.
    """

    @property
    def name(self) -> str: ...
    @property
    def order(self) -> int: ...
    @property
    def is_usual(self) -> bool: ...
    @property
    def start(self) -> Start: ...

    def misfit(self, subject: Subject) -> str:
        """Why the image cannot be measured in the scenario; empty when it can."""
        return ""

    def edit(self, subject: Subject, mark: str) -> str:
        """Change the copy of the context; what was edited, as a record tells it.

        `mark` is another one for every sample. The workspace puts everything back.
        """
        return ""

    def variation(self, subject: Subject, mark: str) -> Variation:
        """How the build of one sample differs from the plain one."""
        return Variation()
