"""How many findings lint has of a Dockerfile that is measured."""

from __future__ import annotations

from datetime import datetime

from imgopt.config import Config, Settings
from imgopt.facts.surroundings import Neighbourhood
from imgopt.lint.check import lint_bytes
from imgopt.lint.selection import choose_rules
from imgopt.project.image import Image


def count_findings(image: Image, data: bytes, committed_at: datetime | None) -> int:
    """The findings of the recommended rules, whatever the project selects, so that the numbers of
    many commits can be compared; bases are as old as they were at the commit."""
    today = committed_at.date() if committed_at else None
    near = Neighbourhood(Config(Settings(), image.context, None), today)
    around = near.of_images([image])
    return len(lint_bytes(data, image.dockerfile.name, choose_rules((), ()), around).findings)
