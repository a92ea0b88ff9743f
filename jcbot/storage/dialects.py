"""One `INSERT … ON CONFLICT`, built once for each of our two databases.

SQLAlchemy spells it per database; the statements are built at import, so that at run time
only the compiled form is looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Executable, Table


class Upsert:
    """An insert that says what happens if the row is there already."""

    def __init__(self, table: Table, build: Callable[[Any], Executable]) -> None:
        """`build` gets the database's own `insert(table)` and returns the statement."""
        self._made = {
            "sqlite": build(sqlite.insert(table)),
            "postgresql": build(postgresql.insert(table)),
        }

    def run(self, conn: Connection, row: dict[str, Any]) -> bool:
        """Execute it with one row; True if a row was written."""
        return conn.execute(self._made[conn.dialect.name], row).rowcount > 0
