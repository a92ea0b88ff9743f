"""Proving who one is (核对身份): name, ID number, phone's last four digits against the registry.

Nobody learns from the answer, from how long it takes, or from what is counted, whether a number
is in the registry: no such person, does not match and locked are one refusal after the same work.
Only while the brake is on for everybody is it quicker, which says nothing of anybody.
"""

from __future__ import annotations

import hmac
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jcbot.audit import Entry, person_subject, record
from jcbot.outbox import Promise, promise, withdraw
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

TRIED, MOVED, NOBODY = "identity_tried", "binding_moved", "identity_nobody"

log = logging.getLogger(__name__)


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

    Proof clears what was counted against the number, not against the openid: who has one good
    number could else win back his tries with it. A city's own service is asked only where
    nothing is locked (which says nothing about the registry), and while it is away nothing is
    counted: `LookUp`, `RegistryAwayError`.
    """
    conn, keys, now = case.conn, case.keys, case.now
    id_key = keys.id_key(claim.id_number)
    own, theirs = keys.strike_key(f"openid {case.openid}"), keys.strike_key(claim.id_number)
    hold(conn, "identity", own.hex())
    hold(conn, "identity", id_key.hex())
    if strikes.in_this_minute(conn, now) >= case.limits.misses_per_minute:
        return False
    shut = [strikes.locked(conn, key, now) for key in (own, theirs)]
    known = _asked(case, id_key, claim, closed=any(shut))
    fits = _compare(known, id_key, claim, case.limits)
    if fits and not any(shut):
        strikes.clear(conn, theirs)
        if known.values is not None:
            keep(conn, keys, known.values, now)
        _bind(case, id_key)
        return True
    _refuse(case, (own, theirs), id_key, counts=not any(shut))
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


def _compare(known: _Known, id_key: bytes, claim: Pocket, limits: Identity) -> bool:
    """Compare with the nearest person, all of it whatever comes out."""
    name, phone = known.name, known.phone
    same = hmac.compare_digest(known.id_key, id_key)
    named = hmac.compare_digest(plain_name(name).encode(), plain_name(claim.name).encode())
    tail = hmac.compare_digest(phone[-TAIL:].encode(), claim.tail.encode())
    proven = tail or not phone or not limits.ask_phone
    return same and named and proven


def _refuse(case: Case, keys: tuple[bytes, bytes], id_key: bytes, *, counts: bool) -> None:
    """Count the try and tell the owner; where it does not count, the same work for nothing."""
    conn, now, most = case.conn, case.now, case.limits.misses_per_minute
    for key in keys:
        strikes.miss(conn, key, now, case.limits, counts=counts)
    if strikes.count_minute(conn, now, counts=counts) == most and counts:
        log.warning("identity tries are refused for the rest of this minute")
    owner = bindings.owner(conn, id_key)
    if owner is not None and owner != case.openid:
        _tell(case, TRIED, owner, id_key)
        withdraw(conn, NOBODY)
    else:  # a promise written and taken back takes as long as one that stays
        _tell(case, NOBODY, case.openid, id_key)
        withdraw(conn, _key(case, NOBODY, id_key))


def _bind(case: Case, id_key: bytes) -> None:
    before = bindings.bind(case.conn, case.openid, id_key, case.now)
    if before is not None:
        _tell(case, MOVED, before, id_key)
        subject = person_subject(case.conn, id_key)
        record(case.conn, Entry(case.now, "worker", "identity.moved", subject))


def _tell(case: Case, kind: str, openid: str, id_key: bytes) -> None:
    """Promise word to who is bound."""
    promise(case.conn, Promise(_key(case, kind, id_key), kind, openid, {}, case.now))


def _key(case: Case, kind: str, id_key: bytes) -> str:
    """Of tries once a day, of a move each time."""
    when = str(int(case.now.timestamp())) if kind == MOVED else case.now.date().isoformat()
    return f"{kind}:{id_key.hex()}:{when}"
