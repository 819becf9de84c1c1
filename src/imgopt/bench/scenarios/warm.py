"""What was built before is built again, unchanged."""

from __future__ import annotations

from imgopt.bench.variation import Scenario, Start


class Warm(Scenario):
    """Nothing has changed since the last build."""

    name = "warm"
    order = 20
    is_usual = True
    start = Start.BUILDER


SCENARIO = Warm()
