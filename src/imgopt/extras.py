"""The extras of pyproject.toml: which modules each brings, and what to say when one is missing.

Whoever only lints installs little: `bench` and `report` need packages of some hundred megabytes.
"""

from __future__ import annotations

from imgopt.errors import ConfigError

# Extra → what it brings, by the names that are imported.
MODULES = {
    "bench": (
        "alembic",
        "cyclonedx",
        "docker",
        "google.protobuf",
        "isal",
        "numpy",
        "packageurl",
        "requests",
        "scipy",
        "sqlalchemy",
        "urllib3",
        "zstandard",
    ),
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
    return all(map(_is_found, MODULES[extra])) and all(map(is_installed, _INCLUDED.get(extra, ())))


def _is_found(module: str) -> bool:
    """Whether a package is there: a mere folder of that name in the working directory is none."""
    from importlib.util import find_spec

    try:
        spec = find_spec(module)
    except ModuleNotFoundError:  # what it is a part of is not there
        return False
    return spec is not None and spec.origin is not None


def extra_of(module: str) -> str | None:
    """The extra that brings a module (`docker.errors` is of `docker`); None for all others."""
    return next(
        (extra for extra, all_ in MODULES.items() if any(_brings(one, module) for one in all_)),
        None,
    )


def _brings(brought: str, module: str) -> bool:
    """Whether one is the other or lies inside it: without google.protobuf, google is missing."""
    return f"{module}.".startswith(f"{brought}.") or brought.startswith(f"{module}.")
