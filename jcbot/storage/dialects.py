"""One `INSERT … ON CONFLICT`, spelt for whichever of our two databases is in use.

SQLAlchemy spells it per database; each statement is built once, when first needed, so that
afterwards only the compiled form is looked up and the other database is never imported.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Executable, Table


class Upsert:
    """An insert that says what happens if the row is there already."""

    def __init__(self, table: Table, build: Callable[[Any], Executable]) -> None:
        """Keep how to build it: `build` gets the database's own `insert(table)`."""
        self._table = table
        self._build = build
        self._made: dict[str, Executable] = {}

    def run(self, conn: Connection, row: dict[str, Any]) -> bool:
        """Execute it with one row; True if a row was written."""
        return conn.execute(self._statement(conn), row).rowcount > 0

    def run_all(self, conn: Connection, rows: list[dict[str, Any]]) -> None:
        """Execute it with many rows at once."""
        if rows:
            conn.execute(self._statement(conn), rows)

    def _statement(self, conn: Connection) -> Executable:
        name = conn.dialect.name
        statement = self._made.get(name)
        if statement is None:
            insert = import_module(f"sqlalchemy.dialects.{name}").insert
            statement = self._made[name] = self._build(insert(self._table))
        return statement
