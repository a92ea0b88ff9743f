"""What a talk may ask of the registry (本人资料): consent, proof, one's own card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jcbot.people import bindings, cards, pocket
from jcbot.people.live import SERVICE, refreshed
from jcbot.people.proof import Case, prove
from jcbot.people.registry import by_key
from jcbot.people.store import drop, hold_registry

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from jcbot.people.cards import CardRequest
    from jcbot.people.keys import PeopleKeys
    from jcbot.people.live import Answers
    from jcbot.people.pocket import Pocket
    from jcbot.people.registry import Person
    from jcbot.settings import Identity


@dataclass(frozen=True, slots=True)
class PeopleService:
    """The registry for one openid during one turn; writes go with the turn's transaction."""

    conn: Connection
    keys: PeopleKeys
    openid: str
    now: dt.datetime
    limits: Identity
    answers: Answers | None = None

    def agreed(self, version: str) -> bool:
        """Say whether this version of the notice was agreed to."""
        return bindings.agreed(self.conn, self.openid, version)

    def agree(self, version: str) -> None:
        """Keep the consent."""
        bindings.agree(self.conn, self.openid, version, self.now)

    def withdraw(self) -> None:
        """Take the consent back, with binding and what was sent."""
        bindings.withdraw(self.conn, self.openid, self.now)
        pocket.empty(self.conn, self.openid)

    def lapse(self) -> None:
        """Let the consent end, and drop what was sent; the binding stays for a new consent."""
        bindings.lapse(self.conn, self.openid, self.now)
        pocket.empty(self.conn, self.openid)

    def pocket(self) -> Pocket:
        """Return what was sent of name and numbers so far."""
        return pocket.look(self.conn, self.keys.sealer, self.openid)

    def keep(self, what: Pocket) -> None:
        """Keep name and numbers, sealed, for the messages to come."""
        pocket.keep(self.conn, self.keys.sealer, self.openid, what, self.now)

    def empty_pocket(self) -> None:
        """Drop what was sent."""
        pocket.empty(self.conn, self.openid)

    def prove(self, claim: Pocket) -> bool:
        """Check name and numbers against the registry, and bind if they fit.

        Of a city's own service: `LookUp`, `RegistryAwayError`.
        """
        case = Case(self.conn, self.keys, self.openid, self.now, self.limits, self.answers)
        return prove(case, claim)

    def bound_to(self) -> bytes | None:
        """Return the key of the person this openid speaks for."""
        return bindings.bound_to(self.conn, self.openid)

    def unbind(self) -> None:
        """Speak for nobody any more."""
        bindings.unbind(self.conn, self.openid)
        pocket.empty(self.conn, self.openid)

    def myself(self) -> Person | None:
        """Return the person bound, None where nobody is or who left the registry.

        `LookUp` where a city's own service has to be asked again.
        """
        key = self.bound_to()
        person = by_key(self.conn, self.keys, key) if key is not None else None
        if person is None or self.answers is None:
            return person
        return refreshed(self.conn, self.keys, person, self.answers, self.now)

    def key_of(self, id_number: str) -> bytes:
        """Return the key of an ID number."""
        return self.keys.id_key(id_number)

    def ask_card(self, id_key: bytes, kind: str, told: dict[str, Any]) -> None:
        """Send a new card or a correction to the staff; `TooManyRequestsError`."""
        cards.ask(self.conn, self.keys, cards.Told(self.openid, id_key, kind, told), self.now)

    def asked(self, id_key: bytes) -> list[CardRequest]:
        """Return what this openid asked for on this card, the latest first."""
        return cards.of_openid(self.conn, self.keys, self.openid, id_key)

    def sent(self) -> list[CardRequest]:
        """Return what this openid sent that still waits."""
        return cards.sent_by(self.conn, self.keys, self.openid)

    def forget(self) -> None:
        """Drop consent, binding, pocket and requests of this openid.

        What was only kept of a city's own service goes too.
        """
        key = self.bound_to()
        person = by_key(self.conn, self.keys, key) if key is not None else None
        if person is not None and person.row.source == SERVICE:
            hold_registry(self.conn)
            drop(self.conn, self.keys, person)
        bindings.forget(self.conn, self.openid)
        pocket.empty(self.conn, self.openid)
        cards.forget(self.conn, self.openid)
