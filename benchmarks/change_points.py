"""How well change points are found, beside Apache Otava and ruptures: `make change-points`.

All get the same series. Where commits have several samples, imgopt gets the samples and the peers
their medians, which is all that they take; those tables say so. The peers are in an environment
of their own (Otava needs the clients of databases), whose Python is the argument.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from change_series import DELAYED, DESIGN, MORE, QUIET, SAMPLED, SAMPLED_QUIET, SIDE, Array, Case

from imgopt.report.changes_level import steps

SEEDS = (101, 202, 303, 404, 505)
SERIES = 60  # of each seed
QUIET_POINTS = 24_000  # of each seed: what false alarms are counted on
LONGEST_DELAY = 15
US = "imgopt"


class Answer(NamedTuple):
    """The places that were found in each series of a batch, and the seconds for all of them."""

    places: list[list[int]]
    seconds: float


def main() -> None:
    peers = Path(sys.argv[1])
    cases = [*DESIGN, *MORE, *SAMPLED]
    quiet = [*QUIET, *SAMPLED_QUIET]
    batches = [_series(case, SERIES) for case in cases]
    batches += [_series(case, _quiet_count(case)) for case in quiet]
    batches += [_prefixes(case) for case in DELAYED]
    found = _all_answers(peers, batches)
    ends = len(cases), len(cases) + len(quiet)
    recall = {
        name: [_recall(*pair, batch) for *pair, batch in zip(cases, answers, batches, strict=False)]
        for name, answers in found.items()
    }
    alarms = {
        name: [
            500 * sum(map(len, answer.places)) / sum(map(len, batch))
            for answer, batch in zip(answers[ends[0] : ends[1]], batches[ends[0] :], strict=False)
        ]
        for name, answers in found.items()
    }
    delay = {name: list(map(_delay, answers[ends[1] :])) for name, answers in found.items()}
    count = f"{len(SEEDS)} seeds of {SERIES} series"
    _table(f"found of the steps within 5 commits ({SIDE} a side; {count})", DESIGN, recall)
    rest = {name: values[len(DESIGN) :] for name, values in recall.items()}
    _table("the same for other series (and back: within 2 commits)", MORE, rest)
    rest = {name: values[len(MORE) :] for name, values in rest.items()}
    _table("the same, imgopt with 5 samples a commit, the peers with their medians", SAMPLED, rest)
    _table("false alarms a 500 points", QUIET, alarms)
    rest = {name: values[len(QUIET) :] for name, values in alarms.items()}
    _table("the same, imgopt with samples, the peers with medians", SAMPLED_QUIET, rest)
    title = f"commits until a step is seen (median; {LONGEST_DELAY}: or later)"
    _table(title, DELAYED, delay)
    print("| time a series of 60 points | " + " | ".join(found) + " |")
    print("|---|" + "---|" * len(found))
    times = [f"{_milliseconds(answers[: len(DESIGN)]):.1f} ms" for answers in found.values()]
    print("| |" + " | ".join(times) + " |")


def _series(case: Case, count: int) -> list[Array]:
    """`count` series of each seed, without the commits that were not built."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        found += [case.make(rng) for _ in range(count)]
    return found


def _quiet_count(case: Case) -> int:
    return QUIET_POINTS // len(case.make(np.random.default_rng(0)))


def _prefixes(case: Case) -> list[Array]:
    """Each series as it is known after each of the first commits with the step."""
    return [
        series[: SIDE + later]
        for series in _series(case, SERIES // 2)
        for later in range(1, LONGEST_DELAY)
    ]


def _all_answers(peers: Path, batches: Sequence[Sequence[Array]]) -> dict[str, list[Answer]]:
    built = [[_built(series) for series in batch] for batch in batches]
    ours = []
    for batch in built:
        lists = [series.tolist() for series in batch]
        start = time.perf_counter()
        places = [[step.index for step in steps(series)] for series in lists]
        ours.append(Answer(places, time.perf_counter() - start))
    medians = [[np.median(series, axis=1).tolist() for series in batch] for batch in built]
    worker = Path(__file__).with_name("change_peers.py")
    done = subprocess.run(
        [peers, worker], input=json.dumps(medians), stdout=subprocess.PIPE, text=True, check=True
    )
    found = {US: ours}
    for name, answers in json.loads(done.stdout).items():
        found[name] = [Answer(answer["places"], answer["seconds"]) for answer in answers]
    return found


def _built(series: Array) -> Array:
    return series[~np.isnan(series).any(axis=1)]


def _recall(case: Case, answer: Answer, batch: Sequence[Array]) -> float:
    """The share of steps for which a place of its own was found near enough."""
    hits = 0
    for places, series in zip(answer.places, batch, strict=True):
        commits = np.flatnonzero(~np.isnan(series).any(axis=1))
        left = [int(commits[place]) for place in places]
        for truth in case.truth:
            nearest = min(left, key=lambda place: abs(place - truth), default=None)
            if nearest is not None and abs(nearest - truth) <= case.near:
                left.remove(nearest)
                hits += 1
    return hits / len(batch) / len(case.truth)


def _delay(answer: Answer) -> float:
    """The median number of commits with the step until one near it is found."""
    found = []
    for start in range(0, len(answer.places), LONGEST_DELAY - 1):
        seen = answer.places[start : start + LONGEST_DELAY - 1]
        near = (n for n, some in enumerate(seen, 1) if any(abs(p - SIDE) <= 5 for p in some))
        found.append(next(near, LONGEST_DELAY))
    return float(np.median(found))


def _milliseconds(answers: Sequence[Answer]) -> float:
    count = sum(len(answer.places) for answer in answers)
    return 1000 * sum(answer.seconds for answer in answers) / count


def _table(title: str, cases: Sequence[Case], values: dict[str, list[float]]) -> None:
    print(f"| {title} | {' | '.join(values)} |")
    print("|---|" + "---|" * len(values))
    for number, case in enumerate(cases):
        row = " | ".join(f"{of[number]:.2f}" for of in values.values())
        print(f"| {case.name} | {row} |")
    print()


if __name__ == "__main__":
    main()
