"""An empty builder imports a cache, as a CI runner does, and nothing has changed."""

from __future__ import annotations

from imgopt.bench.variation import Scenario, Start


class Ci(Scenario):
    """The builder is emptied before each sample."""

    name = "ci"
    order = 60
    is_usual = False
    start = Start.CACHE


SCENARIO = Ci()
