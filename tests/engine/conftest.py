"""Fixtures of the engine tests; they live in engine_fixtures.py, where tests can import from.

Tests compare what an engine holds before and after, so those of one engine run one after the other,
and those of different engines beside each other.
"""

from __future__ import annotations

import pytest
from engine_fixtures import (
    default_engine,
    engine,
    has_spare,
    old_engine,
    project,
    spare_engine,
    unchanged,
)

__all__ = ["default_engine", "engine", "old_engine", "project", "spare_engine", "unchanged"]


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("engine"):
            item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    """The engine that a test uses."""
    names = getattr(item, "fixturenames", ())
    parameters = getattr(item, "callspec", None)
    store = parameters.params.get("engine", "") if parameters else ""
    if "old_engine" in names:
        return "old"
    if store == "classic" or "classic" in item.keywords:
        return "classic"
    return "spare" if "spare_engine" in names and has_spare() else "default"
