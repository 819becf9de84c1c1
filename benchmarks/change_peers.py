"""What others find: reads series as JSON from stdin, writes the places and the seconds it took.

Runs in the environment that `make change-points` gives the peers; see change_points.py.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable

import numpy as np
import ruptures
from otava.series import AnalysisOptions, Metric, Series


def otava(values: list[float]) -> list[int]:
    """Apache Otava as it comes: window 50, p 0.001."""
    series = Series(
        "series", None, list(range(len(values))), {"time": Metric(1, 1.0)}, {"time": values}, {}
    )
    return [int(point.index) for point in series.analyze(AnalysisOptions()).change_points["time"]]


def kernel_cpd(values: list[float]) -> list[int]:
    """ruptures' KernelCPD with a linear kernel on logs, in units of the noise that the
    differences of neighbours tell, penalty 3 ln n."""
    logs = np.log(values)
    steps = np.diff(logs)
    noise = 1.4826 * float(np.median(np.abs(steps - np.median(steps)))) / math.sqrt(2)
    scaled = (logs / max(noise, 1e-9)).reshape(-1, 1)
    found = ruptures.KernelCPD(kernel="linear", min_size=2).fit(scaled)
    return [int(place) for place in found.predict(pen=3 * math.log(len(values)))[:-1]]


def main() -> None:
    batches: list[list[list[float]]] = json.load(sys.stdin)
    finders: dict[str, Callable[[list[float]], list[int]]] = {
        "Otava": otava,
        "KernelCPD": kernel_cpd,
    }
    found = {}
    for name, find in finders.items():
        answers = []
        for batch in batches:
            start = time.perf_counter()
            places = [find(values) if len(values) > 3 else [] for values in batch]
            answers.append({"places": places, "seconds": time.perf_counter() - start})
        found[name] = answers
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
