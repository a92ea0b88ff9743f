"""Text messages (短信): to whom one can go, how many may still go today, to which number.

The number stays sealed in the registry until the moment of sending; no promise carries it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, func, select

from jcbot.people.bindings import bound_to, consents_to_any
from jcbot.people.generations import live_number
from jcbot.people.registry import by_key
from jcbot.storage.identity_tables import bindings, consents
from jcbot.storage.locks import hold
from jcbot.storage.people_tables import ID, people, people_keys
from jcbot.storage.training_tables import outbox
from knowledge.sending import SMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from jcbot.people.keys import PeopleKeys

_K, _B = people_keys.c, bindings.c
_PHONED = (
    select(_B.openid)
    .join(consents, and_(consents.c.openid == _B.openid, consents.c.withdrawn.is_(None)))
    .join(people_keys, and_(
        _K.generation == live_number, _K.domain == ID, _K.key == _B.id_key
    ))
    .join(people, people.c.id == _K.person)
    .where(_B.openid.in_(bindparam("os", expanding=True)), people.c.phone.is_not(None))
)  # fmt: skip
_SENT = select(func.count()).where(outbox.c.channel == SMS, outbox.c.called >= bindparam("since"))


@dataclass(slots=True)
class Share:
    """How many may still go today; when it is used up the channel rests until midnight."""

    left: int
    until: dt.datetime
    resting: dict[str, dt.datetime]

    def __post_init__(self) -> None:
        """Rest at once where nothing is left."""
        self._rest()

    def take(self) -> None:
        """Count one."""
        self.left -= 1
        self._rest()

    def _rest(self) -> None:
        if self.left <= 0:
            self.resting[SMS] = max(self.until, self.resting.get(SMS, self.until))


def share_of(
    conn: Connection, per_day: int, now: dt.datetime, resting: dict[str, dt.datetime]
) -> Share:
    """Return what is left of today's; no other courier counts before this transaction is over."""
    hold(conn, "text messages")
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    sent = conn.execute(_SENT, {"since": int(midnight.timestamp())}).scalar_one()
    return Share(per_day - sent, midnight + dt.timedelta(days=1), resting)


def phoned(conn: Connection, openids: Sequence[str]) -> set[str]:
    """Return who of these is bound to somebody of the registry with a telephone, by consent."""
    return set(conn.execute(_PHONED, {"os": openids}).scalars())


def phone_of(conn: Connection, keys: PeopleKeys, openid: str) -> str:
    """Return the number of the person this openid speaks for; "" where there is none any more."""
    key = bound_to(conn, openid)
    if key is None or not consents_to_any(conn, openid):
        return ""
    person = by_key(conn, keys, key)
    return person.phone if person is not None else ""
