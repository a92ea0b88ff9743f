"""Alembic's entry: it runs inside the transaction of `jcbot.storage.migrate`."""

from __future__ import annotations

from alembic import context

from jcbot.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
