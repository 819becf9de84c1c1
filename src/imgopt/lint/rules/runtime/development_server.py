"""IMG604: the image starts a development server."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.shell import Command
from imgopt.facts.commands import final_command
from imgopt.facts.file import FileFacts
from imgopt.facts.purpose import is_development_stage
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule

_RUNNERS = frozenset({"npm", "yarn", "pnpm", "bun"})


class DevelopmentServer(Rule):
    id = "IMG604"
    name = "development-server"
    category = "runtime"
    severity = "warning"
    summary = "The image starts a development server"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage not in facts.target_stages or facts.is_for_development:
            return
        if is_development_stage(stage.stage.name):
            return
        step = final_command(stage, facts)
        if step is None or not step.commands:
            return
        reason = _reason(step.commands[-1])
        if reason:
            message = (
                f"{reason} is for development: it watches files, reloads, and is not hardened."
            )
            yield self.finding(facts, step.instruction.span, message, stage.label)


def _reason(command: Command) -> str | None:
    words = [command.name, *command.args]
    if words[0] == "npx":
        words = words[1:] or [""]
    plain = [w for w in words if not w.startswith("-")]
    if "--reload" in words:
        return f"{words[0]} --reload"
    if plain[:2] == ["flask", "run"] or plain[-2:] == ["flask", "run"]:
        return "flask run"
    if "runserver" in plain and any("manage.py" in w or "django" in w for w in plain):
        return "manage.py runserver"
    if plain[:2] == ["next", "dev"] or plain[:1] == ["nodemon"]:
        return " ".join(plain[:2])
    if words[0] == "vite" and (len(plain) == 1 or plain[1] in ("dev", "serve")):
        return "vite"
    if words[0] in _RUNNERS and plain[1:] in (["run", "dev"], ["dev"]):
        return " ".join(plain)
    return None
