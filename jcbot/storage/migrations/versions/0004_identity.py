"""Consent, bindings, failed tries, and cards that wait for staff."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables of who is writing."""
    op.create_table(
        "consents",
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("withdrawn", sa.BigInteger),
        sa.PrimaryKeyConstraint("openid", name="pk_consents"),
    )
    op.create_table(
        "bindings",
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("id_key", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("openid", name="pk_bindings"),
    )
    op.create_index("uq_bindings_id_key", "bindings", ["id_key"], unique=True)
    op.create_table(
        "pockets",
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("openid", name="pk_pockets"),
    )
    op.create_index("ix_pockets_at", "pockets", ["at"])
    op.create_table(
        "strikes",
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("misses", sa.Integer, nullable=False),
        sa.Column("locks", sa.Integer, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_strikes"),
    )
    op.create_index("ix_strikes_at", "strikes", ["at"])
    _card_requests()


def _card_requests() -> None:
    op.create_table(
        "card_requests",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("id_key", sa.LargeBinary, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("decided", sa.BigInteger),
        sa.Column("decided_by", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_card_requests"),
    )
    for column in ("openid", "id_key", "state"):
        op.create_index(f"ix_card_requests_{column}", "card_requests", [column])
