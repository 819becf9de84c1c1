"""Values of options as people write them: shares, durations, NAME=VALUE."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from imgopt import quantities
from imgopt.regex import lazy

_AGO = lazy(r"(\d{1,6})\s*(h|d|w)")
_SPANS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class Share(click.ParamType[float]):
    """`10%` or `0.1`."""

    name = "share"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        try:
            return quantities.share(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Seconds(click.ParamType[float]):
    """`90`, `90s`, `10m`, `1h`."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        try:
            return quantities.duration_s(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Since(click.ParamType[datetime]):
    """A time before now (`8w`, `30d`, `12h`) or a date (`2026-01-31`), as an aware time."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        try:
            if match := _AGO.fullmatch(text):
                return datetime.now(UTC) - int(match[1]) * _SPANS[match[2]]
            found = datetime.fromisoformat(text)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time; write 8w, 30d, 12h or 2026-01-31", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


class Bandwidth(click.ParamType[float]):
    """`100Mbit`, `1Gbit`, `12MB`, with or without `/s`: bytes a second."""

    name = "bandwidth"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        try:
            return quantities.bandwidth(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def build_args(items: tuple[str, ...]) -> dict[str, str]:
    """NAME=VALUE, or NAME for what the environment has, as in `docker build --build-arg`."""
    found: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if equals:
            found[name] = value
        elif name in os.environ:
            found[name] = os.environ[name]
    return found


class Moment(click.ParamType[datetime]):
    """A point in time, `2026-01-31T12:00:00Z`, in UTC unless it has an offset, as an aware time."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(str(value).strip())
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time; write 2026-01-31T12:00:00Z", param, ctx)
