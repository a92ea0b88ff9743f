"""Wishes found by county when a class opens."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0008"


def upgrade() -> None:
    """Index wishes by kind and county."""
    op.create_index("ix_notice_wishes_kind_county", "notice_wishes", ["kind", "county"])
