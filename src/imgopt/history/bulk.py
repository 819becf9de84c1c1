"""Many rows into a table at once, by what is fastest on each database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain

import sqlalchemy as sa

from imgopt.history.rowing import Row
from imgopt.history.tables import Moment

_VALUES = 250  # of one statement: SQLite takes 999 and more


def insert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert rows, each with all columns of the table in their order."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
    else:
        _execute_many(connection, table, rows)


def _names(connection: sa.Connection, table: sa.Table) -> tuple[str, str]:
    quote = connection.dialect.identifier_preparer.quote
    return quote(table.name), ", ".join(quote(column.name) for column in table.columns)


def _execute_many(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    name, columns = _names(connection, table)
    moments = [at for at, column in enumerate(table.columns) if isinstance(column.type, Moment)]
    if moments:
        rows = [_with_texts(row, moments) for row in rows]
    # A statement for many rows takes a third less than one for each.
    many = max(1, _VALUES // len(table.columns))
    whole = len(rows) - len(rows) % many
    for part, size in ((rows[:whole], many), (rows[whole:], 1)):
        if part:
            place = f"({', '.join('?' * len(table.columns))})"
            statement = f"INSERT INTO {name} ({columns}) VALUES {', '.join([place] * size)}"
            values = [_flat(part[at : at + size]) for at in range(0, len(part), size)]
            connection.exec_driver_sql(statement, values)


def _flat(rows: Sequence[Row]) -> Row:
    return tuple(chain.from_iterable(rows))


def _with_texts(row: Row, moments: Sequence[int]) -> Row:
    """The row with its times as SQLAlchemy writes them for SQLite."""
    values = list(row)
    for at in moments:
        if isinstance(moment := values[at], datetime):
            plain = moment.astimezone(UTC).replace(tzinfo=None)
            values[at] = plain.isoformat(" ", "microseconds")
    return tuple(values)


def _copy(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    name, columns = _names(connection, table)
    driver = connection.connection.driver_connection
    if driver is None:
        raise sa.exc.InvalidRequestError("the connection to the database is closed")
    with driver.cursor() as cursor, cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
