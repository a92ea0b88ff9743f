"""The tables, written once for SQLite and PostgreSQL.

Times are whole Unix seconds of the business clock, given by the caller (no now() in SQL).
WeChat's CreateTime is kept only where two follow events must be put in order.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"}
)

# One row for each message seen: the hash of its key and the reply it got, so that a repeat
# gets the same one. `thread` and `created` are set for follow events only (see inbox.py).
inbox = Table(
    "inbox",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("reply", LargeBinary),
    Column("thread", LargeBinary, index=True),
    Column("created", BigInteger),
    Column("at", BigInteger, nullable=False, index=True),
)


# One row for each worker in talk: the handlers' state as JSON.
conversations = Table(
    "conversations",
    metadata,
    Column("openid", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
)

# What the bot could not answer or handed over: masked words, the asker as a keyed hash. `openid`
# is whom to bring an answer, never shown, NULL once that is over; an erased asker's row stays,
# with an empty `asker` and `text`, so that no other question gets its number.
questions = Table(
    "questions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("asker", LargeBinary, nullable=False),
    Column("text", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("openid", Text),
    Column("answer", Text),
    Column("answered", BigInteger),
    Column("answered_by", Text),
    Index("ix_questions_asker_at", "asker", "at"),
)

# Who follows the account. `created` is the CreateTime of the event that decided it.
followers = Table(
    "followers",
    metadata,
    Column("openid", Text, primary_key=True),
    Column("following", Boolean, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
