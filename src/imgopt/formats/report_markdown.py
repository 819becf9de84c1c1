"""The report as Markdown, with the charts as files beside it."""

from __future__ import annotations

from imgopt.formats.escape import code_span, markdown
from imgopt.formats.registry import Options
from imgopt.formats.units import percent
from imgopt.report.document import Report
from imgopt.report.summary import ServiceTrend


def render(report: Report, _options: Options) -> dict[str, bytes]:
    """`report.md`, and the charts that it links to."""
    made = f"Made {report.made_at:%Y-%m-%d %H:%M} UTC by `imgopt report`."
    out = ["# Build trends", "", made, ""]
    if report.services:
        out += [f"![image size by commit]({report.image_size.file})", ""]
    for trend in report.services:
        out += [f"## {markdown(trend.service)}", ""]
        out += [f"![build time by commit]({report.build_times[trend.service].file})", ""]
        out += _table(trend)
    files = {picture.file: picture.png for picture in report.pictures}
    return {"report.md": "\n".join(out).encode("utf-8", errors="replace"), **files}


def _table(trend: ServiceTrend) -> list[str]:
    scenarios = [markdown(scenario) for scenario in trend.scenarios]
    head = ["commit", "date", "subject", *(f"{s} (s)" for s in scenarios), "image (MB)"]
    out = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for point in trend.points:
        times = [f"{point.times[s]:.2f}" if s in point.times else "–" for s in trend.scenarios]
        cells = [code_span(point.commit or "none"), point.date, markdown(point.subject), *times]
        out.append(f"| {' | '.join([*cells, f'{point.size_bytes / 1e6:.1f}'])} |")
    changes = [percent(trend.change(s)) for s in trend.scenarios]
    cells = ["**first to last**", "", "", *changes, percent(trend.size_change)]
    out += [f"| {' | '.join(cells)} |", ""]
    return [*out, markdown(" ".join(trend.notes)), ""] if trend.notes else out
