"""The tables of who is writing (身份): consent, bindings, failed tries, what waits for staff.

No name or number stands here in clear: `id_key` is the registry's keyed hash of the ID number,
`sealed` is JSON sealed for its row.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from jcbot.storage.tables import metadata

# Who agreed to which version of the notice; `withdrawn` is NULL while it holds.
consents = Table(
    "consents",
    metadata,
    Column("openid", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("withdrawn", BigInteger),
)

# Which person of the registry an openid speaks for: one openid a person, the latest proof.
bindings = Table(
    "bindings",
    metadata,
    Column("openid", Text, primary_key=True),
    Column("id_key", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("uq_bindings_id_key", "id_key", unique=True),
)

# What a worker has sent of name and numbers before all of it is there; short-lived.
pockets = Table(
    "pockets",
    metadata,
    Column("openid", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
)

# Failed tries, by keyed hash of openid, ID number or minute. `lock` counts the locks in a row,
# `until` is when the last one ends.
strikes = Table(
    "strikes",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("misses", Integer, nullable=False),
    Column("locks", Integer, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
)

# A card to be made or changed, as told by the worker (待核实): `kind` register / correct, `state`
# pending / accepted / refused.
card_requests = Table(
    "card_requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("openid", Text, nullable=False, index=True),
    Column("id_key", LargeBinary, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("made", BigInteger, nullable=False),
    Column("decided", BigInteger),
    Column("decided_by", Text),
)
