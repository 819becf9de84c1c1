"""IMG307: a full base image where a slim one exists and nothing needs the difference."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.facts.bases import Base, Kind
from imgopt.facts.file import FileFacts
from imgopt.facts.native_packages import PYTHON
from imgopt.facts.programs import OF_FULL_IMAGES, named_in
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class FullBaseImage(Rule):
    id = "IMG307"
    name = "full-base-image"
    severity = Severity.INFO
    summary = "A full base image where a slim one would do"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        base = facts.image(stage.stage.base.text)
        if not facts.in_production(stage) or stage.stage.base.stage is not None:
            return
        if not base.is_full or not base.slim or base.digest or base.kind is Kind.SDK:
            return
        targets = [t for t in facts.target_stages if stage.stage.index in t.stage.chain]
        links = {id(link): link for target in targets for link in facts.chain(target)}
        if any(_is_in_need(step, base) for link in links.values() for step in link.steps):
            return
        message = (
            f"{base.text} is the full image, with compilers and headers; nothing in this stage "
            f"needs them. {base.slim} is several hundred MB smaller."
        )
        yield self.finding(facts, stage.stage.from_.words[0].span, message, stage.label)


def _is_in_need(step: Step, base: Base) -> bool:
    """Whether a step may need what the slim image lacks."""
    keyword, text = step.instruction.keyword, step.instruction.text
    if keyword == "RUN" and (not step.commands or step.installs):
        return True  # an install may compile, and what it installs may need libraries
    if keyword in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK") and _needs(text, base):
        return True
    return bool(step.copy and step.copy.from_) and PYTHON.folder in text


def _needs(text: str, base: Base) -> bool:
    """Whether a text names a tool of the full image; scripts may use any of them."""
    tools = named_in(text, OF_FULL_IMAGES) - base.programs
    return bool(tools) or bool(re.search(r"\.sh\b", text))
