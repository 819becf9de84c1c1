"""The price of every Dockerfile line, scenario by scenario. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from imgopt.bench.stats import summarise
from imgopt.bench.tables import grouped
from imgopt.records.build import BuildRecord

# Work that belongs to no line, by how its step's name begins, in the order of a build.
_OTHERS = (
    ("load the Dockerfile", ("[internal] load build definition", "[internal] load .dockerignore")),
    ("base image metadata", ("[internal] load metadata",)),
    ("build context transfer", ("[internal] load build context",)),
    ("cache import", ("importing cache",)),
    ("cache export", ("exporting cache",)),
    ("export", ("exporting",)),
    ("load into the engine", ("loading", "importing to docker", "sending tarball", "unpacking")),
)


class Price(msgspec.Struct, frozen=True):
    """Median seconds in one scenario; `cached` when the last sample had it from the cache,
    `critical` when the end of the last build waited for it."""

    seconds: float
    cached: bool
    critical: bool


class AnnotatedLine(msgspec.Struct, frozen=True):
    """A line, 0 for what belongs to none: its layer's bytes and its price in each scenario."""

    line: int
    text: str
    size_bytes: int
    prices: dict[str, Price]


class Annotation(msgspec.Struct, frozen=True):
    """A service's Dockerfile with prices; `scenarios` in the order in which they ran."""

    service: str
    scenarios: tuple[str, ...]
    lines: tuple[AnnotatedLine, ...]
    others: tuple[AnnotatedLine, ...]


def annotate(records: Sequence[BuildRecord], service: str, text: str) -> Annotation:
    """The prices of one service's records on the lines of its Dockerfile."""
    groups = {s: g for (name, s), g in grouped(records).items() if name == service}
    by_line: dict[int, dict[str, Price]] = {}
    others: dict[str, dict[str, Price]] = {}
    for scenario, group in groups.items():
        for key, price in _prices(group).items():
            if isinstance(key, int):
                by_line.setdefault(key, {})[scenario] = price
            else:
                others.setdefault(key, {})[scenario] = price
        idle = summarise([max(r.duration_s - r.critical_path_s, 0.0) for r in group]).median
        others.setdefault("between the steps", {})[scenario] = Price(idle, False, True)
    sizes: dict[int, int] = {}
    for group in groups.values():
        sizes = {}
        for layer in group[-1].image.layers:
            sizes[layer.line] = sizes.get(layer.line, 0) + layer.size_bytes
    order = [name for name, _ in _OTHERS]
    names = sorted(others, key=lambda n: order.index(n) if n in order else len(order))
    return Annotation(
        service,
        tuple(groups),
        tuple(
            AnnotatedLine(number, line, sizes.get(number, 0), by_line.get(number, {}))
            for number, line in enumerate(text.splitlines(), 1)
        ),
        tuple(AnnotatedLine(0, name, 0, others[name]) for name in names),
    )


def _prices(group: Sequence[BuildRecord]) -> dict[int | str, Price]:
    seconds: dict[int | str, list[float]] = {}
    last: dict[int | str, Price] = {}
    for record in group:
        spent: dict[int | str, Price] = {}
        for step in record.steps:
            key = step.line or _other(step.name)
            before = spent.get(key)
            spent[key] = Price(
                (before.seconds if before else 0.0) + step.duration_s,
                step.cached and (before is None or before.cached),
                step.critical or (before is not None and before.critical),
            )
        for key, price in spent.items():
            seconds.setdefault(key, []).append(price.seconds)
        last = spent
    return {
        key: Price(
            summarise(values).median,
            last[key].cached if key in last else False,
            last[key].critical if key in last else False,
        )
        for key, values in seconds.items()
    }


def _other(name: str) -> str:
    for shown, beginnings in _OTHERS:
        if name.startswith(beginnings):
            return shown
    return "other steps"
