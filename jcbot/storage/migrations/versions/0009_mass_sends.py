"""Mass sends, when an announcement is to begin, what staff had sent anew, the followers' tags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the table of mass sends; add what announcements and messages know of them."""
    op.create_table(
        "mass_sends",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("announcement", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("lease", sa.BigInteger),
        sa.Column("called", sa.BigInteger, nullable=False),
        sa.Column("ref", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("settled", sa.BigInteger),
        *(sa.Column(name, sa.Integer) for name in ("total", "filtered", "reached", "failed")),
        sa.PrimaryKeyConstraint("number", name="pk_mass_sends"),
    )
    op.create_index("ix_mass_sends_announcement", "mass_sends", ["announcement"])
    op.create_index("ix_mass_sends_ref", "mass_sends", ["ref"])
    op.create_index("ix_mass_sends_state_lease", "mass_sends", ["state", "lease"])
    with op.batch_alter_table("announcements") as announcements:
        road = sa.Column("road", sa.Text, nullable=False, server_default="each")
        announcements.add_column(road)
        announcements.add_column(sa.Column("starts", sa.BigInteger))
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("mass", sa.Integer))
        retried = sa.Column("retried", sa.Integer, nullable=False, server_default="0")
        outbox.add_column(retried)
    op.create_index("ix_outbox_mass", "outbox", ["mass"])
    op.create_table(
        "follower_tags",
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tag", "openid", name="pk_follower_tags"),
    )
    op.create_index("ix_follower_tags_openid", "follower_tags", ["openid"])
