"""Writing many rows at once: COPY on PostgreSQL, the driver's executemany on SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Date
from sqlalchemy.util import await_only

from jcbot.storage.faults import translate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table

Record = tuple[Any, ...]


def write(conn: Connection, table: Table, columns: Sequence[str], records: list[Record]) -> None:
    """Add the records inside the caller's transaction, which has to have done something already.

    (Beneath SQLAlchemy, asyncpg's transaction begins with the first statement; COPY is none.)
    """
    raw: Any = conn.connection.driver_connection
    if conn.dialect.name == "sqlite":
        places = ", ".join("?" * len(columns))
        names = ", ".join(f'"{column}"' for column in columns)
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({places})'  # noqa: S608 - our names
        dates = [place for place, name in enumerate(columns) if _is_date(table, name)]
        raw.executemany(statement, [_plain(record, dates) for record in records])
        return
    from asyncpg import InterfaceError, PostgresError  # noqa: PLC0415 - only the driver in use

    copying = raw.copy_records_to_table(table.name, records=records, columns=list(columns))
    try:
        await_only(copying)
    except (OSError, PostgresError, InterfaceError) as fault:
        raise (translate(fault) or fault) from None


def _is_date(table: Table, name: str) -> bool:
    return isinstance(table.c[name].type, Date)


def _plain(record: Record, dates: list[int]) -> list[Any]:
    """Write dates as SQLAlchemy's SQLite dialect keeps them."""
    cells = list(record)
    for place in dates:
        if cells[place] is not None:
            cells[place] = cells[place].isoformat()
    return cells
