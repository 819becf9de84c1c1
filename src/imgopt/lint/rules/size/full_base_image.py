"""IMG307: a full base image where a slim one exists and nothing needs the difference."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.facts.bases import base_image
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule

_HAS_SLIM = frozenset("python node ruby perl rust openjdk erlang elixir pypy".split())
# Tags that are the full image: a version, with or without Debian's code name.
_FULL = re.compile(
    r"(\d+(\.\d+)*|lts|current|latest|stable)?(-?(buster|bullseye|bookworm|trixie))?"
)
# What buildpack-deps brings and the slim images leave out.
_NEEDS = re.compile(
    r"\b(gcc|g\+\+|cc|make|cmake|git|curl|wget|hg|svn|bzr|ssh|scp|unzip|patch|autoconf|file"
    r"|mysql_config|pg_config|magick|convert|pkg-config|gpg|python3?|xz|bzip2|ps|kill|netstat)\b"
)


class FullBaseImage(Rule):
    id = "IMG307"
    name = "full-base-image"
    category = "size"
    severity = "info"
    summary = "A full base image where a slim one would do"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        base = base_image(stage.stage.base.text)
        if not facts.in_production(stage) or stage.stage.base.stage is not None:
            return
        if not base.official or base.repository not in _HAS_SLIM or base.digest:
            return
        if not base.tag or not _FULL.fullmatch(base.tag):
            return
        targets = [t for t in facts.target_stages if stage.stage.index in t.stage.chain]
        links = {id(link): link for target in targets for link in facts.chain(target)}
        for link in links.values():
            for step in link.steps:
                if step.instruction.keyword == "RUN" and (not step.commands or step.installs):
                    return  # an install may compile, and what it installs may need libraries
                if step.instruction.keyword in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK") and (
                    _needs(step.instruction.text, base.repository)
                ):
                    return
                if step.copy and step.copy.from_ and "site-packages" in step.instruction.text:
                    return
        message = (
            f"{base.text} is the full image, with compilers and headers; nothing in this stage "
            f"needs them. {base.repository}:{base.tag}-slim is several hundred MB smaller."
        )
        yield self.finding(facts, stage.stage.from_.words[0].span, message, stage.label)


def _needs(text: str, repository: str) -> bool:
    """Whether a text names a tool of the full image; scripts may use any of them."""
    words = {match[0] for match in _NEEDS.finditer(text)}
    if repository in ("python", "pypy"):
        words -= {"python", "python3"}
    return bool(words) or bool(re.search(r"\.sh\b", text))
