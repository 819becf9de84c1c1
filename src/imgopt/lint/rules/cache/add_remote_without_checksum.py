"""IMG114: ADD of a URL without a checksum is asked for again at every build."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.moving import names_a_version
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class AddRemoteWithoutChecksum(Rule):
    id = "IMG114"
    name = "add-remote-without-checksum"
    severity = Severity.INFO
    summary = "ADD of a URL has no --checksum"
    recommended = False

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        for step in stage.steps:
            copy = step.copy
            if step.instruction.keyword != "ADD" or copy is None:
                continue
            urls = [s for s in copy.sources if s and s.startswith(("http://", "https://"))]
            if not urls or step.instruction.flag("checksum") is not None:
                continue
            if any(url.partition("#")[0].endswith(".git") for url in urls):
                continue
            if not names_a_version(urls[0]):
                continue  # what comes from there is meant to change
            written = next(
                w.value for w in step.instruction.words if "://" in w.value or "$" in w.value
            )
            if _is_chosen_outside(written, step, facts):
                continue
            message = (
                f"BuildKit asks for {written} at every build, and takes whatever comes. "
                f"--checksum=sha256:… pins it and saves the question."
            )
            if "$" in written:
                message += " It has to be raised with the version."
            yield self.finding(facts, step.instruction.span, message, stage.label)


def _is_chosen_outside(written: str, step: Step, facts: FileFacts) -> bool:
    """Whether who builds picks the file, so that no checksum can be written down."""
    names = re.findall(r"\$\{?(\w+)", written)
    return any(name in facts.build_args or not step.env.get(name) for name in names)
