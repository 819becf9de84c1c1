"""The builds of compose files: overrides, extends, includes, profiles, interpolation, .env.

Source: the Compose specification. Services of every profile count: each may be built.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imgopt.context.discovery import COMPOSE_NAMES
from imgopt.errors import ConfigError
from imgopt.project.image import Image, Inline

_VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?:(:?[-?+])([^}]*))?\}|\$(\w+)")
_MAX_DEPTH = 8


def find_compose(start: Path) -> Path | None:
    """The nearest compose file from `start` upward, not above a git repository's root."""
    start = start.absolute()
    for folder in (start, *start.parents):
        for name in COMPOSE_NAMES:
            if (folder / name).is_file():
                return folder / name
        if (folder / ".git").exists():
            return None
    return None


def compose_files(compose: Path) -> list[Path]:
    """The file with the override that lies beside it, or what COMPOSE_FILE in .env names."""
    named = _dotenv(compose.parent / ".env").get("COMPOSE_FILE")
    if named:
        files = [compose.parent / name for name in named.split(":")]
        if all(file.is_file() for file in files):
            return files
    override = compose.with_name(f"{compose.stem}.override{compose.suffix}")
    return [compose, *([override] if override.is_file() else [])]


def compose_images(compose: Path, read: Any = None) -> list[Image]:
    """The images that a compose project builds, those with an inline Dockerfile included.

    `read` gives a file's text in place of reading it from disk. Raises ConfigError for a file
    that cannot be read or is no YAML.
    """
    env = {**_dotenv(compose.parent / ".env"), **os.environ}
    loader = _Loader(env, read or _read)
    services: dict[str, dict[str, Any]] = {}
    for file in compose_files(compose):
        for name, service in loader.services(file).items():
            services[name] = _merge(services.get(name, {}), service)
    found = []
    for name, service in services.items():
        try:
            found.append(_image(name, service, env))
        except ValueError as error:  # a NUL byte in a path
            raise ConfigError(f"{compose}: service {name!r}: {error}") from error
    return [image for image in found if image]


class _Loader:
    """Reads compose files once each; a service's paths are made absolute where it is written."""

    def __init__(self, env: Mapping[str, str], read: Any) -> None:
        self._env = env
        self._read = read
        self._texts: dict[Path, dict[str, dict[str, Any]]] = {}

    def services(self, file: Path, depth: int = 0) -> dict[str, dict[str, Any]]:
        """The services of a file with what they extend and what the file includes."""
        if file in self._texts:
            return self._texts[file]
        self._texts[file] = {}
        text = self._read(file)
        data = parse_yaml(text, file)
        found: dict[str, dict[str, Any]] = {}
        if depth > _MAX_DEPTH or not isinstance(data, dict):
            return found
        includes = data.get("include")
        for included in includes if isinstance(includes, list) else ():
            paths = included.get("path") if isinstance(included, dict) else included
            for path in paths if isinstance(paths, list) else [paths]:
                other = file.parent / interpolate(str(path), self._env)
                if os.path.isfile(other):
                    found.update(self.services(other, depth + 1))
        services = data.get("services")
        inline = _inline_places(text) if "dockerfile_inline" in text else {}
        for name, raw in services.items() if isinstance(services, dict) else ():
            if isinstance(raw, dict):
                found[str(name)] = self._service(raw, file, depth, inline.get(str(name)))
        self._texts[file] = found
        for name, raw in services.items() if isinstance(services, dict) else ():
            if isinstance(raw, dict) and raw.get("extends"):
                found[str(name)] = self._extended(found, str(name), raw, file, depth)
        return found

    def _service(
        self, raw: dict[str, Any], file: Path, depth: int, inline: tuple[int, int] | None
    ) -> dict[str, Any]:
        service = dict(raw)
        build = raw.get("build")
        if isinstance(build, str):
            build = {"context": build}
        if isinstance(build, dict):
            build = dict(build)
            build["_root"] = file.parent
            build["_file"] = file
            build["args"] = _mapping(build.get("args"))
            if inline:
                build["_inline"] = inline
            if build.get("context") is not None:
                build["context"] = self._absolute(str(build["context"]), file.parent)
        service["build"] = build
        return service

    def _absolute(self, written: str, root: Path) -> str:
        """A build context with its path made absolute; a URL stays one."""
        text = interpolate(written, self._env)
        return text if "://" in text or text.startswith("git@") else str(root / text)

    def _extended(
        self,
        known: dict[str, dict[str, Any]],
        name: str,
        raw: dict[str, Any],
        file: Path,
        depth: int,
    ) -> dict[str, Any]:
        extends = raw["extends"]
        if isinstance(extends, str):
            extends = {"service": extends}
        if not isinstance(extends, dict) or depth > _MAX_DEPTH:
            return known[name]
        other = str(extends.get("service", ""))
        source = known
        if extends.get("file"):
            path = file.parent / interpolate(str(extends["file"]), self._env)
            if not os.path.isfile(path):
                return known[name]
            source = self.services(path, depth + 1)
        base = source.get(other)
        return _merge(base, known[name]) if base and base is not known[name] else known[name]


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """A service with another one laid over it, as far as its build and health check go."""
    merged = {**base, **{k: v for k, v in over.items() if v is not None}}
    first, second = base.get("build"), over.get("build")
    if isinstance(first, dict) and isinstance(second, dict):
        merged["build"] = {
            **first,
            **second,
            "_root": first["_root"],
            "args": {**first.get("args", {}), **second.get("args", {})},
        }
    return merged


def _image(name: str, service: dict[str, Any], env: Mapping[str, str]) -> Image | None:
    build = service.get("build")
    if not isinstance(build, dict):
        return None
    root: Path = build["_root"]
    context_text = str(build.get("context") or root)
    if "://" in context_text or context_text.startswith("git@"):
        return None
    context = Path(os.path.realpath(context_text))
    written = interpolate(str(build.get("dockerfile") or "Dockerfile"), env)
    dockerfile = Path(os.path.realpath(context / written))
    inline = None
    if isinstance(build.get("dockerfile_inline"), str):
        line, indent = build.get("_inline", (0, 0))
        inline = Inline(interpolate(build["dockerfile_inline"], env), line, indent)
        dockerfile = build["_file"]
    args = {
        str(key): interpolate(str(value), env)
        for key, value in build.get("args", {}).items()
        if value is not None
    }
    return Image(
        name,
        context,
        dockerfile,
        interpolate(str(build.get("target") or ""), env),
        args,
        network=str(build.get("network") or ""),
        contexts=_named_contexts(build.get("additional_contexts"), root, env),
        has_healthcheck=_has_healthcheck(service),
        inline=inline,
    )


def _has_healthcheck(service: dict[str, Any]) -> bool | None:
    check = service.get("healthcheck")
    if not isinstance(check, dict):
        return None
    return not check.get("disable") and check.get("test") not in (["NONE"], "NONE")


def _mapping(raw: Any) -> dict[str, Any]:
    """A mapping, or a list of NAME=VALUE."""
    if isinstance(raw, list):
        return {
            name: value if equals else None
            for name, equals, value in (str(item).partition("=") for item in raw)
        }
    return dict(raw) if isinstance(raw, dict) else {}


def absolute_context(value: str, root: Path) -> str:
    """A named context's value; a path becomes absolute."""
    return value if "://" in value or ":" in value else os.path.realpath(root / value)


def _named_contexts(raw: Any, root: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Compose's additional_contexts, a mapping or a list of NAME=VALUE."""
    return {
        str(k): absolute_context(interpolate(str(v), env), root) for k, v in _mapping(raw).items()
    }


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


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot read it: {error}") from error


def parse_yaml(text: str, file: Path) -> Any:
    """YAML as compose reads it: its own tags (!reset, !override) are understood."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader: Any = type("_ComposeLoader", (base,), {})
    loader.add_constructor("!reset", lambda *_: None)
    loader.add_multi_constructor("!", _tagged)
    try:
        return yaml.load(text, Loader=loader)
    except (yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{file}: not valid YAML: {reason}") from error


def _tagged(loader: Any, _suffix: str, node: Any) -> Any:
    import yaml

    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


def _inline_places(text: str) -> dict[str, tuple[int, int]]:
    """Service → first line (from 1) and indentation of its `dockerfile_inline: |` text."""
    import yaml

    found: dict[str, tuple[int, int]] = {}
    try:
        root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError):
        return found
    lines = text.splitlines()
    for name, service in _pairs(_child(root, "services")):
        scalar = _child(_child(service, "build"), "dockerfile_inline")
        if isinstance(scalar, yaml.ScalarNode) and scalar.style == "|":
            line = scalar.start_mark.line + 2
            first = next((text for text in lines[line - 1 :] if text.strip()), "")
            found[name] = (line, len(first) - len(first.lstrip(" ")))
    return found


def _pairs(node: Any) -> list[tuple[str, Any]]:
    import yaml

    if not isinstance(node, yaml.MappingNode):
        return []
    return [(str(key.value), value) for key, value in node.value]


def _child(node: Any, name: str) -> Any:
    return next((value for key, value in _pairs(node) if key == name), None)
