"""IMG602: a final stage runs as root."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.lint.facts import FileFacts, StageFacts, Step, is_development_stage
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule

# Official images whose user is root and which do not give root up by themselves.
_ROOT_BASES = frozenset(
    (
        "python node golang rust ruby php perl openjdk eclipse-temurin amazoncorretto maven"
        " gradle debian ubuntu alpine fedora centos rockylinux almalinux amazonlinux"
        " oraclelinux busybox archlinux buildpack-deps erlang elixir haskell swift julia"
        " clojure gcc pypy bun aspnet runtime sdk scratch"
    ).split()
)
_PUBLISHERS = frozenset({"", "library", "oven", "dotnet"})
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
        if user is None and not (base and _is_root_base(base, bool(starts))):
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


def _is_root_base(base: str, starts: bool) -> bool:
    if base == "scratch":
        return starts
    name = base.partition("@")[0]
    folder, _, last = name.rpartition("/")
    repository, _, tag = last.partition(":")
    publisher = folder.rpartition("/")[2] if folder not in ("docker.io", "") else ""
    if "nonroot" in tag or "rootless" in tag:
        return False
    known_host = folder in ("", "library", "oven", "docker.io", "docker.io/library") or (
        folder.startswith("mcr.microsoft.com/dotnet")
    )
    return known_host and publisher in _PUBLISHERS and repository in _ROOT_BASES
