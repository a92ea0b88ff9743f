"""The audit log (审计日志): every write by staff, one line each, added to and never changed.

A line's hash is a keyed MAC over it and the line before, so that with the database alone nobody
can write one that fits; a head row, vouched for alike, says how many there are. The key comes
from the index key and rides on the database's connections (`open_database(audit_key=…)`).
What puts back an older state of the whole log is seen only against a note kept elsewhere
(`Mark`). No ID number, phone or name of a worker stands in it: people are keyed hashes.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update

from jcbot.clock import SHANGHAI
from jcbot.errors import JcbotError
from jcbot.masking import NUMBER, mask
from jcbot.storage.database import AUDIT_KEY
from jcbot.storage.locks import hold
from jcbot.storage.staff_tables import audit, audit_head

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

NOTHING = b"\0" * 32
"""What the first line follows on."""
LONGEST = 500
"""Characters kept of a reason or an origin."""
_MARK = 16
_WHOLE_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])(?:[1-9]\d{16}[\dXx]|1[3-9]\d{9})(?![0-9A-Za-z])", re.ASCII
)
_HEAD = select(audit_head)
_ADD, _FIRST_HEAD, _MOVE_HEAD = insert(audit), insert(audit_head), update(audit_head)
_LAST = select(audit).order_by(audit.c.number.desc()).limit(bindparam("most"))


class AuditKeyError(JcbotError):
    """The database was opened without the key of the log; the write it belongs to is refused."""

    sentence = "没有审计日志的密钥，不能改资料。请核对 privacy.index_key。"


@dataclass(frozen=True, slots=True)
class Entry:
    """One act: who did what to which subject, why, from where; what it was before and after.

    `subject` names no person in clear: `person_subject` makes one. `before` and `after` hold
    JSON's own types; whatever else is written as text.
    """

    at: dt.datetime
    actor: str
    action: str
    subject: str = ""
    reason: str = ""
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as it stands in the log."""

    number: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Mark:
    """How long the log is and how it ends: written down elsewhere, it shows a log put back."""

    length: int
    hash: str


def audit_key(index_key: bytes) -> bytes:
    """Return the key of the log."""
    return hmac.digest(index_key, b"audit", "sha256")


def person_subject(conn: Connection, id_key: bytes) -> str:
    """Name a person, given the registry's key of the ID number, so that only the log knows it."""
    mark = hmac.digest(_key_of(conn), b"person\0" + id_key, "sha256")[:_MARK]
    return f"person:{mark.hex()}"


def record(conn: Connection, entry: Entry) -> None:
    """Add a line in the caller's transaction; `AuditKeyError`.

    To be called last in it: other writers wait from here to its end. Lines never fork, because
    the log is held before its head is read.
    """
    key = _key_of(conn)
    hold(conn, "audit")
    head = conn.execute(_HEAD).first()
    number, last = (head.length + 1, bytes(head.hash)) if head else (1, NOTHING)
    row = _storable(entry)
    fresh = digest(key, row, last)
    conn.execute(_ADD, row | {"number": number, "previous": last, "hash": fresh})
    new = {"length": number, "hash": fresh, "mac": vouch(key, number, fresh)}
    if head:
        conn.execute(_MOVE_HEAD, new)
    else:
        conn.execute(_FIRST_HEAD, new | {"id": 1})


def mark(conn: Connection) -> Mark:
    """Return how the log ends now."""
    head = conn.execute(_HEAD).first()
    return Mark(head.length, bytes(head.hash).hex()) if head else Mark(0, "")


def latest(conn: Connection, most: int) -> list[Line]:
    """Return the last lines, in order."""
    return [_line(row) for row in reversed(conn.execute(_LAST, {"most": most}).all())]


def _key_of(conn: Connection) -> bytes:
    key: bytes | None = conn.get_execution_options().get(AUDIT_KEY)
    if not key:
        raise AuditKeyError
    return key


def digest(key: bytes, row: dict[str, Any], previous: bytes) -> bytes:
    """Return the hash of a line; its number follows from the chain."""
    names = ("at", "actor", "action", "subject", "reason", "before", "after", "origin")
    content = _canonical([row[name] for name in names])
    return hmac.digest(key, b"line\0" + previous + content.encode(), "sha256")


def vouch(key: bytes, length: int, last: bytes) -> bytes:
    """Return the MAC of the head."""
    return hmac.digest(key, b"head\0%d\0%b" % (length, last), "sha256")


def _storable(entry: Entry) -> dict[str, Any]:
    return {
        "at": int(entry.at.timestamp()),
        "actor": _clean(entry.actor),
        "action": _clean(entry.action),
        "subject": _clean(entry.subject),
        "reason": _clean(mask(entry.reason)[:LONGEST]),
        "before": _json(entry.before),
        "after": _json(entry.after),
        "origin": _clean(entry.origin[:LONGEST]),
    }


def _clean(text: str) -> str:
    """Take out whole ID and phone numbers, whoever put them in, and what no database holds."""
    plain = text.replace("\0", "").encode("utf-8", "replace").decode()
    return _WHOLE_NUMBER.sub(NUMBER, plain)


def _clean_leaves(value: Any) -> Any:
    if isinstance(value, dict):
        return {_clean(key): _clean_leaves(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean_leaves(each) for each in value]
    if value is None or isinstance(value, bool | float):
        return value
    cleaned = _clean(str(value))
    return cleaned if isinstance(value, str) or cleaned != str(value) else value


def _json(value: dict[str, Any] | None) -> str:
    return "" if value is None else _canonical(_clean_leaves(value))


def _canonical(value: Any) -> str:
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=repr
    )


def _line(row: Row[Any]) -> Line:
    at = dt.datetime.fromtimestamp(row.at, SHANGHAI)
    before, after = _read(row.before), _read(row.after)
    entry = Entry(at, row.actor, row.action, row.subject, row.reason, before, after, row.origin)
    return Line(row.number, entry)


def _read(text: str) -> dict[str, Any] | None:
    """Read what `_json` wrote; what somebody else did to it is shown as it is."""
    try:
        found: dict[str, Any] | None = json.loads(text) if text else None
    except ValueError:
        return {"?": text}
    return found
