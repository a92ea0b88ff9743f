"""Proving who one is (核对身份): name, ID number, phone's last four digits against the registry.

Nobody learns from the answer, or from how long it takes, whether a number is in the registry:
no such person, does not match and locked are one refusal after the same work.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jcbot.audit import Entry, person_subject, record
from jcbot.outbox import Promise, promise
from jcbot.people import bindings, strikes
from jcbot.people.keys import TAIL, plain_name
from jcbot.people.live import RegistryAwayError, keep
from jcbot.people.registry import nearest
from jcbot.storage.locks import hold

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from jcbot.lists.rows import Values
    from jcbot.people.keys import PeopleKeys
    from jcbot.people.live import Answers
    from jcbot.people.pocket import Pocket
    from jcbot.settings import Identity

TRIED, MOVED = "identity_tried", "binding_moved"


@dataclass(frozen=True, slots=True)
class Case:
    """One try of one openid at one moment."""

    conn: Connection
    keys: PeopleKeys
    openid: str
    now: dt.datetime
    limits: Identity
    answers: Answers | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """Whom a claim is compared with; `values` are those of a city's own service."""

    id_key: bytes
    name: str = field(repr=False)
    phone: str = field(repr=False)
    values: Values | None = field(default=None, repr=False)


def prove(case: Case, claim: Pocket) -> bool:
    """Bind the openid to the person if all fits; else count the try. `claim` has name and number.

    A number of the registry with its right name, but without the phone's digits that stand
    there, is refused and not counted: the worker may send them yet. A city's own service is
    asked only where nothing is locked (which says nothing about the registry), and while it is
    away nothing is counted: `LookUp`, `RegistryAwayError`.
    """
    conn, keys, now = case.conn, case.keys, case.now
    id_key = keys.id_key(claim.id_number)
    hold(conn, "identity", id_key.hex())
    own, theirs = keys.strike_key(f"openid {case.openid}"), keys.strike_key(claim.id_number)
    braked = strikes.in_this_minute(conn, now) >= case.limits.misses_per_minute
    shut = [strikes.locked(conn, key, now) for key in (own, theirs)]
    closed = braked or any(shut)
    known = _asked(case, id_key, claim, closed=closed)
    named, complete = _compare(known, id_key, claim, case.limits)
    if closed:
        return False
    if complete:
        strikes.clear(conn, own)
        strikes.clear(conn, theirs)
        if known.values is not None:
            keep(conn, keys, known.values, now)
        _bind(case, id_key)
        return True
    if not (named and not claim.tail and not claim.no_phone):
        _miss(case, (own, theirs), id_key)
    return False


def _asked(case: Case, id_key: bytes, claim: Pocket, *, closed: bool) -> _Known:
    """Return whom to compare with: the nearest of our own, or whom the service has."""
    if case.answers is None or closed:
        person = nearest(case.conn, case.keys, id_key)
        if person is None:
            return _Known(b"", "", "")
        return _Known(bytes(person.row.id_key), person.name, person.phone)
    found = case.answers.of(claim.id_number)
    if found.away:
        raise RegistryAwayError
    if found.values is None:
        return _Known(b"", "", "")
    return _Known(id_key, found.values["name"], found.values.get("phone", ""), found.values)


def _compare(known: _Known, id_key: bytes, claim: Pocket, limits: Identity) -> tuple[bool, bool]:
    """Compare with the nearest person; return whether the name fits, and whether all does."""
    name, phone, key = known.name, known.phone, known.id_key
    same = hmac.compare_digest(key, id_key)
    named = hmac.compare_digest(plain_name(name).encode(), plain_name(claim.name).encode())
    tail = hmac.compare_digest(phone[-TAIL:].encode(), claim.tail.encode())
    proven = tail or not phone or not limits.ask_phone
    return same and named, same and named and proven


def _miss(case: Case, keys: tuple[bytes, bytes], id_key: bytes) -> None:
    for key in keys:
        strikes.miss(case.conn, key, case.now, case.limits)
    strikes.count_minute(case.conn, case.now)
    owner = bindings.owner(case.conn, id_key)
    if owner is not None and owner != case.openid:
        _tell(case, TRIED, owner, id_key)


def _bind(case: Case, id_key: bytes) -> None:
    before = bindings.bind(case.conn, case.openid, id_key, case.now)
    if before is not None:
        _tell(case, MOVED, before, id_key)
        subject = person_subject(case.conn, id_key)
        record(case.conn, Entry(case.now, "worker", "identity.moved", subject))


def _tell(case: Case, kind: str, openid: str, id_key: bytes) -> None:
    """Promise word to who is bound: of tries once a day, of a move each time."""
    when = case.now.date().isoformat() if kind == TRIED else str(int(case.now.timestamp()))
    key = f"{kind}:{id_key.hex()}:{when}"
    promise(case.conn, Promise(key, kind, openid, {}, case.now))
