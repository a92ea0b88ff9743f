"""Answers promised to who waited too long (迟到的回复): the outbox knows the message's key only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from jcbot import inbox
from jcbot.outbox import Promise, promise
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

KIND = "late_answer"
_IS = select(outbox.c.id).where(outbox.c.key == bindparam("k"))


def promise_answer(conn: Connection, openid: str, message: bytes, now: dt.datetime) -> bool:
    """Promise the answer to the message with this key; False if it is promised already."""
    payload = {"message": message.hex()}
    return promise(conn, Promise(_key(message), KIND, openid, payload, now))


def is_promised(conn: Connection, message: bytes) -> bool:
    """Tell whether the courier answers this message, or did, so that no reply may."""
    return conn.execute(_IS, {"k": _key(message)}).first() is not None


def answer_of(conn: Connection, payload: dict[str, Any]) -> str | None:
    """Return the inbox's reply to a promise's message, "" for silence; None if there is none yet.

    ValueError or KeyError for a payload that names no message.
    """
    return inbox.reply_of(conn, bytes.fromhex(payload["message"]))


def _key(message: bytes) -> str:
    return f"late:{message.hex()}"
