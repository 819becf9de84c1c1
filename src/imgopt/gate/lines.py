"""Which Dockerfile line is behind a number: of an image's bytes, of a build's seconds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from imgopt.bench.compare import LineComparison
from imgopt.bench.stats import summarise
from imgopt.bench.tables import step_text
from imgopt.gate.result import LineSize, SizeChange
from imgopt.records.build import BuildRecord
from imgopt.report.budgets import Cost

_LONGEST = 200


def line_texts(record: BuildRecord) -> dict[int, str]:
    """Line → its instruction, as the record has it; secrets are masked there."""
    found = {s.line: step_text(s.name, s.line) for s in reversed(record.steps) if s.line}
    for inputs in record.inputs:
        text = f"FROM {inputs.text}" if inputs.instruction == "FROM" else inputs.text
        found[inputs.line] = " ".join(text.split())
    return {line: text[:_LONGEST] for line, text in found.items()}


def layer_costs(record: BuildRecord) -> list[Cost]:
    """The bytes of each line's layers in the order of the image; those of the base image count
    for its FROM, where the record tells which that is."""
    texts = line_texts(record)
    from_ = _from_line(record)
    sizes: dict[tuple[int, str], int] = {}
    for layer in record.image.layers:
        line = layer.line or from_
        text = texts.get(line) or layer.instruction or "the base image"
        sizes[line, text] = sizes.get((line, text), 0) + layer.size_bytes
    return [Cost(line, text, size) for (line, text), size in sizes.items()]


def biggest_line(record: BuildRecord) -> Cost | None:
    """The line with most bytes of the image."""
    return max(layer_costs(record), key=lambda cost: cost.value, default=None)


def slowest_line(records: Sequence[BuildRecord]) -> Cost | None:
    """The line that took longest in the median of the samples."""
    seconds: dict[int, list[float]] = {}
    for record in records:
        spent: dict[int, float] = {}
        for step in record.steps:
            if step.line:
                spent[step.line] = spent.get(step.line, 0.0) + step.duration_s
        for line, value in spent.items():
            seconds.setdefault(line, []).append(value)
    if not seconds:
        return None
    medians = {line: summarise(values).median for line, values in seconds.items()}
    line = max(medians, key=lambda number: medians[number])
    return Cost(line, line_texts(records[-1]).get(line, ""), medians[line])


def slower_line(lines: Sequence[LineComparison]) -> Cost | None:
    """The line of a comparison that takes most more than in the base."""
    costs = [Cost(x.line, x.text, (x.b_s or 0.0) - (x.a_s or 0.0)) for x in lines]
    worst = max(costs, key=lambda cost: cost.value, default=None)
    return worst if worst is not None and worst.value > 0 else None


def grown_line(change: SizeChange) -> Cost | None:
    """The line that added most bytes."""
    worst = max(change.lines, key=lambda line: line.delta, default=None)
    if worst is None or worst.delta <= 0:
        return None
    return Cost(worst.line, worst.text, worst.delta)


def size_change(a: Mapping[str, BuildRecord], b: Mapping[str, BuildRecord]) -> SizeChange | None:
    """The images of the base and of the change from their last samples by scenario; None where no
    scenario has both.

    What a node pulls is told by the scenario in which most layers are shared: builds without a
    cache make the same layers anew, with other digests.
    """
    common = [name for name in b if name in a]
    if not common:
        return None
    pulls = [p for name in common if (p := _pulled(a[name], b[name])) is not None]
    plain = [name for name in common if not b[name].edited]  # as the files are, without a mark
    old, new = a[(plain or common)[-1]], b[(plain or common)[-1]]
    size, layers = min(pulls, default=(None, 0))
    lines = tuple(_aligned(layer_costs(old), layer_costs(new)))
    return SizeChange(old.image.size_bytes, new.image.size_bytes, lines, size, layers)


def _pulled(a: BuildRecord, b: BuildRecord) -> tuple[int, int] | None:
    """(bytes, number) of B's layers that A lacks; None where the builds had no cache in common."""
    if b.cache_hits == 0 or not all(layer.digest for layer in (*a.image.layers, *b.image.layers)):
        return None
    known = {layer.digest for layer in a.image.layers}
    new = {x.digest: x.size_bytes for x in b.image.layers if x.digest not in known}
    return sum(new.values()), len(new)


def _aligned(old: Sequence[Cost], new: Sequence[Cost]) -> list[LineSize]:
    """Lines of both by their text; a changed line beside the one in its place that does the same
    kind of thing."""
    matcher = SequenceMatcher(
        None, [cost.text for cost in old], [cost.text for cost in new], autojunk=False
    )
    found: list[LineSize] = []
    for _, a_start, a_end, b_start, b_end in matcher.get_opcodes():
        gone = list(old[a_start:a_end])
        for cost in new[b_start:b_end]:
            twin = next((one for one in gone if _keyword(one) == _keyword(cost)), None)
            if twin is not None:
                gone.remove(twin)
            before = round(twin.value) if twin is not None else None
            found.append(LineSize(cost.line, cost.text, before, round(cost.value)))
        found += [LineSize(cost.line, cost.text, round(cost.value), None) for cost in gone]
    return found


def _keyword(cost: Cost) -> str:
    return cost.text.partition(" ")[0]


def _from_line(record: BuildRecord) -> int:
    """The FROM of the stage that was built last; 0 where that stage starts from another one."""
    if not record.inputs:
        return 0
    stage = record.inputs[-1].stage
    lines = (s.line for s in record.inputs if s.instruction == "FROM" and s.stage == stage)
    return next(lines, 0)
