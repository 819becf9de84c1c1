"""The images of a project: services from the configuration or from docker-compose.yml."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from imgopt.config import Config
from imgopt.errors import ConfigError

COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?:(:?[-?+])([^}]*))?\}|\$(\w+)")


class Image(msgspec.Struct, frozen=True):
    """One image to build. Paths are absolute; `name` is the service that it is called by.

    `contexts` are named build contexts: name → absolute path, URL or docker-image://….
    """

    name: str
    context: Path
    dockerfile: Path
    target: str = ""
    build_args: Mapping[str, str] = {}
    scenarios: tuple[str, ...] = ()
    network: str = ""
    contexts: Mapping[str, str] = {}

    def same_build(self, other: Image) -> bool:
        return (self.context, self.dockerfile, self.target, dict(self.build_args)) == (
            other.context,
            other.dockerfile,
            other.target,
            dict(other.build_args),
        )


def images(config: Config, start: Path) -> list[Image]:
    """All images: [services] if there are any, else the builds of the nearest compose file."""
    if config.settings.services:
        return [
            Image(
                name,
                context := (config.root / service.context).resolve(),
                (config.root / service.dockerfile).resolve()
                if service.dockerfile
                else context / "Dockerfile",
                service.target,
                dict(service.build_args),
                tuple(service.scenarios),
                service.network,
                {k: _context(v, config.root) for k, v in service.contexts.items()},
            )
            for name, service in config.settings.services.items()
        ]
    compose = find_compose(start)
    return _compose_images(compose) if compose else []


def choose(known: list[Image], names: Iterable[str]) -> list[Image]:
    """The named images, all distinct builds without names; ConfigError for an unknown name."""
    wanted = list(dict.fromkeys(names))
    if not wanted:
        distinct: list[Image] = []
        for image in known:
            if not any(image.same_build(other) for other in distinct):
                distinct.append(image)
        return distinct
    by_name = {image.name: image for image in known}
    for name in wanted:
        if name not in by_name:
            near = difflib.get_close_matches(name, by_name, n=1)
            hint = (
                f"did you mean {near[0]!r}?" if near else f"known: {', '.join(by_name) or 'none'}"
            )
            raise ConfigError(f"unknown service {name!r}; {hint}")
    return [by_name[name] for name in wanted]


def find_compose(start: Path) -> Path | None:
    """The nearest compose file from `start` upward, not above a git repository's root."""
    start = start.absolute()
    for folder in (start, *start.parents):
        for name in COMPOSE_FILES:
            if (folder / name).is_file():
                return folder / name
        if (folder / ".git").exists():
            return None
    return None


def _compose_images(compose: Path) -> list[Image]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        data = yaml.load(compose.read_text(encoding="utf-8"), Loader=loader)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{compose}: cannot read it: {error}") from error
    except (yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{compose}: not valid YAML: {reason}") from error
    services = data.get("services") if isinstance(data, dict) else None
    if not isinstance(services, dict):
        return []
    env = {**_dotenv(compose.parent / ".env"), **os.environ}
    found = []
    for name, service in services.items():
        build = service.get("build") if isinstance(service, dict) else None
        if isinstance(build, str):
            build = {"context": build}
        if isinstance(build, dict) and "dockerfile_inline" not in build:
            image = _compose_image(str(name), build, compose.parent, env)
            if image:
                found.append(image)
    return found


def _compose_image(
    name: str, build: dict[str, Any], root: Path, env: Mapping[str, str]
) -> Image | None:
    context_text = interpolate(str(build.get("context", ".")), env)
    if "://" in context_text or context_text.startswith("git@"):
        return None
    context = (root / context_text).resolve()
    dockerfile = context / interpolate(str(build.get("dockerfile", "Dockerfile")), env)
    raw = build.get("args") or {}
    if isinstance(raw, list):
        raw = dict(str(item).partition("=")[::2] for item in raw)
    args = {
        str(key): interpolate(str(value), env)
        for key, value in (raw.items() if isinstance(raw, dict) else ())
        if value is not None
    }
    return Image(
        name,
        context,
        dockerfile.resolve(),
        interpolate(str(build.get("target") or ""), env),
        args,
        network=str(build.get("network") or ""),
        contexts=_named_contexts(build.get("additional_contexts"), root, env),
    )


def _context(value: str, root: Path) -> str:
    """A named context's value; a path becomes absolute."""
    return value if "://" in value or ":" in value else str((root / value).resolve())


def _named_contexts(raw: Any, root: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Compose's additional_contexts, a mapping or a list of NAME=VALUE."""
    if isinstance(raw, list):
        raw = dict(str(item).partition("=")[::2] for item in raw)
    items = raw.items() if isinstance(raw, dict) else ()
    return {str(k): _context(interpolate(str(v), env), root) for k, v in items}


def interpolate(text: str, env: Mapping[str, str]) -> str:
    """Compose's ${VAR}, ${VAR:-default}, ${VAR?error}, ${VAR:+other} and $$."""

    def replace(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        name, operator, word = match[1] or match[4], match[2] or "", match[3] or ""
        value = env.get(name)
        is_set = bool(value) if operator.startswith(":") else value is not None
        if operator.endswith("-"):
            return value if is_set and value is not None else word
        if operator.endswith("+"):
            return word if is_set else ""
        return value or ""

    return _VARIABLE.sub(replace, text)


def _dotenv(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.strip().removeprefix("export ").partition("=") for line in lines)
    return {k.strip(): v.strip().strip("\"'") for k, eq, v in pairs if eq and not k.startswith("#")}
