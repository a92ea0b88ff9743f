"""What became of each promised message, and channels that rest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add to the outbox what the courier keeps."""
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("tries", sa.Integer, nullable=False, server_default="0"))
        for name in ("holder", "channel", "client_id", "ref", "reason"):
            outbox.add_column(sa.Column(name, sa.Text))
        for name in ("lease", "called", "settled"):
            outbox.add_column(sa.Column(name, sa.BigInteger))
    op.create_index("ix_outbox_ref", "outbox", ["ref"])
    op.create_index("ix_outbox_openid", "outbox", ["openid"])
    op.create_table(
        "pauses",
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("channel", name="pk_pauses"),
    )
