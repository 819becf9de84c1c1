"""Two images' differences as Markdown, for a pull request."""

from __future__ import annotations

from imgopt.formats.escape import code_span
from imgopt.formats.registry import Options
from imgopt.formats.tables import differences
from imgopt.formats.units import megabytes
from imgopt.records.image_diff import SAME, ImageDiff


def render(found: ImageDiff, options: Options) -> str:
    """A comment that stands by itself: the sizes and the pull first."""
    out = ["### imgopt diff", "",
           f"{code_span(found.old.name)} → {code_span(found.new.name)}: "
           f"{differences.headline(found)}"]  # fmt: skip
    changed = [layer for layer in found.layers if layer.status != SAME]
    if changed:
        out += ["", "| layer | status | size | change | pull | line | instruction |",
                "|---|---|--:|--:|--:|--:|---|"]  # fmt: skip
        out += [
            f"| {differences.places(layer)} "
            f"| {'same files' if layer.only_times else layer.status} "
            f"| {megabytes(layer.new_bytes or layer.old_bytes)} "
            f"| {differences.change(layer.old_bytes, layer.new_bytes)} "
            f"| {megabytes(layer.pull_bytes) if layer.pull_bytes else '–'} "
            f"| {layer.line or '–'} | {code_span(layer.instruction[:120])} |"
            for layer in changed
        ]
    if found.packages:
        out += ["", "| package | change | version | size |", "|---|---|---|--:|"]
        out += [
            f"| {code_span(package.name)} ({package.ecosystem}) | {package.change} "
            f"| {code_span(differences.versions(package))} "
            f"| {differences.change(package.old_bytes, package.new_bytes)} |"
            for package in found.packages[: options.top]
        ]
        if len(found.packages) > options.top:
            out += ["", f"and {len(found.packages) - options.top} more packages"]
    if found.settings:
        out += ["", "| setting | old | new |", "|---|---|---|"]
        out += [
            f"| {code_span(s.name)} | {_shown(s.old)} | {_shown(s.new)} |" for s in found.settings
        ]
    counts = [f"{count} {name}" for name, count in sorted(found.file_counts.items())]
    if counts:
        out += ["", f"Files: {', '.join(counts)}."]
    return "\n".join(out) + "\n"


def _shown(value: str | None) -> str:
    return "–" if value is None else code_span(value[:200])
