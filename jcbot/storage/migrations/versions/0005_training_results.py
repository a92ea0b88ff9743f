"""Attendance, what became of enrolments, and what employers ask for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables of what follows signing up."""
    op.create_table(
        "attendance",
        sa.Column("enrolment", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("enrolment", "day", name="pk_attendance"),
        sa.ForeignKeyConstraint(["enrolment"], ["enrolments.id"], name="fk_attendance_enrolment"),
    )
    op.create_table(
        "outcomes",
        sa.Column("enrolment", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("attended", sa.Integer),
        *_texts("exam", "certificate_type", "certificate_level"),
        sa.Column("certificate", sa.LargeBinary),
        sa.Column("certificate_key", sa.LargeBinary),
        *_texts("job", "subsidy"),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("enrolment", name="pk_outcomes"),
        sa.ForeignKeyConstraint(["enrolment"], ["enrolments.id"], name="fk_outcomes_enrolment"),
    )
    op.create_index("ix_outcomes_certificate_key", "outcomes", ["certificate_key"])
    _demands()


def _demands() -> None:
    op.create_table(
        "demands",
        sa.Column("id", sa.Integer, nullable=False),
        *_texts("enterprise", "county", "post", "occupation", "level"),
        sa.Column("headcount", sa.Integer, nullable=False),
        *_texts("wage", "contact", "phone"),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_demands"),
    )
    op.create_index("ix_demands_enterprise_post", "demands", ["enterprise", "post"])


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
