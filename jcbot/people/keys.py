"""The keys of the registry: how a person's row is sealed and what it is found by."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from jcbot.sealing import BlindIndex, Sealer

if TYPE_CHECKING:
    from jcbot.keyring import Keyring

SEALED = ("name", "id_number", "phone", "note")
"""The sealed columns of `people`."""
TAIL = 4
MANY = 20_000
"""Names and endings come again and again: how many of their keys are kept at hand."""
_PLACES = {column: b"people\0" + column.encode() + b"\0" for column in SEALED}


class PeopleKeys:
    """Seals and indexes the registry's columns."""

    def __init__(self, keyring: Keyring) -> None:
        """Take the ring as it is now."""
        self.sealer = Sealer(keyring)
        # An ID's key names the row, so it is long enough never to meet another; the others
        # only narrow down a search and are looked at again after opening.
        self.id_key = BlindIndex(keyring, "people.id", 16).of
        name, phone, tail = (
            BlindIndex(keyring, f"people.{domain}", 8) for domain in ("name", "phone", "tail")
        )
        self._phone = phone.of
        self.strike_key = BlindIndex(keyring, "people.strike", 16).of
        self._name, self._tail = (lru_cache(MANY)(each.of) for each in (name, tail))

    def name_key(self, name: str) -> bytes:
        """Return the key of a name; blanks, width and the dot in it make no difference."""
        return self._name(plain_name(name))

    def phone_key(self, phone: str) -> bytes:
        """Return the key of a whole phone number."""
        return self._phone(phone)

    def tail_key(self, phone: str) -> bytes:
        """Return the key of the last four digits of a phone number, or of just those four."""
        return self._tail(phone[-TAIL:])

    def seal(self, text: str, id_key: bytes, column: str) -> bytes:
        """Seal one cell of the row that `id_key` names."""
        return self.sealer.seal(text, place(id_key, column))

    def open(self, sealed: bytes, id_key: bytes, column: str) -> str:
        """Open one cell of the row that `id_key` names; `SealError` if it does not fit."""
        return self.sealer.open(sealed, place(id_key, column))


def place(id_key: bytes, column: str) -> bytes:
    """Return what binds a cell to its row and column."""
    return _PLACES[column] + id_key


def plain_name(name: str) -> str:
    """Return a name in the form it is compared in."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    if plain.isalpha():
        return plain
    return "".join(char for char in plain if not char.isspace() and char not in "·•.")
