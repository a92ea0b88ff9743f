"""The tables of staff and of the audit log; `tables.py` shares its metadata with them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from jcbot.storage.people_tables import LONG
from jcbot.storage.tables import metadata

# What staff did, one row an act, only ever added to (see jcbot/audit.py). `number` counts from 1
# without gaps; `before` and `after` are canonical JSON, "" for none.
audit = Table(
    "audit",
    metadata,
    Column("number", LONG, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

# The one row (id 1) that says how many rows the log has and what the last one's hash is, so that
# dropped last rows are missed. `mac` vouches for both.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("length", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("mac", LargeBinary, nullable=False),
)

# Who may sign in at the desk. `key` is the name as it is compared; `password` an argon2 hash;
# `totp` the sealed secret of the second factor, `totp_step` the last time step a code was taken
# of. `failures` count up to a lock, `locks` how many there were in a row, until `locked_until`.
staff = Table(
    "staff",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("county", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("totp", LargeBinary),
    Column("totp_step", BigInteger, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locks", Integer, nullable=False),
    Column("locked_until", BigInteger, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Index("uq_staff_key", "key", unique=True),
)

# The WeChat of an account (`openid`, since `bound`), and the hash of a code by which one will be
# bound `until` then; a code serves once.
staff_wechats = Table(
    "staff_wechats",
    metadata,
    Column("staff_id", Integer, primary_key=True, autoincrement=False),
    Column("openid", Text),
    Column("bound", BigInteger),
    Column("code", LargeBinary),
    Column("until", BigInteger),
    ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_wechats_staff_id"),
    Index("uq_staff_wechats_code", "code", unique=True),
    Index("ix_staff_wechats_openid", "openid"),
)
