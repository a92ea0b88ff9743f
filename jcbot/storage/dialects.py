"""`INSERT … ON CONFLICT`, and a change of many rows, spelt for whichever database is in use.

SQLAlchemy spells it per database; each statement is built once, when first needed, so that
afterwards only the compiled form is looked up and the other database is never imported.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, JSON, Integer, Text, bindparam, cast, func, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Executable, Table

    OfCell = Callable[[Any], Any]


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


class ForMany:
    """A statement for many rows by their ids, with one text for each where it asks for it.

    Row by row, PostgreSQL is busy twice as long.
    """

    def __init__(self, build: Callable[[OfCell, OfCell], Executable]) -> None:
        """Keep how to build it: `build` gets what says that an id is among them, and its text."""
        self._build = build
        self._made: dict[str, Executable] = {}

    def run(
        self, conn: Connection, texts: Mapping[int, str | None], values: dict[str, Any]
    ) -> None:
        """Execute it for the ids of `texts`."""
        if not texts:
            return
        name = conn.dialect.name
        if name not in self._made:
            self._made[name] = self._build(*_SPELLINGS[name]())
        named = {str(each): text for each, text in texts.items()}
        conn.execute(self._made[name], values | {"ids": list(texts), "texts": named})


def _sqlite() -> tuple[OfCell, OfCell]:
    ids: Any = bindparam("ids", expanding=True)
    texts: Any = bindparam("texts", type_=JSON)
    return (
        lambda cell: cell.in_(ids),
        lambda cell: func.json_extract(texts, literal('$."') + cast(cell, Text) + literal('"')),
    )


def _postgresql() -> tuple[OfCell, OfCell]:
    ids: Any = bindparam("ids", type_=ARRAY(Integer))
    texts: Any = bindparam("texts", type_=import_module("sqlalchemy.dialects.postgresql").JSONB)
    return (
        lambda cell: cell == func.any(ids),
        lambda cell: texts[cast(cell, Text)].astext,
    )


_SPELLINGS = {"sqlite": _sqlite, "postgresql": _postgresql}
