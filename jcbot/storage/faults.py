"""From a driver's exception to a fault with a sentence, for both databases in one place."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from jcbot.errors import (
    DatabaseBusyError,
    DatabaseFullError,
    DatabaseUnavailableError,
)

if TYPE_CHECKING:
    from jcbot.errors import StorageError

SQLITE = {
    sqlite3.SQLITE_BUSY: DatabaseBusyError,
    sqlite3.SQLITE_LOCKED: DatabaseBusyError,
    sqlite3.SQLITE_FULL: DatabaseFullError,
    sqlite3.SQLITE_IOERR: DatabaseUnavailableError,
    sqlite3.SQLITE_CANTOPEN: DatabaseUnavailableError,
    sqlite3.SQLITE_READONLY: DatabaseUnavailableError,
    sqlite3.SQLITE_CORRUPT: DatabaseUnavailableError,
    sqlite3.SQLITE_NOTADB: DatabaseUnavailableError,
}
# Serialization failure and deadlock: the server took the transaction back, so it may run again.
REPEATABLE = {"40001", "40P01"}
# By SQLSTATE or its two-letter class: lock not had, statement timed out, too many connections.
POSTGRESQL = {
    **dict.fromkeys(REPEATABLE, DatabaseBusyError),
    "55P03": DatabaseBusyError,
    "57014": DatabaseBusyError,
    "53": DatabaseBusyError,
    "53100": DatabaseFullError,
    "08": DatabaseUnavailableError,
    "28": DatabaseUnavailableError,
    "3D": DatabaseUnavailableError,
    "57": DatabaseUnavailableError,
}


def translate(fault: BaseException) -> StorageError | None:
    """Return the fault to raise instead; None if it is no fault of the database itself."""
    if isinstance(fault, PoolTimeoutError):
        return DatabaseBusyError()
    cause = fault.orig if isinstance(fault, DBAPIError) else fault
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        kind = SQLITE.get(code & 0xFF) if code is not None else None
        return kind() if kind else None
    state = sqlstate(fault)
    found = POSTGRESQL.get(state) or POSTGRESQL.get(state[:2])
    if found:
        return found()
    lost = isinstance(fault, DBAPIError) and fault.connection_invalidated
    return DatabaseUnavailableError() if lost else None


def sqlstate(fault: BaseException) -> str:
    """Return PostgreSQL's code for the fault, "" if it has none."""
    cause = fault.orig if isinstance(fault, DBAPIError) else fault
    return getattr(cause, "sqlstate", None) or ""
