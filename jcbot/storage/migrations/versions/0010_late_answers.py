"""When a promised message was due before it was put off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"


def upgrade() -> None:
    """Add to the outbox the first moment a message was due."""
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("first_due", sa.BigInteger))
