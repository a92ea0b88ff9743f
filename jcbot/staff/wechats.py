"""The WeChat of staff (工作人员的微信): one an account, bound by a code that is scanned once.

A code has 96 random bits and is kept hashed: nobody guesses one, nobody reads one out of the
database. Whatever is wrong with one, the answer is the same.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from jcbot.audit import Entry, record
from jcbot.outbox import PROMISED
from jcbot.storage.dialects import Upsert
from jcbot.storage.staff_tables import staff, staff_wechats
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    import datetime as dt
    from typing import Any

    from sqlalchemy import Connection, Executable

VALID_S = 600
SCENE = "staff_"
"""How the scene of a QR code begins that binds; the code follows."""
TEST = "announcement_test"
"""The kind of message that goes to the account's own WeChat."""
CODE_BYTES = 12
_W = staff_wechats.c
_ENABLED = select(staff.c.id).where(staff.c.enabled)
_BIND = (
    update(staff_wechats)
    .where(_W.code == bindparam("c"), _W.until > bindparam("at"), _W.staff_id.in_(_ENABLED))
    .values(openid=bindparam("o"), bound=bindparam("at"), code=None, until=None)
    .returning(_W.staff_id)
)
_OPENID = select(_W.openid).where(_W.staff_id == bindparam("i"))
_OF = select(_W.staff_id).where(_W.openid == bindparam("o"))
_NAME = select(staff.c.name).where(staff.c.id == bindparam("i"))
_DROP = delete(staff_wechats).where(_W.staff_id == bindparam("i"))
_WITHDRAW = delete(outbox).where(
    outbox.c.openid == bindparam("o"), outbox.c.kind == TEST, outbox.c.state == PROMISED
)


def _newest(insert: Any) -> Executable:
    new = insert.excluded
    statement: Executable = insert.on_conflict_do_update(
        index_elements=["staff_id"], set_={"code": new.code, "until": new.until}
    )
    return statement


_PUT = Upsert(staff_wechats, _newest)


def new_code(conn: Connection, staff_id: int, now: dt.datetime) -> str:
    """Return a code that binds for `VALID_S` seconds; the one before is none any more."""
    code = secrets.token_hex(CODE_BYTES)
    until = int(now.timestamp()) + VALID_S
    _PUT.run(conn, {"staff_id": staff_id, "code": _hash(code), "until": until})
    return code


def bind(conn: Connection, openid: str, code: str, now: dt.datetime) -> bool:
    """Bind whoever scanned a code to its account; False for a code that is none (any more)."""
    values = {"c": _hash(code), "o": openid, "at": int(now.timestamp())}
    staff_id = conn.execute(_BIND, values).scalar()
    if staff_id is None:
        return False
    _note(conn, staff_id, "staff.wechat_bound", now)
    return True


def openid_of(conn: Connection, staff_id: int) -> str:
    """Return the WeChat of an account, "" for none."""
    return conn.execute(_OPENID, {"i": staff_id}).scalar() or ""


def drop(conn: Connection, staff_id: int) -> bool:
    """Drop the binding, a code that waits and tests not sent yet; False if none was bound."""
    openid = openid_of(conn, staff_id)
    conn.execute(_WITHDRAW, {"o": openid})
    conn.execute(_DROP, {"i": staff_id})
    return bool(openid)


def forget(conn: Connection, openid: str, now: dt.datetime) -> None:
    """Drop the bindings of who erases himself."""
    for staff_id in list(conn.execute(_OF, {"o": openid}).scalars()):
        _note(conn, staff_id, "staff.wechat_removed", now)
        drop(conn, staff_id)


def _note(conn: Connection, staff_id: int, action: str, now: dt.datetime) -> None:
    """Write the line of what the holder of the phone did."""
    name = conn.execute(_NAME, {"i": staff_id}).scalar_one()
    record(conn, Entry(now, name, action, f"staff:{name}", origin="wechat"))


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "replace")).digest()
