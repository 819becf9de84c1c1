"""Docker contexts: which one is in use, where its engine is, and its certificates."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from imgopt.errors import EngineError

if TYPE_CHECKING:
    from docker.tls import TLSConfig

_INSPECT_S = 20


class Context(msgspec.Struct, frozen=True):
    """A context's engine; `tls` is None without certificates."""

    host: str
    tls: TLSConfig | None


def current() -> str:
    """The name of the context in use; empty for the default one."""
    from docker.context.config import get_current_context_name

    name = os.environ.get("DOCKER_CONTEXT") or get_current_context_name()
    return "" if name in (None, "default") else str(name)


def find(name: str) -> Context:
    """A context by its name; EngineError for one that is not there or is damaged."""
    from docker.context import ContextAPI
    from docker.utils.config import find_config_file

    # Without a config.json the SDK looks for contexts in the current directory.
    if Path(find_config_file() or "").parent != folder():
        return _inspected(name)
    try:
        found = ContextAPI.get_context(name)
    except Exception as error:  # the SDK raises plain ones
        raise EngineError(f"docker context {name} cannot be read: {error}") from error
    if found is None:
        raise _unknown(name)
    return Context(found.Host or "", found.TLSConfig)


def folder() -> Path:
    """Where the `docker` command line keeps its configuration."""
    from docker.utils.config import home_dir

    return Path(os.environ.get("DOCKER_CONFIG") or Path(home_dir(), ".docker"))


def _inspected(name: str) -> Context:
    from docker.tls import TLSConfig

    try:
        done = subprocess.run(
            ["docker", "context", "inspect", "--", name],
            capture_output=True,
            timeout=_INSPECT_S,
            check=True,
        )
        data: dict[str, Any] = json.loads(done.stdout)[0]
        engine = data["Endpoints"]["docker"]
        kept = Path(data["Storage"]["TLSPath"], "docker")
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError) as error:
        raise _unknown(name) from error
    names = [kept / f"{part}.pem" for part in ("ca", "cert", "key")]
    if not all(file.is_file() for file in names):
        return Context(engine["Host"], None)
    authority, certificate, key = map(str, names)
    verify = not engine.get("SkipTLSVerify")
    return Context(engine["Host"], TLSConfig((certificate, key), authority, verify))


def _unknown(name: str) -> EngineError:
    return EngineError(f"there is no docker context {name!r}; list them with `docker context ls`")
