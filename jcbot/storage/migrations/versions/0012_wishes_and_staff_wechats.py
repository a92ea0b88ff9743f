"""Wishes found by county when a class opens; the WeChat of staff."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Index wishes by kind and county; create the table of the WeChat of staff."""
    op.create_index("ix_notice_wishes_kind_county", "notice_wishes", ["kind", "county"])
    op.create_table(
        "staff_wechats",
        sa.Column("staff_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("openid", sa.Text),
        sa.Column("bound", sa.BigInteger),
        sa.Column("code", sa.LargeBinary),
        sa.Column("until", sa.BigInteger),
        sa.PrimaryKeyConstraint("staff_id", name="pk_staff_wechats"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_wechats_staff_id"),
    )
    op.create_index("uq_staff_wechats_code", "staff_wechats", ["code"], unique=True)
    op.create_index("ix_staff_wechats_openid", "staff_wechats", ["openid"])
