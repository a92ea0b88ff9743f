"""A city's own registry service asked while a message is answered (实时名册).

A turn runs inside a transaction and must not wait for a network. So what it needs is asked for
by raising `LookUp`: the transaction is rolled back, the service is asked outside of it, and the
turn runs again with the answer in hand.

    answers = Answers()                       # one for each message
    try: turn(answers)                        # answers.of(id_number) raises LookUp
    except LookUp as asked: answers.put(asked.id_number, await registry.find(asked.id_number))

Whoever proved himself is kept in our own registry, sealed, and asked for anew after a day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from jcbot.errors import JcbotError
from jcbot.people.generations import live_or_new
from jcbot.people.registry import by_key
from jcbot.people.store import add, flat, hold_registry, revise

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.lists.rows import Values
    from jcbot.people.keys import PeopleKeys
    from jcbot.people.registry import Person

SERVICE = "service"
"""Where a row comes from that the service answered."""
FRESH = dt.timedelta(days=1)


class RegistryAwayError(JcbotError):
    """The service did not answer, or not as agreed; nothing can be said about anybody."""

    sentence = "名册系统暂时连不上，请过几分钟再试。"


class LookUp(Exception):  # noqa: N818 - no error, a question
    """The turn needs this person of the service before it can go on; shows no number."""

    def __init__(self, id_number: str) -> None:
        super().__init__("a person of the registry service")
        self.id_number = id_number


@dataclass(frozen=True, slots=True)
class Found:
    """What the service said: the person as an import reads one, None for nobody; or `away`."""

    values: Values | None = field(default=None, repr=False)
    away: bool = False


AWAY = Found(away=True)


class LiveRegistry(Protocol):
    """A city's own registry."""

    async def find(self, id_number: str, end: float) -> Found:
        """Ask for one person; `end` is the loop's time at which to give up. Never raises."""

    async def close(self) -> None:
        """Let go of connections."""


class Answers:
    """What the service said for one message."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self._found: dict[str, Found] = {}

    def __len__(self) -> int:
        return len(self._found)

    def put(self, id_number: str, found: Found) -> None:
        """Keep an answer for the turn that is run again."""
        self._found[id_number] = found

    def of(self, id_number: str) -> Found:
        """Return the answer in hand; `LookUp` if there is none."""
        found = self._found.get(id_number)
        if found is None:
            raise LookUp(id_number)
        return found


def refreshed(
    conn: Connection, keys: PeopleKeys, person: Person, answers: Answers, now: dt.datetime
) -> Person | None:
    """Return a person kept here as the service has him now; None if it has him no more.

    Within a day, or while the service is away, it is as he was last known.
    """
    row = person.row
    if row.source == SERVICE and row.at > (now - FRESH).timestamp():
        return person
    found = answers.of(person.id_number)
    if found.away:
        return person
    if found.values is None:
        return None
    keep(conn, keys, found.values, now)
    return by_key(conn, keys, bytes(row.id_key))


def keep(conn: Connection, keys: PeopleKeys, values: Values, now: dt.datetime) -> None:
    """Keep a person the service told of in the live generation, in place of what was there."""
    hold_registry(conn)
    live_or_new(conn, SERVICE, int(now.timestamp()))
    person = by_key(conn, keys, keys.id_key(values["id_number"]))
    if person is None:
        add(conn, keys, values, SERVICE, now)
    else:
        revise(conn, keys, person, flat(values) | {"source": SERVICE}, now)
