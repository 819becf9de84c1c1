"""Everything is built: no cache, and cache mounts in an empty space of their own."""

from __future__ import annotations

from imgopt.bench.variation import Scenario, Start


class Cold(Scenario):
    """`--no-cache`; base images stay pulled."""

    name = "cold"
    order = 10
    is_usual = True
    start = Start.NOTHING


SCENARIO = Cold()
