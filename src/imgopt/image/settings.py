"""What an image's configuration says of how it runs, setting by setting; secrets masked. Pure.

Source: OCI image-spec, config.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from imgopt.masking import MASK, is_secret, redacted

_LISTS = ("Entrypoint", "Cmd", "Shell")
_TEXTS = ("User", "WorkingDir", "StopSignal")
_SETS = ("ExposedPorts", "Volumes")
_LONGEST = 2000


def settings_of(config: Mapping[str, Any]) -> dict[str, str]:
    """The settings by name, such as `User`, `Env PATH` or `Label maintainer`."""
    return {name: text[:_LONGEST] for name, text in _settings(config)}


def _settings(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("os", "architecture"):
        if config.get(name):
            yield name, str(config[name])
    inner = config.get("config")
    if not isinstance(inner, dict):
        return
    for name in _TEXTS:
        if inner.get(name):
            yield name, str(inner[name])
    for name in _LISTS:
        if isinstance(inner.get(name), list):
            yield name, redacted(json.dumps(inner[name], ensure_ascii=False))
    for name in _SETS:
        if isinstance(inner.get(name), dict):
            yield name, ", ".join(sorted(map(str, inner[name])))
    if isinstance(inner.get("Healthcheck"), dict):
        yield "Healthcheck", redacted(json.dumps(inner["Healthcheck"], sort_keys=True))
    variables = inner.get("Env")
    for row in variables if isinstance(variables, list) else ():
        name, _, value = str(row).partition("=")
        yield f"Env {name}", _masked(name, value)
    labels = inner.get("Labels")
    for name, value in labels.items() if isinstance(labels, dict) else ():
        yield f"Label {name}", _masked(str(name), str(value))


def _masked(name: str, value: str) -> str:
    return MASK if is_secret(name, value) else redacted(value)
