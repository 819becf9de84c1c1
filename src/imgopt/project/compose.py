"""The builds of compose files: overrides, extends, includes, profiles, interpolation, .env.

Source: the Compose specification. Services of every profile count: each may be built.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence, Sized
from pathlib import Path
from typing import Any

from imgopt.context.discovery import COMPOSE_NAMES
from imgopt.errors import ConfigError
from imgopt.files import read_regular
from imgopt.project.environment import Interpolation, read_env_file
from imgopt.project.image import Image, Inline

MAX_COMPOSE_BYTES = 1_000_000
_MAX_DEPTH = 8
# Services and build arguments that includes, overrides and extends may copy.
_MAX_COPIED = 200_000


def find_compose(start: Path) -> Path | None:
    """The nearest compose file from `start` upward, not above a git repository's root."""
    start = start.absolute()
    for folder in (start, *start.parents):
        for name in COMPOSE_NAMES:
            if os.path.exists(folder / name):
                return folder / name
        if (folder / ".git").exists():
            return None
    return None


def compose_files(compose: Path) -> list[Path]:
    """The file with the override that lies beside it, or what COMPOSE_FILE in .env names."""
    named = read_env_file(compose.parent / ".env").get("COMPOSE_FILE")
    if named:
        files = [compose.parent / name for name in dict.fromkeys(named.split(":"))]
        if all(os.path.isfile(file) for file in files):
            return files
    override = compose.with_name(f"{compose.stem}.override{compose.suffix}")
    return [compose, *([override] if override.is_file() else [])]


def compose_images(
    compose: Path, read: Callable[[Path], str] | None = None, over: Sequence[Path] = ()
) -> list[Image]:
    """The images that a compose project builds, those with an inline Dockerfile included.

    `over` are files that are laid over it, in place of its override. `read` gives a file's text in
    place of reading it from disk. Raises ConfigError for a file that cannot be read, is no YAML,
    or comes to more than the budget.
    """
    env = {**read_env_file(compose.parent / ".env"), **os.environ}
    interpolate = Interpolation(env)
    loader = _Loader(interpolate, read or _read)
    services: dict[str, dict[str, Any]] = {}
    try:
        for file in (compose, *over) if over else compose_files(compose):
            for name, service in loader.services(file).items():
                services[name] = loader.merge(services.get(name, {}), service)
    except ValueError as error:
        raise ConfigError(f"{compose}: {error}") from error
    found = []
    for name, service in services.items():
        try:
            found.append(_image(name, service, interpolate))
        except ValueError as error:  # a NUL byte in a path
            raise ConfigError(f"{compose}: service {name!r}: {error}") from error
    return [image for image in found if image]


class _Loader:
    """Reads compose files once each; a service's paths are made absolute where it is written."""

    def __init__(self, interpolate: Interpolation, read: Callable[[Path], str]) -> None:
        self._interpolate = interpolate
        self._read = read
        self._texts: dict[Path, dict[str, dict[str, Any]]] = {}
        self._copied = 0

    def services(self, file: Path, depth: int = 0) -> dict[str, dict[str, Any]]:
        """The services of a file with what they extend and what the file includes."""
        if file in self._texts:
            return self._texts[file]
        self._texts[file] = {}
        data = self._parsed(file)
        found: dict[str, dict[str, Any]] = {}
        if depth > _MAX_DEPTH or not isinstance(data, dict):
            return found
        includes = data.get("include")
        for included in includes if isinstance(includes, list) else ():
            paths = included.get("path") if isinstance(included, dict) else included
            for path in paths if isinstance(paths, list) else [paths]:
                other = file.parent / self._interpolate(str(path))
                if os.path.isfile(other):
                    included_services = self.services(other, depth + 1)
                    self._count(included_services)
                    found.update(included_services)
        services = data.get("services")
        for name, raw in services.items() if isinstance(services, dict) else ():
            if isinstance(raw, dict):
                found[str(name)] = self._service(raw, file)
        self._texts[file] = found
        for name, raw in services.items() if isinstance(services, dict) else ():
            if isinstance(raw, dict) and raw.get("extends"):
                found[str(name)] = self._extended(found, str(name), raw, file, depth)
        return found

    def _parsed(self, file: Path) -> Any:
        from imgopt.project.yaml import read_yaml  # PyYAML, which most runs do not need

        return read_yaml(self._read(file), file)

    def _count(self, *copied: Sized) -> None:
        """Services that extend and include each other must not multiply without end."""
        self._copied += sum(map(len, copied))
        if self._copied > _MAX_COPIED:
            raise ValueError("its includes and extends come to more than imgopt reads")

    def _service(self, raw: dict[str, Any], file: Path) -> dict[str, Any]:
        service = dict(raw)
        build = raw.get("build")
        if isinstance(build, str):
            build = {"context": build}
        if isinstance(build, dict):
            build = dict(build)
            build["_root"] = file.parent
            build["_file"] = file
            build["args"] = _mapping(build.get("args"))
            if build.get("context") is not None:
                build["context"] = self._absolute(str(build["context"]), file.parent)
        service["build"] = build
        return service

    def _absolute(self, written: str, root: Path) -> str:
        """A build context with its path made absolute; a URL stays one."""
        text = self._interpolate(written)
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
            path = file.parent / self._interpolate(str(extends["file"]))
            if not os.path.isfile(path):
                return known[name]
            source = self.services(path, depth + 1)
        base = source.get(other)
        return self.merge(base, known[name]) if base and base is not known[name] else known[name]

    def merge(self, base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
        """A service with another one laid over it, as far as its build and health check go."""
        merged = {**base, **{k: v for k, v in over.items() if v is not None}}
        self._count(merged)
        first, second = base.get("build"), over.get("build")
        if isinstance(first, dict) and isinstance(second, dict):
            args = {**first.get("args", {}), **second.get("args", {})}
            merged["build"] = {**first, **second, "_root": first["_root"], "args": args}
            self._count(merged["build"], args)
        return merged


def _image(name: str, service: dict[str, Any], interpolate: Interpolation) -> Image | None:
    build = service.get("build")
    if not isinstance(build, dict):
        return None
    root: Path = build["_root"]
    context_text = str(build.get("context") or root)
    if "://" in context_text or context_text.startswith("git@"):
        return None
    context = Path(os.path.realpath(context_text))
    written = interpolate(str(build.get("dockerfile") or "Dockerfile"))
    dockerfile = Path(os.path.realpath(context / written))
    inline = None
    written_inline = build.get("dockerfile_inline")
    if isinstance(written_inline, str):
        inline = _inline(written_inline, interpolate)
        dockerfile = build["_file"]
    args = {
        str(key): interpolate(_plain(value))
        for key, value in build.get("args", {}).items()
        if value is not None
    }
    return Image(
        name,
        context,
        dockerfile,
        interpolate(str(build.get("target") or "")),
        args,
        network=str(build.get("network") or ""),
        contexts=_named_contexts(build.get("additional_contexts"), root, interpolate),
        has_healthcheck=_has_healthcheck(service),
        inline=inline,
        tags=(interpolate(str(service["image"])),) if service.get("image") else (),
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


def _plain(value: Any) -> str:
    """A build argument's value as compose hands it on: a truth value is written small."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def absolute_context(value: str, root: Path) -> str:
    """A named context's value; a path becomes absolute."""
    return value if "://" in value or ":" in value else os.path.realpath(root / value)


def _named_contexts(raw: Any, root: Path, interpolate: Interpolation) -> dict[str, str]:
    """Compose's additional_contexts, a mapping or a list of NAME=VALUE."""
    return {str(k): absolute_context(interpolate(str(v)), root) for k, v in _mapping(raw).items()}


def _inline(written: str, interpolate: Interpolation) -> Inline:
    """The text of a `dockerfile_inline`; its place is known where it is a `|` text."""
    from imgopt.project.yaml import Text

    text = interpolate(str(written))
    if isinstance(written, Text) and written.literal:
        return Inline(text, written.line, written.column - 1)
    return Inline(text)


def _read(file: Path) -> str:
    data = read_regular(file, MAX_COMPOSE_BYTES)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: cannot be read ({error})") from error
