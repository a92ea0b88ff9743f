"""Cards told by workers that wait for the staff (待核实): new ones and corrections, sealed."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from jcbot.clock import SHANGHAI
from jcbot.errors import JcbotError
from jcbot.storage.identity_tables import card_requests

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from jcbot.people.keys import PeopleKeys

REGISTER, CORRECT = "register", "correct"
PENDING, ACCEPTED, REFUSED = "pending", "accepted", "refused"
A_DAY = 5
_R = card_requests.c
_MINE = (
    select(card_requests)
    .where(_R.id_key == bindparam("k"), _R.openid == bindparam("o"))
    .order_by(_R.id.desc())
)
_SENT = (
    select(card_requests)
    .where(_R.openid == bindparam("o"), _R.state == PENDING)
    .order_by(_R.id.desc())
)
_OPEN = select(card_requests).where(_R.state == PENDING).order_by(_R.id).limit(bindparam("most"))
_TODAY = select(func.count(_R.id)).where(_R.openid == bindparam("o"), _R.made > bindparam("since"))
_FORGET = delete(card_requests).where(_R.openid == bindparam("o"))
_FORGET_PERSON = delete(card_requests).where(_R.id_key == bindparam("k"))
_ONE = select(card_requests).where(_R.id == bindparam("i"))
_DONE = select(card_requests).where(_R.state == ACCEPTED).order_by(_R.id)
_DROP = delete(card_requests).where(_R.id == bindparam("i"), _R.state == PENDING)
_DECIDE = (
    update(card_requests)
    .where(_R.id == bindparam("i"), _R.state == PENDING)
    .values(state=bindparam("s"), decided=bindparam("at"), decided_by=bindparam("by"))
)


class TooManyRequestsError(JcbotError):
    """An openid has sent as many cards as a day allows."""

    sentence = "今天您已经交了好几次登记，先等工作人员核实完再交。急的话回复“人工”。"


class NoRequestError(JcbotError):
    """There is no request of this number (any more)."""

    def __init__(self, number: int) -> None:
        """Name the number."""
        super().__init__(
            f"没有{number}号申请，可能本人又改过、换了新号。用 jcbot people requests 看。"
        )


class DecidedError(JcbotError):
    """The request was accepted or refused already."""

    def __init__(self, number: int) -> None:
        """Name the number."""
        super().__init__(f"{number}号申请已经有人办过了，这次没有改动。")


@dataclass(frozen=True, slots=True)
class CardRequest:
    """What a worker asked to be written on a card; `told` maps our column to what was said."""

    id: int
    openid: str = field(repr=False)
    id_key: bytes = field(repr=False)
    kind: str
    state: str
    told: dict[str, Any] = field(repr=False)
    made: dt.datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be asked of the staff: by which openid, for whom, of which kind, what."""

    openid: str = field(repr=False)
    id_key: bytes = field(repr=False)
    kind: str
    values: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the staff decide: accepted or refused, by whom, when."""

    state: str
    by: str
    now: dt.datetime


def ask(conn: Connection, keys: PeopleKeys, told: Told, now: dt.datetime) -> None:
    """Send a card to the staff; one of the same kind that still waits is made one with it.

    `TooManyRequestsError`.
    """
    since = int(now.timestamp()) - 86_400
    if conn.execute(_TODAY, {"o": told.openid, "since": since}).scalar_one() >= A_DAY:
        raise TooManyRequestsError
    values = told.values
    for row in conn.execute(_MINE, {"k": told.id_key, "o": told.openid}).all():
        if row.state == PENDING and row.kind == told.kind:
            values = _told(row, keys) | values
            conn.execute(_DROP, {"i": row.id})  # unless it was decided just now
    sealed = keys.sealer.seal(json.dumps(values, ensure_ascii=False), place(told.id_key))
    row_ = {"openid": told.openid, "id_key": told.id_key, "kind": told.kind, "sealed": sealed}
    conn.execute(insert(card_requests), row_ | {"state": PENDING, "made": int(now.timestamp())})


def of_openid(conn: Connection, keys: PeopleKeys, openid: str, id_key: bytes) -> list[CardRequest]:
    """Return what this openid asked for on this person's card, the latest first."""
    return [_request(row, keys) for row in conn.execute(_MINE, {"k": id_key, "o": openid})]


def sent_by(conn: Connection, keys: PeopleKeys, openid: str) -> list[CardRequest]:
    """Return what this openid sent that still waits, for whomever, the latest first."""
    return [_request(row, keys) for row in conn.execute(_SENT, {"o": openid})]


def waiting(conn: Connection, keys: PeopleKeys, most: int = 100) -> list[CardRequest]:
    """Return what waits for the staff, the oldest first."""
    return [_request(row, keys) for row in conn.execute(_OPEN, {"most": most})]


def accepted(conn: Connection, keys: PeopleKeys) -> list[CardRequest]:
    """Return all that the staff accepted, the oldest first."""
    return [_request(row, keys) for row in conn.execute(_DONE)]


def one(conn: Connection, keys: PeopleKeys, number: int) -> CardRequest:
    """Return the request of this number; `NoRequestError`."""
    row = conn.execute(_ONE, {"i": number}).first()
    if row is None:
        raise NoRequestError(number)
    return _request(row, keys)


def settle(conn: Connection, keys: PeopleKeys, number: int, verdict: Verdict) -> CardRequest:
    """Note the staff's verdict and return the request; of two at once the second is refused.

    `NoRequestError`, `DecidedError`.
    """
    values = {"i": number, "s": verdict.state, "by": verdict.by}
    done = conn.execute(_DECIDE, values | {"at": int(verdict.now.timestamp())})
    request = one(conn, keys, number)
    if not done.rowcount:
        raise DecidedError(number)
    return request


def forget(conn: Connection, openid: str) -> None:
    """Drop all requests of an openid."""
    conn.execute(_FORGET, {"o": openid})


def forget_person(conn: Connection, id_key: bytes) -> int:
    """Drop all requests about a person, whoever sent them; return how many it were."""
    return conn.execute(_FORGET_PERSON, {"k": id_key}).rowcount


def _request(row: Row[Any], keys: PeopleKeys) -> CardRequest:
    made = dt.datetime.fromtimestamp(row.made, SHANGHAI)
    told = _told(row, keys)
    return CardRequest(row.id, row.openid, bytes(row.id_key), row.kind, row.state, told, made)


def _told(row: Row[Any], keys: PeopleKeys) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(keys.sealer.open(row.sealed, place(bytes(row.id_key))))
    return told


def place(id_key: bytes) -> bytes:
    """Return what binds a sealed card to its person."""
    return b"card\0" + id_key
