"""Bringing the tables to this program's version, in one transaction and by one process at a time.

The version is the number of the last file under migrations/versions. Killed half-way, nothing
has happened and the next start does it again. Alembic is imported only when there is a step to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, String, Table, insert, inspect, select, text

from jcbot.errors import DatabaseTooNewError
from jcbot.storage import (  # noqa: F401 - their tables belong to it
    identity_tables,
    notice_tables,
    people_tables,
    progress_tables,
    staff_tables,
    training_tables,
)
from jcbot.storage.locks import hold
from jcbot.storage.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"

# Alembic's own table, spelt out so that it can be read without importing Alembic.
_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def versions() -> list[str]:
    """Return the numbers of all migrations, in order."""
    return sorted(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def upgrade(conn: Connection) -> None:
    """Create the tables in an empty database, or run the migrations an older one lacks.

    DatabaseTooNewError if a newer program made it.
    """
    if hold(conn, "migrate"):
        conn.execute(text("SET LOCAL statement_timeout = 0"))
    known, found = versions(), current(conn)
    if found is None:
        metadata.create_all(conn)
        _version.create(conn)
        conn.execute(insert(_version).values(version_num=known[-1]))
    elif found not in known:
        raise DatabaseTooNewError(
            f"资料库是更新的程序建的（版本 {found}），本程序只认到版本 {known[-1]}。"
            "请换用新版程序，或者恢复升级前的备份。"
        )
    elif found != known[-1]:
        run_migrations(conn)


def current(conn: Connection) -> str | None:
    """Return the version of the tables, None for an empty database."""
    if not inspect(conn).has_table(_version.name):
        return None
    found: str | None = conn.execute(select(_version.c.version_num)).scalar()
    return found


def run_migrations(conn: Connection, target: str = "head") -> None:
    """Run the numbered steps up to `target` inside the caller's transaction."""
    from alembic import command  # noqa: PLC0415 - half a second, and rarely needed
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = conn
    command.upgrade(config, target)
