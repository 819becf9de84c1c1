"""The charts of a report as PNG files."""

from __future__ import annotations

from imgopt.formats.registry import Options
from imgopt.report import gallery, pictures
from imgopt.report.model import ReportData


def render(report: ReportData, _options: Options) -> dict[str, bytes]:
    """Build time and image size of each service."""
    return {
        f"{picture.file}.png": pictures.png(picture.chart)
        for picture in gallery.pictures_of(report)
    }
