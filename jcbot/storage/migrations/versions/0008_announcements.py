"""Announcements, who wants them, and which of the outbox belong to one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables of announcements and wishes; mark their messages in the outbox."""
    op.create_table(
        "notice_wishes",
        *_texts("openid", "kind", "county", "occupation"),
        sa.Column("on", sa.Boolean, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(
            "openid", "kind", "county", "occupation", name="pk_notice_wishes"
        ),
    )  # fmt: skip
    op.create_table(
        "announcements",
        sa.Column("number", sa.Integer, nullable=False),
        *_texts("digest", "title", "text", "about", "class_number", "link", "audience"),
        *_texts("county", "state"),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("recipients", sa.Integer, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("approved", sa.BigInteger),
        sa.Column("approved_by", sa.Text),
        sa.Column("started", sa.BigInteger),
        sa.Column("queued", sa.BigInteger),
        sa.Column("ended", sa.BigInteger),
        sa.Column("ended_by", sa.Text),
        sa.PrimaryKeyConstraint("number", name="pk_announcements"),
    )
    op.create_index("uq_announcements_digest", "announcements", ["digest"], unique=True)
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("announcement", sa.Integer))
    op.create_index("ix_outbox_announcement_openid", "outbox", ["announcement", "openid"])


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
