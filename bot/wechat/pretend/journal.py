"""What each follower received (收到的消息), in order: in memory, or in a SQLite file for others.

The file is written through at each message, so it outlives this process and the product.
"""

from __future__ import annotations

import sqlite3
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = """
CREATE TABLE IF NOT EXISTS received (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, openid TEXT NOT NULL, channel TEXT NOT NULL,
    client_id TEXT NOT NULL, msg_id INTEGER NOT NULL, text TEXT NOT NULL)
"""
_ADD = (
    "INSERT INTO received (at, openid, channel, client_id, msg_id, text) VALUES (?, ?, ?, ?, ?, ?)"
)
_SOME = """
SELECT number, at, openid, channel, client_id, msg_id, text FROM received
WHERE number > :after AND (:openid = '' OR openid = :openid)
AND (:channel = '' OR channel = :channel) ORDER BY number LIMIT :most
"""
_TWICE = """
SELECT COUNT(*) FROM (SELECT 1 FROM received GROUP BY openid, channel, client_id, text
HAVING COUNT(*) > 1)
"""

_IDS = """
SELECT openid, client_id, min(at), min(msg_id) FROM received
WHERE channel = 'template' AND client_id <> '' GROUP BY openid, client_id
"""


@dataclass(frozen=True, slots=True)
class Received:
    """One message in one person's phone; `at` is a Unix time, `client_id` the sender's id or ""."""

    number: int
    at: float
    openid: str
    channel: str
    client_id: str
    msg_id: int
    text: str


class Journal:
    """Written by the pretend WeChat, read by whoever checks."""

    def __init__(self, file: Path | None = None) -> None:
        self._db = sqlite3.connect(file or ":memory:", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute(_TABLE)
        self._db.execute("CREATE INDEX IF NOT EXISTS by_person ON received (openid, number)")

    def add(self, message: Received) -> None:
        """Write one message down under the next number."""
        self._db.execute(_ADD, astuple(message)[1:])

    def received(
        self, openid: str = "", channel: str = "", *, after: int = 0, most: int = 100_000
    ) -> list[Received]:
        """Return what one person, or everybody, received on one channel or on all, in order."""
        rows = self._db.execute(
            _SOME, {"openid": openid, "channel": channel, "after": after, "most": most}
        )
        return [Received(*row) for row in rows]

    def ids(self) -> dict[tuple[str, str], tuple[float, int]]:
        """Return when each (openid, sender's id) of template messages came first, and its number.

        A pretend WeChat that is started again on the same file must know a repeat.
        """
        return {(row[0], row[1]): (row[2], row[3]) for row in self._db.execute(_IDS)}

    def summary(self) -> dict[str, Any]:
        """Return `messages`, `people`, `channels`, and `twice`: how many arrived more than once.

        Twice is: the same person, channel, sender's id and text.
        """
        (messages, people), (twice,) = (
            self._db.execute("SELECT COUNT(*), COUNT(DISTINCT openid) FROM received").fetchone(),
            self._db.execute(_TWICE).fetchone(),
        )
        channels = self._db.execute("SELECT channel, COUNT(*) FROM received GROUP BY channel")
        return {
            "messages": messages, "people": people, "twice": twice, "channels": dict(channels)
        }  # fmt: skip

    def clear(self) -> None:
        """Forget everything."""
        self._db.execute("DELETE FROM received")

    def close(self) -> None:
        """Close the file."""
        self._db.close()
