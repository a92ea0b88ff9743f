"""The tables of what follows signing up, and of what employers ask for.

`tables.py` shares its metadata with them.
"""

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
)

from jcbot.storage.tables import metadata

# Who was there on which day (到课); `at` is when he first said so.
attendance = Table(
    "attendance",
    metadata,
    Column("enrolment", Integer, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    Column("at", BigInteger, nullable=False),
    ForeignKeyConstraint(["enrolment"], ["enrolments.id"], name="fk_attendance_enrolment"),
)

# What became of an enrolment. NULL days: nobody entered any, those of `attendance` count; "":
# not entered. The certificate's number is sealed, `certificate_key` is its keyed hash.
outcomes = Table(
    "outcomes",
    metadata,
    Column("enrolment", Integer, primary_key=True, autoincrement=False),
    Column("attended", Integer),
    Column("exam", Text, nullable=False),
    Column("certificate_type", Text, nullable=False),
    Column("certificate_level", Text, nullable=False),
    Column("certificate", LargeBinary),
    Column("certificate_key", LargeBinary),
    Column("job", Text, nullable=False),
    Column("subsidy", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    ForeignKeyConstraint(["enrolment"], ["enrolments.id"], name="fk_outcomes_enrolment"),
    Index("ix_outcomes_certificate_key", "certificate_key"),
)

# What employers ask for (用工需求), as their list says; `until` is the last day it stands.
demands = Table(
    "demands",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("enterprise", Text, nullable=False),
    Column("county", Text, nullable=False),
    Column("post", Text, nullable=False),
    Column("occupation", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("headcount", Integer, nullable=False),
    Column("wage", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("until", Date, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_demands_enterprise_post", "enterprise", "post"),
)
