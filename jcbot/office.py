"""The services a turn may use, bound to its one transaction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jcbot import conversations, followers, outbox, questions, tags
from jcbot.announcing import service
from jcbot.people.keys import PeopleKeys
from jcbot.people.service import PeopleService
from jcbot.staff import wechats
from jcbot.training.keys import TrainingKeys
from jcbot.training.service import TrainingService
from jcbot.wishes import WishService

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.config import Config
    from jcbot.keyring import Keyring
    from jcbot.people.live import Answers
    from jcbot.settings import Human
    from knowledge.training import Limits


@dataclass(frozen=True, slots=True)
class Keys:
    """What seals and finds: the registry's, those of training, and the bare index key."""

    people: PeopleKeys
    training: TrainingKeys
    index: bytes = field(repr=False)

    @classmethod
    def of(cls, keyring: Keyring) -> Keys:
        """Make them of the ring as it is now."""
        return cls(PeopleKeys(keyring), TrainingKeys(keyring), keyring.index_key)


@dataclass(frozen=True, slots=True)
class Office:
    """What the office does and remembers during one turn.

    `now` is the business time of the turn, in Asia/Shanghai; all that is written here is kept
    or lost together with the turn's transaction. `answers` are those of a city's own registry
    service, None without one.
    """

    conn: Connection
    now: dt.datetime
    config: Config
    keys: Keys
    training_limits: Limits
    openid: str
    answers: Answers | None = None

    @property
    def human(self) -> Human:
        """Whom a worker can call or visit: phone, hours, address and name from the settings."""
        return self.config.human

    @property
    def people(self) -> PeopleService:
        """The registry, for the worker of this turn."""
        limits, keys = self.config.identity, self.keys.people
        return PeopleService(self.conn, keys, self.openid, self.now, limits, self.answers)

    @property
    def training(self) -> TrainingService:
        """Classes and seats."""
        return TrainingService(self.conn, self.keys.training, self.now, self.training_limits)

    @property
    def wishes(self) -> WishService:
        """Which announcements the worker of this turn wants."""
        return WishService(self.conn, self.openid, self.now)

    def recall(self, openid: str) -> dict[str, Any]:
        """Return the talk's state, {} if there is none or it is too old; holds it for the turn."""
        days = dt.timedelta(days=self.config.conversation.keep_days)
        return conversations.load(self.conn, openid, self.now - days)

    def remember(self, openid: str, state: dict[str, Any]) -> None:
        """Keep the talk's state for the next message."""
        conversations.save(self.conn, openid, state, self.now)

    def ask_staff(self, openid: str, text: str, reason: str) -> bool:
        """Keep a question for the staff, masked; False if this worker's share for today is full."""
        who = questions.asker(openid, self.keys.index)
        return questions.ask_staff(self.conn, who, text, reason, self.now, openid=openid)

    def note_follow(self, openid: str, *, following: bool, created: int) -> bool:
        """Note a subscribe or unsubscribe event; False if a later one is known already."""
        return followers.record(
            self.conn, openid, following=following, created=created, now=self.now
        )

    def bind_staff(self, code: str) -> bool:
        """Bind this WeChat to the account whose code was scanned; False for a code that is none."""
        return wechats.bind(self.conn, self.openid, code, self.now)

    def erase(self, openid: str) -> int:
        """Drop all that this worker left here; return how many sign-ups went.

        Talk, questions, consent, binding, cards that wait, sign-ups and what was promised to
        them, wishes for notices, announcements not sent yet, a binding to an account of staff.
        The registry itself is the office's; that they follow the account, and that they refuse
        notices, stays known, and so do failed tries (by keyed hash), or erasing would win them
        back.
        """
        person = self.people.bound_to()
        dropped = self.training.forget(person) if person is not None else 0
        self.training.forget_openid(openid)
        outbox.forget(self.conn, openid)
        conversations.forget(self.conn, openid)
        questions.forget(self.conn, questions.asker(openid, self.keys.index))
        self.people.forget()
        self.wishes.forget()
        tags.forget(self.conn, openid)
        service.forget(self.conn, openid, self.now)
        wechats.forget(self.conn, openid, self.now)
        return dropped
