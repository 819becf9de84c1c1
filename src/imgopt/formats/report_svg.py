"""The charts of a report as SVG files."""

from __future__ import annotations

from imgopt.formats.registry import Options
from imgopt.report import gallery, pictures
from imgopt.report.model import ReportData


def render(report: ReportData, _options: Options) -> dict[str, bytes]:
    """Build time and image size of each service, light or dark as the reader's system is."""
    return {
        f"{picture.file}.svg": pictures.svg_file(picture.chart)
        for picture in gallery.pictures_of(report)
    }
