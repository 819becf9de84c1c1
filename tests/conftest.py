"""Engine tests are skipped, with the reason, where no engine can be had."""

from __future__ import annotations

import os

import pytest
from engine_fixtures import engine_problem


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = [item for item in items if item.get_closest_marker("engine")]
    if not wanted:
        return
    problem = engine_problem()
    if problem and os.environ.get("IMGOPT_REQUIRE_ENGINE"):
        raise pytest.UsageError(f"engine tests must run here, but: {problem}")
    for item in wanted:
        if problem:
            item.add_marker(pytest.mark.skip(reason=f"no engine: {problem}"))
