"""The databases of `tests/databases.py`."""

from databases import (
    AUDIT,
    database,
    new_postgresql,
    own_postgresql,
    postgresql,
    run_sql,
    shared_url,
    two,
    url,
)

__all__ = [
    "AUDIT", "database", "new_postgresql", "own_postgresql", "postgresql", "run_sql",
    "shared_url", "two", "url",
]  # fmt: skip
