"""The databases of `tests/databases.py`."""

from databases import (
    database,
    new_postgresql,
    own_postgresql,
    shared_database,
    shared_url,
    two,
    url,
)

__all__ = [
    "database",
    "new_postgresql",
    "own_postgresql",
    "shared_database",
    "shared_url",
    "two",
    "url",
]
