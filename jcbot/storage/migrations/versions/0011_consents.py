"""Who agreed to which subscription notice, and how many are left of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the table of consents to notices."""
    op.create_table(
        "notice_consents",
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("remaining", sa.Integer, nullable=False),
        sa.Column("long_term", sa.Boolean, nullable=False),
        sa.Column("given", sa.BigInteger, nullable=False),
        sa.Column("refused", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("openid", "template", name="pk_notice_consents"),
    )
