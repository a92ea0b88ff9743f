"""The registry of people and its generations."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

GROUPS = (
    "two_later", "rural_transfer", "laid_off", "registered_unemployed", "transferred_worker",
    "veteran", "grad_this_year", "grad_left_school_unemployed", "college_student",
    "employment_difficulty", "zero_employment_family", "poor_labor", "poor_family_child",
)  # fmt: skip
LONG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables of the registry."""
    op.create_table(
        "generations",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("file_hash", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("keyed", sa.Integer, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("faulty", sa.Integer, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("beat", sa.BigInteger, nullable=False),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("lived", sa.BigInteger),
        sa.PrimaryKeyConstraint("number", name="pk_generations"),
    )
    op.create_table(
        "people",
        sa.Column("id", LONG, nullable=False, autoincrement=False),
        *_columns(),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
    )
    op.create_table(
        "people_keys",
        sa.Column("generation", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("domain", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("person", sa.BigInteger, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("generation", "domain", "key", "person", name="pk_people_keys"),
        sqlite_with_rowid=False,
    )
    only = sa.text("domain = 1")
    op.create_index(
        "uq_people_keys_id", "people_keys", ["generation", "key"],
        unique=True, sqlite_where=only, postgresql_where=only,
    )  # fmt: skip


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("id_key", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("id_number", sa.LargeBinary, nullable=False),
        *(sa.Column(name, sa.LargeBinary) for name in ("phone", "note")),
        sa.Column("birth", sa.Date, nullable=False),
        sa.Column("sex", sa.Text, nullable=False),
        *_texts("county", "town", "labour_class", "household_type", "education", "employed"),
        *(sa.Column(name, sa.Integer) for name in ("insurance_months", "times_this_year")),
        *(sa.Column(f"groups__{group}", sa.Boolean) for group in GROUPS),
        *_texts("skills", "certificates", "training_wish", "job_wish", "card_status"),
        sa.Column("card_date", sa.Date),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    ]


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text) for name in names]
