"""The staff decide on cards told by workers (核实登记、更正): into the registry, or refused.

All functions are units of work; either way the worker is promised word.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jcbot.errors import JcbotError
from jcbot.masking import mask
from jcbot.outbox import Promise, promise
from jcbot.people import bindings, cards
from jcbot.people.cards import ACCEPTED, CORRECT, REFUSED, Verdict
from jcbot.people.identity import birth_of, sex_of
from jcbot.people.keys import plain_name
from jcbot.people.registry import by_key
from jcbot.people.store import add, hold_registry, revise
from jcbot.storage.locks import hold

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from jcbot.people.cards import CardRequest
    from jcbot.people.keys import PeopleKeys
    from jcbot.people.registry import Person

CARD_ACCEPTED, CARD_REFUSED = "card_accepted", "card_refused"
SOURCE = "request"
"""Where a row comes from that a worker told and the staff accepted."""
DONE = "done"
LONGEST_REASON = 100
_GROUP = "groups__"


class GoneError(JcbotError):
    """The person whose card is to be corrected is not in the registry any more."""

    sentence = "名册里已经没有这个人了，改不了。请退回并写明原因，让他重新登记。"


class ReasonError(JcbotError):
    """A reason that cannot be sent to the worker."""


@dataclass(frozen=True, slots=True)
class Change:
    """One column: what the registry has (None: nothing), what is asked for."""

    column: str
    old: Any = field(repr=False)
    new: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request beside the registry; `known` if the person is in it. Names and numbers in clear.

    `county` is the person's, or the one a newcomer tells; "" where neither is known.
    """

    request: CardRequest
    known: bool
    county: str
    name: str = field(repr=False)
    id_number: str = field(repr=False)
    changes: list[Change] = field(repr=False)


def look(conn: Connection, keys: PeopleKeys, request: CardRequest) -> Asked:
    """Hold a request against the registry as it is now."""
    person, told = by_key(conn, keys, request.id_key), request.told
    name = person.name if person else told.get("name", "")
    number = person.id_number if person else told.get("id_number", "")
    changes = [
        Change(column, _standing(person, column) if person else None, new)
        for column, new in told.items()
        if column != "id_number" and not (column == "name" and name == new)
    ]
    county = person.row.county if person else told.get("county")
    return Asked(request, person is not None, county or "", name, number, changes)


def waiting(conn: Connection, keys: PeopleKeys, most: int = 100) -> list[Asked]:
    """Return what waits for the staff beside the registry, the oldest first."""
    return [look(conn, keys, request) for request in cards.waiting(conn, keys, most)]


def accept(
    conn: Connection, keys: PeopleKeys, number: int, by: str, now: dt.datetime
) -> CardRequest:
    """Write what a worker told into the live registry, bind a newcomer, promise word.

    `NoRequestError`, `DecidedError`, `GoneError`, `NoRegistryError`.
    """
    request = cards.settle(conn, keys, number, Verdict(ACCEPTED, by, now))
    hold(conn, "identity", request.id_key.hex())
    hold_registry(conn)
    person = by_key(conn, keys, request.id_key)
    if request.kind == CORRECT:
        if person is None:
            raise GoneError
        revise(conn, keys, person, _cells(person, request.told), now)
    else:
        _register(conn, keys, request, person, now)
        _bind(conn, request, now)
    _tell(conn, request, CARD_ACCEPTED, {}, now)
    return request


def refuse(  # noqa: PLR0913, PLR0917 - as accept, and why
    conn: Connection, keys: PeopleKeys, number: int, reason: str, by: str, now: dt.datetime
) -> CardRequest:
    """Refuse what a worker told; he is promised `reason` (checked by `checked_reason`).

    `NoRequestError`, `DecidedError`, `ReasonError`.
    """
    reason = checked_reason(reason)
    request = cards.settle(conn, keys, number, Verdict(REFUSED, by, now))
    _tell(conn, request, CARD_REFUSED, {"reason": reason}, now)
    return request


def checked_reason(text: str) -> str:
    """Return a reason fit to be kept in clear and sent; `ReasonError`."""
    reason = " ".join(text.split()).rstrip("。.")
    if not reason:
        raise ReasonError("要写退回的原因，本人会看到。")
    if len(reason) > LONGEST_REASON:
        raise ReasonError(f"原因太长，最多{LONGEST_REASON}个字。")
    if mask(reason) != reason:
        raise ReasonError("原因里不能写身份证号、手机号这样的号码。")
    return reason


def _register(
    conn: Connection,
    keys: PeopleKeys,
    request: CardRequest,
    person: Person | None,
    now: dt.datetime,
) -> None:
    filed = {"card_status": DONE, "card_date": now.date()}
    if person is None:
        number = request.told["id_number"]
        whose = {"birth": birth_of(number), "sex": sex_of(number)}
        add(conn, keys, request.told | whose | filed, SOURCE, now)
        return
    told = {column: value for column, value in request.told.items() if column != "id_number"}
    if plain_name(told["name"]) == plain_name(person.name):
        del told["name"]
    already = person.row.card_status == DONE and person.row.card_date is not None
    revise(conn, keys, person, _cells(person, told) | ({} if already else filed), now)


def _bind(conn: Connection, request: CardRequest, now: dt.datetime) -> None:
    """Let who registered speak for the person, unless either is bound, or consent is gone."""
    free = bindings.owner(conn, request.id_key) is None
    alone = bindings.bound_to(conn, request.openid) is None
    if free and alone and bindings.consents_to_any(conn, request.openid):
        bindings.bind(conn, request.openid, request.id_key, now)


def _cells(person: Person, told: dict[str, Any]) -> dict[str, Any]:
    """Return the cells that change; a group that stood there and was not told is unknown now."""
    cells = {column: value for column, value in told.items() if column != "groups"}
    if "groups" in told:
        stood = {column for column in person.row._fields if column.startswith(_GROUP)}
        had = {column: None for column in stood if getattr(person.row, column)}
        cells |= had | {_GROUP + group: has for group, has in told["groups"].items()}
    return cells


def _standing(person: Person, column: str) -> Any:
    if column in {"name", "phone"}:
        return getattr(person, column) or None
    if column == "groups":
        fields = (name for name in person.row._fields if name.startswith(_GROUP))
        known = {name.removeprefix(_GROUP): getattr(person.row, name) for name in fields}
        return {name: has for name, has in known.items() if has is not None} or None
    return getattr(person.row, column)


def _tell(
    conn: Connection, request: CardRequest, kind: str, more: dict[str, Any], now: dt.datetime
) -> None:
    payload = {"asked": request.kind, "made": request.made.date().isoformat()} | more
    promise(conn, Promise(f"{kind}:{request.id}", kind, request.openid, payload, now))
