"""IMG114: ADD of a URL without a checksum is asked for again at every build."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts
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
            message = (
                f"BuildKit asks for {urls[0]} at every build, and accepts any content. "
                f"Pin it with --checksum=sha256:…, which also saves the request."
            )
            yield self.finding(facts, step.instruction.span, message, stage.label)
