"""What the bot could not answer or handed to a person, for the staff: masked, the asker hashed."""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, insert, select

from jcbot.clock import SHANGHAI
from jcbot.masking import mask
from jcbot.storage.tables import questions

if TYPE_CHECKING:
    from sqlalchemy import Connection

LONGEST = 500
A_DAY = 20  # one asker's questions kept in 24 hours; the rest would only bury the others'

_WRITE = insert(questions)
_COUNT = select(func.count()).where(
    questions.c.asker == bindparam("a"), questions.c.at > bindparam("since")
)
_LATEST = select(questions).order_by(questions.c.id.desc()).limit(bindparam("most"))
_FORGET = delete(questions).where(questions.c.asker == bindparam("a"))


@dataclass(frozen=True, slots=True)
class Question:
    """One line of the staff's list."""

    asker: bytes
    text: str
    reason: str
    at: dt.datetime


def asker(openid: str, index_key: bytes) -> bytes:
    """Name an asker so that two questions of one person are seen as such, and no more."""
    return hmac.digest(index_key, b"asker\0" + openid.encode("utf-8", "replace"), "sha256")


def ask_staff(conn: Connection, who: bytes, text: str, reason: str, now: dt.datetime) -> bool:
    """Keep a question for the staff; False if this asker has filled the day's share.

    `who` comes from `asker`. The text is masked and cut here, whatever the caller did.
    """
    at = int(now.timestamp())
    if conn.execute(_COUNT, {"a": who, "since": at - 86_400}).scalar_one() >= A_DAY:
        return False
    row = {"asker": who, "text": _storable(mask(text)), "reason": _storable(reason), "at": at}
    conn.execute(_WRITE, row)
    return True


def latest(conn: Connection, most: int = 100) -> list[Question]:
    """Return the newest questions, newest first."""
    return [
        Question(row.asker, row.text, row.reason, dt.datetime.fromtimestamp(row.at, SHANGHAI))
        for row in conn.execute(_LATEST, {"most": most})
    ]


def forget(conn: Connection, who: bytes) -> None:
    """Drop all questions of one asker."""
    conn.execute(_FORGET, {"a": who})


def _storable(text: str) -> str:
    """Cut to length and take out what a database cannot hold: NUL and lone surrogates."""
    return text[:LONGEST].replace("\0", "").encode("utf-8", "replace").decode("utf-8")
