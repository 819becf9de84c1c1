"""Engine tests are skipped, with the reason, where no engine can be had."""

from __future__ import annotations

import os

import pytest
from engine_fixtures import engine_problem
from hypothesis import settings

# How long an example takes is the machine's affair.
settings.register_profile("imgopt", deadline=None)
settings.load_profile("imgopt")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("engine") is None:
        return
    problem = engine_problem()
    if problem and os.environ.get("IMGOPT_REQUIRE_ENGINE"):
        pytest.fail(f"engine tests must run here, but: {problem}", pytrace=False)
    if problem:
        pytest.skip(f"no engine: {problem}")
