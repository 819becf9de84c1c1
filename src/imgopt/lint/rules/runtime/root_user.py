"""IMG602: a final stage runs as root."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.facts.bases import base_image
from imgopt.facts.file import FileFacts
from imgopt.facts.purpose import is_development_stage
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule

_DROPS_ROOT = re.compile(
    r"\b(gosu|su-exec|setpriv|chroot|setuidgid|runuser|s6-setuidgid|sudo|su)\b"
)
# Servers that need root to start and give it up for what they do.
_SERVERS = re.compile(
    r"\b(nginx|httpd|apache2(ctl)?|apachectl|haproxy|sshd|crond?|postgres|mysqld)\b"
)
_ROOT = re.compile(r"(root|0)(:.*)?")


class RootUser(Rule):
    id = "IMG602"
    name = "root-user"
    category = "runtime"
    severity = "warning"
    summary = "The image runs as root"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage not in facts.target_stages or facts.is_for_development:
            return
        if is_development_stage(stage.stage.name):
            return
        user = stage.end.user
        links = list(facts.chain(stage))
        steps = [step for link in links for step in link.steps]
        if user is not None and not _ROOT.fullmatch(user):
            return
        base = links[0].stage.base.text
        starts = [s for s in steps if s.instruction.keyword in ("CMD", "ENTRYPOINT")]
        if user is None and not (base_image(base).runs_as_root or (base == "scratch" and starts)):
            return
        if any(_DROPS_ROOT.search(s.instruction.text) or _is_server(s) for s in starts):
            return
        if any(re.search(r"\b(gosu|su-exec)\b", s.instruction.text) for s in steps):
            return
        named = [s for s in steps if s.instruction.keyword == "USER"]
        span = named[-1].instruction.span if named else stage.stage.from_.span
        message = "the image runs as root. Make a user and end with USER."
        yield self.finding(facts, span, message, stage.label)


def _is_server(step: Step) -> bool:
    commands = step.commands
    return bool(commands and _SERVERS.fullmatch(commands[0].name))
