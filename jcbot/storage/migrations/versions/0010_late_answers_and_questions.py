"""When a message was due before it was put off; whom to answer a question, and how it was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add to the outbox the first moment a message was due, to questions asker and answer."""
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("first_due", sa.BigInteger))
    with op.batch_alter_table("questions") as questions:
        questions.add_column(sa.Column("openid", sa.Text))
        questions.add_column(sa.Column("answer", sa.Text))
        questions.add_column(sa.Column("answered", sa.BigInteger))
        questions.add_column(sa.Column("answered_by", sa.Text))
