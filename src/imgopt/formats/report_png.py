"""The charts of a report as PNG files."""

from __future__ import annotations

from imgopt.formats.registry import Options
from imgopt.report.document import Report


def render(report: Report, _options: Options) -> dict[str, bytes]:
    """Image size of all services, and build time of each."""
    return {picture.file: picture.png for picture in report.pictures}
