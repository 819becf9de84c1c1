"""Where a history is: a database's URL, read, and as messages may show it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import sqlalchemy as sa

from imgopt.errors import HistoryError
from imgopt.masking import MASK, redacted

# Parameters of a URL in which no password stands.
_HARMLESS = frozenset({"cache", "connect_timeout", "mode", "sslmode", "timeout", "uri"})
_ENCODE = "in a user name or password, write @ as %40, : as %3A and / as %2F"


class Address(msgspec.Struct, frozen=True):
    """A database; `file` is where SQLite keeps it, None where that is no plain path."""

    url: sa.URL
    file: Path | None

    @property
    def shown(self) -> str:
        """The URL without its password, and without the values of what may be another one."""
        plain = self.url.set(query={})
        text = plain.render_as_string(hide_password=True)
        if self.url.get_backend_name() == "sqlite":
            text = f"{self.url.drivername}:///{self.url.database}"  # nothing to quote for reading
        parts = [f"{name}={value}" for name, value in _parameters(self.url, secret=False)]
        parts += [f"{name}={MASK}" for name, _ in _parameters(self.url, secret=True)]
        return f"{text}?{'&'.join(parts)}" if parts else text

    def redacted(self, text: str) -> str:
        """A driver's message without what `shown` hides."""
        hidden = [value for _, value in _parameters(self.url, secret=True)]
        return redacted(text, [*hidden, *([str(self.url.password)] if self.url.password else [])])


def address(text: str) -> Address:
    """Read a URL; HistoryError for what is none, and for one that keeps nothing."""
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise _no_url(text, "use one such as sqlite:///history.db") from error
    if "@" in f"{url.username or ''}{url.host or ''}":
        raise _no_url(text, "it has more than one @")
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite":
        return Address(url, None)
    if url.host:
        raise _no_url(text, f"a file has three slashes, sqlite:///{url.host}")
    return Address(url, _file(url))


def _file(url: sa.URL) -> Path | None:
    name = url.database or ""
    in_memory = url.query.get("mode") == "memory" or name.startswith("file::memory:")
    if in_memory or name in ("", ":memory:"):
        raise HistoryError(
            f"{url.drivername}:// without a file is a database in memory, which would lose the "
            "records; name a file: sqlite:///PATH"
        )
    return None if name.startswith("file:") else Path(name)


def _parameters(url: sa.URL, secret: bool) -> Iterator[tuple[str, str]]:
    for name, values in url.query.items():
        if (name not in _HARMLESS) == secret:
            for value in (values,) if isinstance(values, str) else values:
                yield name, value


def _no_url(text: str, reason: str) -> HistoryError:
    """Of a text that may hold a password, only its scheme is shown."""
    scheme, is_url, rest = text.partition("://")
    if not is_url and "@" not in text:
        return HistoryError(f"{text!r} is not a database URL; {reason}")
    shown = f"{scheme}://{'…' if rest else ''}" if is_url else "the history"
    hint = f"; {_ENCODE}" if "@" in text else ""
    return HistoryError(f"{shown} is not a database URL: {reason}{hint}")
