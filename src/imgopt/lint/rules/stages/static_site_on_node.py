"""IMG202: the final stage builds a front end and serves it with node or a development server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.commands import final_command
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule

_RUNNERS = frozenset({"npm", "yarn", "pnpm", "bun"})
_STATIC_SCRIPT = re.compile(
    r"^\s*(npx\s+)?(vite(\s+(preview|dev|serve))?|react-scripts\s+start|vue-cli-service\s+serve|ng\s+serve"
    r"|serve|http-server|webpack\s+serve|webpack-dev-server|parcel|gatsby\s+serve|astro\s+(preview|dev))"
    r"(\s+-|\s+\S+\s*$|\s*$)"
)


class StaticSiteOnNode(Rule):
    id = "IMG202"
    name = "static-site-on-node"
    category = "stages"
    severity = "warning"
    summary = "A static site is served by node or a development server"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage not in facts.target_stages or facts.is_for_development:
            return
        command = final_command(stage, facts)
        if command is None or not command.commands:
            return
        served = self._served(command.commands[0], facts)
        if not served or not _builds(stage, facts):
            return
        message = (
            f"a static site is served by `{served}`: the image carries node and all packages. Copy "
            f"the build's output into an nginx or caddy stage."
        )
        yield self.finding(facts, command.instruction.span, message, stage.label)

    @staticmethod
    def _served(command: Command, facts: FileFacts) -> str | None:
        words = [command.name, *command.args]
        if words[0] == "npx":
            words = [w for w in words[1:] if not w.startswith("-")] or [""]
        if words[0] in _RUNNERS:
            plain = [w for w in words[1:] if not w.startswith("-")]
            script = plain[1] if plain[:1] == ["run"] and len(plain) > 1 else (plain or [""])[0]
            text = _scripts(facts).get(script, "")
            return f"{words[0]} {' '.join(plain[:2])}" if _STATIC_SCRIPT.match(text) else None
        text = " ".join(words)
        return text if _STATIC_SCRIPT.match(text) and words[0] != "node" else None


def _scripts(facts: FileFacts) -> dict[str, str]:
    """The scripts of package.json in the context; empty without one."""
    text = facts.context.read_text("package.json") if facts.context else None
    try:
        data = json.loads(text or "{}")
    except ValueError:
        return {}
    scripts = data.get("scripts") if isinstance(data, dict) else None
    return {k: str(v) for k, v in scripts.items()} if isinstance(scripts, dict) else {}


def _builds(stage: StageFacts, facts: FileFacts) -> bool:
    for link in facts.chain(stage):
        for step in link.runs():
            for command in step.commands:
                words = {command.name, *command.args}
                if command.name in (*_RUNNERS, "npx", "vite", "ng") and "build" in words:
                    return True
    return False
