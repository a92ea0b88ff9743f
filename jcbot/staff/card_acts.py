"""What staff do with cards told by workers (核实登记、更正), each with its line in the log."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jcbot.audit import person_subject
from jcbot.people import cards, deciding

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.people.cards import CardRequest
    from jcbot.people.keys import PeopleKeys
    from jcbot.staff.model import By

CARDS = "people.cards"


def accept_card(conn: Connection, by: By, keys: PeopleKeys, number: int) -> None:
    """Accept a request into the registry (see `deciding.accept`)."""
    _require(conn, by, keys, number)
    request = deciding.accept(conn, keys, number, by.actor, by.at)
    _note(conn, by, request, cards.ACCEPTED)


def refuse_card(conn: Connection, by: By, keys: PeopleKeys, number: int, reason: str) -> None:
    """Refuse a request (see `deciding.refuse`); the reason told stands in the log too."""
    _require(conn, by, keys, number)
    request = deciding.refuse(conn, keys, number, reason, by.actor, by.at)
    _note(conn, replace(by, reason=reason), request, cards.REFUSED)


def _require(conn: Connection, by: By, keys: PeopleKeys, number: int) -> None:
    """See that this may be done in the county of the person, or the one a newcomer tells."""
    asked = deciding.look(conn, keys, cards.one(conn, keys, number))
    by.require(CARDS, asked.county)


def _note(conn: Connection, by: By, request: CardRequest, state: str) -> None:
    """Write which columns it was about; what stood in them names somebody."""
    after = {"request": request.id, "kind": request.kind, "state": state}
    columns = sorted(set(request.told) - {"id_number"})
    by.note(conn, CARDS, person_subject(conn, request.id_key), after=after | {"columns": columns})
