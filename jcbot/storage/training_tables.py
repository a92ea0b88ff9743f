"""The tables of training and of promised messages; `tables.py` shares its metadata with them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from jcbot.storage.tables import metadata

# Who teaches (机构). `occupations` are those of its classes, each in 、…、 for finding one.
training_bodies = Table(
    "training_bodies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("county", Text, nullable=False),
    Column("occupations", Text, nullable=False),
    Column("qualification", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Index("uq_training_bodies_name", "name", unique=True),
)

# A course with seats (班级). state: open / cancelled. `deadline` is the first second at which
# signing up is over; `level` and the texts may be "".
classes = Table(
    "classes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Text, nullable=False),
    Column("occupation", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("county", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("days", Integer, nullable=False),
    Column("hours", Text, nullable=False),
    Column("seats", Integer, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Column("contact", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("bring", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("teachers", Text, nullable=False),
    Column("body_id", Integer),
    Column("state", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    ForeignKeyConstraint(["body_id"], ["training_bodies.id"], name="fk_classes_body_id"),
    Index("uq_classes_number", "number", unique=True),
    Index("ix_classes_first_day", "first_day"),
)

# A person's seat or place in the line. state: confirmed / waiting / cancelled; `place` 1, 2, 3 …
# while waiting, else NULL; `to_verify` names what staff have to check, with blanks between.
enrolments = Table(
    "enrolments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("class_id", Integer, nullable=False),
    Column("person", LargeBinary, nullable=False),
    Column("openid", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("place", Integer),
    Column("to_verify", Text, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    ForeignKeyConstraint(["class_id"], ["classes.id"], name="fk_enrolments_class_id"),
    Index("ix_enrolments_class_id_state", "class_id", "state"),
    Index("ix_enrolments_person", "person"),
)
# One seat a person in a class, however many phones: a taken-back one does not count.
HELD = text("state <> 'cancelled'")
Index(
    "uq_enrolments_held",
    enrolments.c.class_id,
    enrolments.c.person,
    unique=True,
    sqlite_where=HELD,
    postgresql_where=HELD,
)

# Messages promised in the transaction of their cause, and what became of each. state: promised,
# sending, sent, delivered, failed, unreachable, unknown, stopped (see ledger.py). `holder` has it
# until `lease`; `channel` and `client_id` are committed before the call, `called` is its first
# moment; `ref` is the id that WeChat gave it, `reason` why this channel, or why not; `first_due`
# is when it was due before it was put off, NULL where it never was.
# `announcement` is the number of the one it belongs to (state also: stopped, and listed while it
# waits for the mass send `mass`); `retried` is how often staff had it sent anew.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("openid", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("holder", Text),
    Column("lease", BigInteger),
    Column("channel", Text),
    Column("client_id", Text),
    Column("called", BigInteger),
    Column("ref", Text),
    Column("reason", Text),
    Column("settled", BigInteger),
    Column("announcement", Integer),
    Column("mass", Integer),
    Column("retried", Integer, nullable=False, server_default="0"),
    Column("first_due", BigInteger),
    Index("ix_outbox_mass", "mass"),
    Index("ix_outbox_announcement_openid", "announcement", "openid"),
    Index("ix_outbox_ref", "ref"),
    Index("ix_outbox_openid", "openid"),
    Index("uq_outbox_key", "key", unique=True),
    Index("ix_outbox_state_due", "state", "due"),
)

# A channel that rests: 45009 until the next quota day, 45011 for some seconds.
pauses = Table(
    "pauses",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("until", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
)
