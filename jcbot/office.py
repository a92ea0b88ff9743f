"""The services a turn may use, bound to its one transaction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jcbot import conversations, followers, questions

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.config import Config
    from jcbot.settings import Human


@dataclass(frozen=True, slots=True)
class Office:
    """What the office does and remembers during one turn.

    `now` is the business time of the turn, in Asia/Shanghai; all that is written here is kept
    or lost together with the turn's transaction.
    """

    conn: Connection
    now: dt.datetime
    config: Config
    index_key: bytes

    @property
    def human(self) -> Human:
        """Whom a worker can call or visit: phone, hours, address and name from the settings."""
        return self.config.human

    def recall(self, openid: str) -> dict[str, Any]:
        """Return the talk's state, {} if there is none or it is too old; holds it for the turn."""
        days = dt.timedelta(days=self.config.conversation.keep_days)
        return conversations.load(self.conn, openid, self.now - days)

    def remember(self, openid: str, state: dict[str, Any]) -> None:
        """Keep the talk's state for the next message."""
        conversations.save(self.conn, openid, state, self.now)

    def ask_staff(self, openid: str, text: str, reason: str) -> bool:
        """Keep a question for the staff, masked; False if this worker's share for today is full."""
        who = questions.asker(openid, self.index_key)
        return questions.ask_staff(self.conn, who, text, reason, self.now)

    def note_follow(self, openid: str, *, following: bool, created: int) -> bool:
        """Note a subscribe or unsubscribe event; False if a later one is known already."""
        return followers.record(
            self.conn, openid, following=following, created=created, now=self.now
        )

    def erase(self, openid: str) -> None:
        """Drop talk and questions of this worker; that they follow the account stays known."""
        conversations.forget(self.conn, openid)
        questions.forget(self.conn, questions.asker(openid, self.index_key))
