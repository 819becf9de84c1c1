"""`imgopt report`."""

from __future__ import annotations

import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from imgopt import config as configuration
from imgopt.errors import ConfigError
from imgopt.history.store import History, default_url


@click.command("report")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), default=Path("reports"), show_default=True
)
@click.option("--history", metavar="URL", help="Database.  [default: .imgopt/history.db]")
@click.option("--service", "services", multiple=True, help="Only these services.")
@click.option("--config", type=click.Path(path_type=Path, exists=True), help="Configuration file.")
def command(
    output: Path, history: str | None, services: tuple[str, ...], config: Path | None
) -> None:
    """Draw image size and build time by commit into a folder: HTML, Markdown and PNG."""
    settings = configuration.load(Path.cwd(), config)
    store = History(history or settings.settings.history.url or default_url(settings.root))
    records = [r for r in store.records() if not services or r.service in services]
    store.close()
    from imgopt.report import charts, html, markdown, summary, trends

    frame = trends.points(records)
    if frame.empty:
        raise ConfigError("the history holds no records for this report; run `imgopt bench` first")
    found = summary.trends(frame)
    pictures = {"size": charts.render(charts.image_size(frame))}
    files = {"size": "image-size.png"}
    for trend in found:
        pictures[trend.service] = charts.render(charts.build_time(frame, trend.service))
        files[trend.service] = f"build-time-{_file_name(trend.service)}.png"
    now = datetime.now(UTC)
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, data in pictures.items():
            _write(output / files[name], data)
        _write(output / "report.md", markdown.render(found, files, now).encode())
        _write(output / "report.html", html.render(found, pictures, now).encode())
    except OSError as error:
        raise ConfigError(
            f"cannot write to {output}: {error.strerror}; name another with -o"
        ) from error
    click.echo(f"{output / 'report.html'}\n{output / 'report.md'}")


def _file_name(service: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", service)[:80]


def _write(path: Path, data: bytes) -> None:
    """All of the file or nothing: a reader never meets half of it."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".imgopt-", delete=False) as part:
        try:
            part.write(data)
            part.flush()
            Path(part.name).chmod(0o666 & ~_umask())
            Path(part.name).replace(path)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
