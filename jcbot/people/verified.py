"""What the staff accepted of workers' cards, held against a new list (已核实的更正).

A list may be older than what was accepted since: nothing is merged, but nothing is lost unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jcbot.people import cards
from jcbot.people.identity import mask_id, mask_name
from jcbot.people.keys import plain_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from jcbot.lists.rows import Values
    from jcbot.people.keys import PeopleKeys
    from jcbot.people.list_reading import Person


@dataclass(frozen=True, slots=True)
class Unlike:
    """A person of whom list and accepted request differ; `row` is 0 if the list lacks him.

    `number` is the latest request, `name` and `id_number` are masked ("" where not known).
    """

    row: int
    number: int
    name: str
    id_number: str
    columns: tuple[str, ...]


class Verified:
    """All accepted requests, one for each person, the later word counting."""

    def __init__(self, requests: Sequence[cards.CardRequest], keys: PeopleKeys) -> None:
        """Take the accepted requests, the oldest first."""
        self._keys = keys
        self._told: dict[bytes, tuple[int, dict[str, Any]]] = {}
        for each in requests:
            _, before = self._told.get(each.id_key, (0, {}))
            self._told[each.id_key] = (each.id, before | each.told)
        self._unseen = set(self._told)
        self._found: list[Unlike] = []

    def look(self, chunk: list[Person]) -> None:
        """Look through people of the list."""
        if not self._told:
            return
        for row, values in chunk:
            key = self._keys.id_key(values["id_number"])
            number, told = self._told.get(key, (0, {}))
            self._unseen.discard(key)
            if columns := tuple(column for column in told if _differs(column, told, values)):
                name, whose = mask_name(values["name"]), mask_id(values["id_number"])
                self._found.append(Unlike(row, number, name, whose, columns))

    def unlike(self) -> list[Unlike]:
        """Return who differs: in the order of the list, then those it lacks."""
        lacking = sorted((self._told[key] for key in self._unseen), key=lambda pair: pair[0])
        return self._found + [
            Unlike(
                0, number, mask_name(told.get("name", "")), mask_id(told.get("id_number", "")), ()
            )
            for number, told in lacking
        ]


def load(conn: Connection, keys: PeopleKeys) -> Verified:
    """Return what was accepted so far."""
    return Verified(cards.accepted(conn, keys), keys)


def _differs(column: str, told: dict[str, Any], values: Values) -> bool:
    new, listed = told[column], values.get(column)
    if column == "id_number":
        return False  # it is what they were found by
    if column == "name":
        return plain_name(new) != plain_name(listed or "")
    if column == "groups":
        return any((listed or {}).get(group) != has for group, has in new.items())
    return bool(listed != new)
