"""Looking through the audit log: what was changed, taken out, put in another order, cut off."""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, bindparam, select, type_coerce
from sqlalchemy.types import NullType

from jcbot.audit import NOTHING, Mark, digest, vouch
from jcbot.storage.locks import hold
from jcbot.storage.staff_tables import audit, audit_head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Row

PAGE = 1_000
_LOWEST = -(2**63)


def _raw(table: Table) -> list[Any]:
    """Select the cells as they stand: whoever broke in need not have kept to their types."""
    return [type_coerce(column, NullType()).label(column.name) for column in table.c]


_HEAD = select(*_raw(audit_head))
_ON = (
    select(*_raw(audit))
    .where(audit.c.number > bindparam("after"))
    .order_by(audit.c.number)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a row; kind: changed / missing / order / cut / foreign / head."""

    number: int
    kind: str
    sentence: str


def verify(conn: Connection, key: bytes, noted: Mark | None = None) -> list[Fault]:
    """Return what does not fit, in the order of the rows, [] if all is well; holds the log.

    `noted` is what `jcbot.audit.mark` returned at an earlier time and was kept elsewhere.
    """
    hold(conn, "audit")
    faults: list[Fault] = []
    last, number, then = NOTHING, 0, ""
    for row in _rows(conn):
        faults += _look(key, row, last, number + 1)
        last, number = _bytes(row.hash), row.number
        if noted and number == noted.length:
            then = last.hex()
    faults += _look_at_head(conn, key, number, last)
    if noted and noted.hash != then:
        said = f"第{noted.length}行和以前记下的不一样，整本日志可能被换成了旧的。"
        faults.append(Fault(noted.length, "head", said))
    return faults


def _rows(conn: Connection) -> Iterator[Row[Any]]:
    after = _LOWEST
    while rows := conn.execute(_ON, {"after": after, "most": PAGE}).all():
        yield from rows
        after = rows[-1].number


def _look(key: bytes, row: Row[Any], last: bytes, expected: int) -> list[Fault]:
    """Look at one row: did anybody change it, is it the next, does it follow on the last."""
    number, previous = row.number, _bytes(row.previous)
    if not compare_digest(digest(key, row._asdict(), previous), _bytes(row.hash)):
        return [Fault(number, "changed", f"第{number}行被改动过，内容和它的指纹对不上。")]
    if number > expected:
        gone = f"第{expected}行" if number == expected + 1 else f"第{expected}到{number - 1}行"
        return [Fault(expected, "missing", f"{gone}不见了，后面接着的是第{number}行。")]
    if not compare_digest(previous, last):
        said = f"第{number}行接不上前一行：顺序被调换过，或者前面的行被换过。"
        return [Fault(number, "order", said)]
    return []


def _look_at_head(conn: Connection, key: bytes, number: int, last: bytes) -> list[Fault]:
    """Compare the end that was found with what the head says."""
    head = conn.execute(_HEAD).first()
    if head is None:
        said = "日志的总数记录不见了，看不出末尾有没有少行。"
        return [Fault(number, "head", said)] if number else []
    length, final = head.length, _bytes(head.hash)
    if not isinstance(length, int) or not compare_digest(
        vouch(key, length, final), _bytes(head.mac)
    ):
        return [Fault(number, "head", "日志的总数记录被改动过。")]
    if number < length:
        said = f"第{number + 1}行起少了{length - number}行：应当到第{length}行，只到第{number}行。"
        return [Fault(number + 1, "cut", said)]
    if number > length:
        said = f"第{length + 1}行起不在总数里：应当到第{length}行，却有第{number}行。"
        return [Fault(length + 1, "foreign", said)]
    if not compare_digest(final, last):
        return [Fault(number, "order", f"最后的第{number}行不是原来的那一行。")]
    return []


def _bytes(cell: Any) -> bytes:
    return cell if isinstance(cell, bytes) else b""
