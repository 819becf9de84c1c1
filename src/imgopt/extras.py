"""The extras of pyproject.toml: which modules each brings, and what to say when one is missing.

Whoever only lints installs little: `bench` and `report` need packages of some hundred megabytes.
"""

from __future__ import annotations

from imgopt.errors import ConfigError

# Extra → what it brings, by the names that are imported.
MODULES = {
    "bench": ("docker", "numpy", "requests", "scipy", "sqlalchemy", "urllib3"),
    "report": ("jinja2", "matplotlib", "pandas"),
    "postgres": ("psycopg",),
}
# Extra → the extras that it includes.
_INCLUDED = {"report": ("bench",)}


class MissingExtra(ConfigError):
    """A command needs an extra that is not installed; the message says how to install it."""

    def __init__(self, who: str, extra: str) -> None:
        super().__init__(f"{who} needs more packages: pip install 'imgopt[{extra}]'")


def is_installed(extra: str) -> bool:
    """Whether all modules of an extra can be found; imports none of them."""
    from importlib.util import find_spec

    modules = MODULES[extra]
    included = _INCLUDED.get(extra, ())
    return all(find_spec(name) for name in modules) and all(map(is_installed, included))


def extra_of(module: str) -> str | None:
    """The extra that brings a module (`docker.errors` is of `docker`); None for all others."""
    package = module.partition(".")[0]
    return next((extra for extra, brought in MODULES.items() if package in brought), None)
