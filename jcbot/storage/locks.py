"""Putting two transactions on one subject in a row, where the database runs them side by side."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, text
from sqlalchemy.types import BigInteger

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LOCK = text("SELECT pg_advisory_xact_lock(:number)").bindparams(
    bindparam("number", type_=BigInteger)
)


def hold(conn: Connection, *names: str) -> bool:
    """Wait until no other transaction holds these names; held to the end of this one.

    True if there was anything to hold: SQLite has one writer at a time, so the answer is
    False there and what was read before the call still stands.
    """
    if conn.dialect.name != "postgresql":
        return False
    digest = hashlib.blake2b("\0".join(names).encode("utf-8", "replace"), digest_size=8).digest()
    conn.execute(_LOCK, {"number": int.from_bytes(digest, "big", signed=True)})
    return True
