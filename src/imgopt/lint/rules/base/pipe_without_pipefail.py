"""IMG505: a pipe under a shell that does not notice when its left side fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule

_SHELL = 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]'
# Commands that fail for reasons outside the Dockerfile: the network, a file that is not there.
_CAN_FAIL = frozenset(
    "curl wget git gpg tar gunzip zcat xzcat xz bzcat bzip2 unzip openssl aws gsutil az"
    " docker npm pip pip3 mysqldump pg_dump".split()
)


class PipeWithoutPipefail(Rule):
    id = "IMG505"
    name = "pipe-without-pipefail"
    category = "base"
    severity = "warning"
    summary = "A pipe hides that its left side has failed"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        for step in stage.runs():
            if any("pipefail" in word for word in step.shell) or _sets_pipefail(step):
                continue
            commands = step.commands
            for left, right in pairwise(commands):
                if right.operator not in ("|", "|&") or left.conditional:
                    continue
                if left.name in _CAN_FAIL and not _is_checked(step, right.name):
                    message = (
                        f"when {left.name} fails here, the RUN goes on with what came, and "
                        f"BuildKit caches that. Put {_SHELL} before it, or download to a file "
                        f"first."
                    )
                    yield self.finding(facts, left.span, message, stage.label)
                    break


def _sets_pipefail(step: Step) -> bool:
    text = step.instruction.text + "".join(h.content for h in step.instruction.heredocs)
    return bool(re.search(r"\bpipefail\b", text))


def _is_checked(step: Step, right: str) -> bool:
    """Whether the right side fails by itself on an empty or broken input."""
    return right in ("sha256sum", "sha512sum", "sha1sum", "md5sum", "gpg", "tar", "bsdtar",
                     "unzip", "gunzip", "xz", "jq", "head", "grep", "wc")  # fmt: skip
