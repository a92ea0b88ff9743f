"""From a checked person to the row that is stored, and to the keys the row is found by."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from jcbot.people.keys import SEALED
from jcbot.storage.people_tables import (
    GROUPS,
    ID,
    NAME,
    PHONE,
    ROW_BITS,
    TAIL,
    people,
    people_keys,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jcbot.lists.rows import Values
    from jcbot.people.bulk import Record
    from jcbot.people.keys import PeopleKeys

KEY_COLUMNS = tuple(people_keys.c.keys())
_GROUP_COLUMNS = tuple(f"groups__{group}" for group in GROUPS)
_FIRST, _LAST = ("id", "generation", "id_key", *SEALED), (*_GROUP_COLUMNS, "source", "at")
_PLAIN = tuple(column for column in people.c.keys() if column not in {*_FIRST, *_LAST})  # noqa: SIM118
COLUMNS = (*_FIRST, *_PLAIN, *_LAST)
_NO_GROUPS: dict[str, bool] = {}
IMPORTED = "import"


def record_of(values: Values, id_key: bytes, keys: PeopleKeys, person: int, now: int) -> Record:
    """Return the stored row of a person, in the order of `COLUMNS`; `person` is its id.

    Names, numbers and free text are sealed.
    """
    groups = values.get("groups") or _NO_GROUPS
    return (
        person,
        person >> ROW_BITS,
        id_key,
        *[keys.seal(values[key], id_key, key) if values.get(key) else None for key in SEALED],
        *map(values.get, _PLAIN),
        *map(groups.get, GROUPS),
        IMPORTED,
        now,
    )


def keys_of(values: Values, id_key: bytes, keys: PeopleKeys) -> list[tuple[int, bytes]]:
    """Return what a person is found by: (domain, key) for each; `values` has name and phone."""
    found = [(ID, id_key), (NAME, keys.name_key(values["name"]))]
    if phone := values.get("phone"):
        found += [(PHONE, keys.phone_key(phone)), (TAIL, keys.tail_key(phone))]
    return found


class KeyLists:
    """The keys of all people of one list, kept small, to be written in the order of the keys."""

    def __init__(self, keys: PeopleKeys) -> None:
        """Start empty."""
        self._keys = keys
        self._lists = {domain: (bytearray(), array("I")) for domain in (ID, NAME, PHONE, TAIL)}

    def add(self, row: int, values: Values, id_key: bytes) -> None:
        """Take in one person."""
        for domain, key in keys_of(values, id_key, self._keys):
            blob, rows = self._lists[domain]
            blob += key
            rows.append(row)

    def total(self) -> int:
        """Return how many keys there are."""
        return sum(len(rows) for _, rows in self._lists.values())

    def pieces(self, generation: int, size: int, done: int) -> Iterator[list[Record]]:
        """Yield the records after the first `done`, always in the same order, `size` at a time."""
        import numpy as np  # noqa: PLC0415 - only an import needs it

        base = generation << ROW_BITS
        for domain, (blob, rows) in self._lists.items():
            if not rows:
                continue
            width = len(blob) // len(rows)
            heads = np.frombuffer(bytes(blob), dtype=">u8")[:: width // 8]
            order = np.argsort(heads, kind="stable")[done:]
            done = max(0, done - len(rows))
            for start in range(0, len(order), size):
                yield [
                    (generation, domain, bytes(blob[i * width : (i + 1) * width]), base | rows[i])
                    for i in order[start : start + size].tolist()
                ]
