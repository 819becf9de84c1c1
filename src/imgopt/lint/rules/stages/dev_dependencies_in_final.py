"""IMG206: development dependencies reach a final stage."""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import Span
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import PACKAGES, Install
from imgopt.facts.purpose import is_development_stage
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Fix
from imgopt.lint.fixes.edits import add_words, replace, unsafe
from imgopt.lint.rule import Rule

_DEV_FILE = re.compile(r"(^|[-_./])(dev|develop|development|test|tests|testing|lint|ci)([-_.]|$)")
_OMIT = {
    "npm": ("--omit=dev", "--production", "--only=production", "--only=prod", "--omit"),
    "yarn": ("--production", "--prod"),
    "pnpm": ("--prod", "-P", "--production"),
    "bun": ("--production", "-p", "--omit"),
    "uv": ("--no-dev", "--no-default-groups", "--only-group"),
    "poetry": ("--only", "--without", "--no-dev", "--only-root"),
    "composer": ("--no-dev",),
    "bundler": ("--without",),
}
_HINT = {
    "npm": "--omit=dev",
    "yarn": "--production",
    "pnpm": "--prod",
    "bun": "--production",
    "uv": "--no-dev",
    "poetry": "--only main",
    "composer": "--no-dev",
    "bundler": "BUNDLE_WITHOUT=development:test",
}
_JS = frozenset({"npm", "yarn", "pnpm", "bun"})


class DevDependenciesInFinal(Rule):
    id = "IMG206"
    name = "dev-dependencies-in-final"
    category = "stages"
    severity = "warning"
    fixable = "unsafe"
    summary = "Development dependencies reach a final stage"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if facts.is_for_development:
            return
        if any(is_development_stage(t.stage.name) for t in facts.target_stages):
            return
        for step in stage.runs():
            for install in step.installs:
                reason = self._reason(install, step, facts)
                if reason and self._reaches_final(install, step, stage, facts):
                    yield self.finding(
                        facts, install.command.span, reason, stage.label, _fix(install)
                    )

    @staticmethod
    def _reason(install: Install, step: Step, facts: FileFacts) -> str | None:
        name = install.manager.name
        if name == "pip" or (name == "uv" and install.action.startswith("pip")):
            dev = [f for f in install.files if _DEV_FILE.search(posixpath.basename(f))]
            if not dev:
                return None
            return f"{', '.join(dev)} is for development, and what it installs reaches the image."
        if name not in _OMIT or install.kind == PACKAGES or install.has_flag(*_OMIT[name]):
            return None
        if _omitted_by_environment(install, step) or not _has_dev(install, facts.context):
            return None
        return (
            f"`{install.shown}` installs development dependencies too, and they reach the image. "
            f"Use {_HINT[name]}."
        )

    @staticmethod
    def _reaches_final(install: Install, step: Step, stage: StageFacts, facts: FileFacts) -> bool:
        if facts.in_final(stage):
            return not _pruned(stage, step, facts)
        folder = step.folder(install.command)
        places = []
        if install.manager.name in _JS:
            places = [posixpath.join(folder, "node_modules")] if folder else []
        elif install.manager.name in ("uv", "poetry"):
            place = step.env.get("UV_PROJECT_ENVIRONMENT") or step.env.get("VIRTUAL_ENV") or ".venv"
            places = [posixpath.join(folder, place)] if folder else []
        elif install.manager.name == "pip":
            venv = step.env.get("VIRTUAL_ENV")
            places = [venv] if venv else ["/usr/local/lib", "/opt/venv", "/venv"]
        elif install.manager.name in ("composer",):
            places = [posixpath.join(folder, "vendor")] if folder else []
        elif install.manager.name == "bundler":
            places = ["/usr/local/bundle"]
        copied = list(facts.copied_out_of(stage))
        return any(below(p, path) for p in places for path in copied) and not _pruned(
            stage, step, facts
        )


def _fix(install: Install) -> Fix | None:
    """Add the production flag, or leave the development files out."""
    name = install.manager.name
    values = [word.value for word in install.command.argv]
    if name == "pip" or (name == "uv" and install.action.startswith("pip")):
        dev = [f for f in install.files if _DEV_FILE.search(posixpath.basename(f))]
        if len(dev) == len(install.files) or not install.command.exact:
            return None
        edits = []
        for index, value in enumerate(values):
            if value in dev and values[index - 1] in ("-r", "--requirement"):
                argv = install.command.argv
                edits.append(replace(Span(argv[index - 2].span.end, argv[index].span.end), ""))
        return unsafe(f"leave {', '.join(dev)} out", tuple(edits))
    hint = _HINT[name]
    last = install.action.split()[-1] if install.action else ""
    if not hint.startswith("-") or last not in values:
        return None
    return unsafe(f"add {hint}", add_words(install.command, hint, values.index(last) + 1))


def _omitted_by_environment(install: Install, step: Step) -> bool:
    env = {**step.env, **dict(install.command.assignments)}
    name = install.manager.name
    if name in _JS:
        return env.get("NODE_ENV") == "production" or any(
            key.lower() in ("npm_config_omit", "npm_config_production") for key in env
        )
    if name == "uv":
        return "UV_NO_DEV" in env or "UV_NO_DEFAULT_GROUPS" in env
    if name == "poetry":
        return any(key.startswith("POETRY_") and "WITHOUT" in key for key in env)
    if name == "bundler":
        settings = " ".join(c.text for c in step.commands)
        return "BUNDLE_WITHOUT" in env or "without" in settings or "deployment" in settings
    return name == "composer" and env.get("COMPOSER_NO_DEV") == "1"


def _has_dev(install: Install, context: BuildContext | None) -> bool:
    """False only when the manifest on disk shows that there are no development dependencies."""
    if context is None:
        return True
    if install.manager.name in _JS:
        for path in ("package.json", f"{install.command.cwd or '.'}/package.json"):
            data = _json(context.read_text(path))
            if data is not None and not data.get("workspaces"):
                return bool(data.get("devDependencies"))
        return True
    if install.manager.name in ("uv", "poetry"):
        text = context.read_text("pyproject.toml")
        if text is None:
            return True
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            return True
        tool = data.get("tool", {})
        return bool(
            data.get("dependency-groups")
            or tool.get("uv", {}).get("dev-dependencies")
            or tool.get("poetry", {}).get("group")
            or tool.get("poetry", {}).get("dev-dependencies")
        )
    return True


def _json(text: str | None) -> dict[str, Any] | None:
    try:
        data = json.loads(text or "")
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _pruned(stage: StageFacts, step: Step, facts: FileFacts) -> bool:
    """Whether a later command of the stage removes development dependencies again."""
    same, later = facts.once(("pruned", stage.stage.index), lambda: _prunes(stage))
    return same >= step.index or later > step.index


def _prunes(stage: StageFacts) -> tuple[int, int]:
    """The last step that prunes, be it in its own RUN, and the last that installs without them."""
    same = later = -1
    for step in stage.runs():
        for command in step.commands:
            words = set(command.args)
            if (command.name in _JS and "prune" in words) or (
                command.name == "rm" and any("node_modules" in w for w in words)
            ):
                same = step.index
            elif command.name in _JS and words & {"--omit=dev", "--production"}:
                later = step.index
    return same, later
