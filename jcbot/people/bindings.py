"""Consent (同意) and bindings (绑定): who may look, and for whom an openid speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update

from jcbot.storage.dialects import Upsert
from jcbot.storage.identity_tables import bindings, card_requests, consents

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection, Executable

_B, _C = bindings.c, consents.c
_WHOSE = select(_B.id_key).where(_B.openid == bindparam("o"))
_OWNER = select(_B.openid).where(_B.id_key == bindparam("k"))
_UNBIND = delete(bindings).where(_B.openid == bindparam("o"))
_MOVE = delete(bindings).where(_B.id_key == bindparam("k"))
_BIND = insert(bindings)
_AGREED = select(_C.openid).where(
    _C.openid == bindparam("o"), _C.version == bindparam("v"), _C.withdrawn.is_(None)
)
_ANY = select(_C.openid).where(_C.openid == bindparam("o"), _C.withdrawn.is_(None))
_WITHDRAW = update(consents).where(_C.openid == bindparam("o")).values(withdrawn=bindparam("when"))
_FORGET = delete(consents).where(_C.openid == bindparam("o"))


def _put(insert: Any) -> Executable:
    new = insert.excluded
    statement: Executable = insert.on_conflict_do_update(
        index_elements=["openid"], set_={"version": new.version, "at": new.at, "withdrawn": None}
    )
    return statement


_AGREE = Upsert(consents, _put)


def agreed(conn: Connection, openid: str, version: str) -> bool:
    """Say whether this version of the notice was agreed to, and not taken back."""
    return conn.execute(_AGREED, {"o": openid, "v": version}).first() is not None


def consents_to_any(conn: Connection, openid: str) -> bool:
    """Say whether any version of the notice was agreed to, and not taken back."""
    return conn.execute(_ANY, {"o": openid}).first() is not None


def agree(conn: Connection, openid: str, version: str, now: dt.datetime) -> None:
    """Keep that the notice of this version was agreed to now."""
    row = {"openid": openid, "version": version, "at": int(now.timestamp()), "withdrawn": None}
    _AGREE.run(conn, row)


def withdraw(conn: Connection, openid: str, now: dt.datetime) -> None:
    """Keep that the consent was taken back now; its binding goes with it."""
    lapse(conn, openid, now)
    unbind(conn, openid)


def lapse(conn: Connection, openid: str, now: dt.datetime) -> None:
    """Keep that the consent ends now till it is given again; the binding waits for that."""
    conn.execute(_WITHDRAW, {"o": openid, "when": int(now.timestamp())})


def forget(conn: Connection, openid: str) -> None:
    """Drop consent and binding."""
    conn.execute(_FORGET, {"o": openid})
    unbind(conn, openid)


def bound_to(conn: Connection, openid: str) -> bytes | None:
    """Return the key of the person that this openid speaks for."""
    key: bytes | None = conn.execute(_WHOSE, {"o": openid}).scalar()
    return bytes(key) if key is not None else None


def owner(conn: Connection, id_key: bytes) -> str | None:
    """Return the openid that speaks for this person."""
    found: str | None = conn.execute(_OWNER, {"k": id_key}).scalar()
    return found


def bind(conn: Connection, openid: str, id_key: bytes, now: dt.datetime) -> str | None:
    """Let this openid alone speak for the person; return the openid that did before.

    The latest proof counts: who changes his phone can prove himself anew, and the old one is
    told. The caller holds the ID.
    """
    before = owner(conn, id_key)
    conn.execute(_MOVE, {"k": id_key})
    conn.execute(_UNBIND, {"o": openid})
    conn.execute(_BIND, {"openid": openid, "id_key": id_key, "at": int(now.timestamp())})
    return before if before != openid else None


def release(conn: Connection, id_key: bytes) -> None:
    """Let nobody speak for this person any more, and drop the cards told of him."""
    conn.execute(_MOVE, {"k": id_key})
    conn.execute(delete(card_requests).where(card_requests.c.id_key == id_key))


def unbind(conn: Connection, openid: str) -> None:
    """Let this openid speak for nobody."""
    conn.execute(_UNBIND, {"o": openid})
