"""Training bodies, classes, enrolments, and the outbox of promised messages."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables of training and the outbox."""
    op.create_table(
        "training_bodies",
        sa.Column("id", sa.Integer, nullable=False),
        *_texts("name", "county", "occupations", "qualification", "contact", "phone"),
        sa.PrimaryKeyConstraint("id", name="pk_training_bodies"),
    )
    op.create_index("uq_training_bodies_name", "training_bodies", ["name"], unique=True)
    _classes()
    _enrolments()
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, nullable=False),
        *_texts("key", "kind", "openid", "payload"),
        sa.Column("due", sa.BigInteger, nullable=False),
        *_texts("state"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("uq_outbox_key", "outbox", ["key"], unique=True)
    op.create_index("ix_outbox_state_due", "outbox", ["state", "due"])


def _classes() -> None:
    op.create_table(
        "classes",
        sa.Column("id", sa.Integer, nullable=False),
        *_texts("number", "occupation", "level", "kind", "county", "place"),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        *_texts("hours"),
        sa.Column("seats", sa.Integer, nullable=False),
        sa.Column("deadline", sa.BigInteger, nullable=False),
        *_texts("contact", "phone", "bring", "plan", "teachers"),
        sa.Column("body_id", sa.Integer),
        *_texts("state"),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_classes"),
        sa.ForeignKeyConstraint(["body_id"], ["training_bodies.id"], name="fk_classes_body_id"),
    )
    op.create_index("uq_classes_number", "classes", ["number"], unique=True)
    op.create_index("ix_classes_first_day", "classes", ["first_day"])


def _enrolments() -> None:
    op.create_table(
        "enrolments",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("class_id", sa.Integer, nullable=False),
        sa.Column("person", sa.LargeBinary, nullable=False),
        *_texts("openid", "state"),
        sa.Column("place", sa.Integer),
        *_texts("to_verify"),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_enrolments"),
        sa.ForeignKeyConstraint(["class_id"], ["classes.id"], name="fk_enrolments_class_id"),
    )
    op.create_index("ix_enrolments_class_id_state", "enrolments", ["class_id", "state"])
    op.create_index("ix_enrolments_person", "enrolments", ["person"])
    held = sa.text("state <> 'cancelled'")
    op.create_index(
        "uq_enrolments_held", "enrolments", ["class_id", "person"],
        unique=True, sqlite_where=held, postgresql_where=held,
    )  # fmt: skip


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
