"""The keys of training: whom a row is about, how a certificate's number is kept and found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jcbot.people.keys import PeopleKeys
from jcbot.sealing import BlindIndex, Sealer

if TYPE_CHECKING:
    from jcbot.keyring import Keyring

_PLACE = b"outcomes\0certificate\0"


class TrainingKeys:
    """Seals and indexes certificate numbers; `person` makes the key of an ID number.

    A person's key is that of the registry, so that both speak of the same one. `check_in` is
    the keyed hash from which check-in codes are made.
    """

    def __init__(self, keyring: Keyring) -> None:
        """Take the ring as it is now."""
        self.sealer = Sealer(keyring)
        self.person = PeopleKeys(keyring).id_key
        self.certificate = BlindIndex(keyring, "training.certificate", 16).of
        self.check_in = BlindIndex(keyring, "training.check_in", 5).of

    def seal(self, number: str, enrolment: int) -> bytes:
        """Seal the certificate's number of an enrolment."""
        return self.sealer.seal(number, _place(enrolment))

    def open(self, sealed: bytes, enrolment: int) -> str:
        """Open the certificate's number of an enrolment; `SealError` if it does not fit."""
        return self.sealer.open(sealed, _place(enrolment))


def _place(enrolment: int) -> bytes:
    return _PLACE + str(enrolment).encode()
