"""The followers as the pretend WeChat knows them: state, last message, what they allow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.wechat.pretend.rules import Rules

State = Literal["following", "gone", "refusing", "unknown", "blocked", "failing"]
"""gone 43004, refusing 43101, unknown 40003; blocked and failing show in the finish event."""

CODES = {"gone": 43_004, "refusing": 43_101, "unknown": 40_003}
NEVER = float("-inf")


@dataclass(slots=True)
class Person:
    """One openid. `wrote` and `acted` are Unix times, each with the messages sent since."""

    state: State = "following"
    since: float = 0.0
    wrote: float = NEVER
    sent_since_wrote: int = 0
    acted: float = NEVER
    sent_since_acted: int = 0
    tags: set[int] = field(default_factory=set)
    consents: dict[str, int] = field(default_factory=dict)
    mass_in: dict[str, int] = field(default_factory=dict)

    def use_window(self, rules: Rules, now: float) -> int:
        """Take one place of an open window; 0, or 45047 (used up), or 45015 (closed)."""
        wrote = now - self.wrote <= rules.window_s
        acted = now - self.acted <= rules.event_window_s
        if wrote and self.sent_since_wrote < rules.window_most:
            self.sent_since_wrote += 1
        elif acted and self.sent_since_acted < rules.event_most:
            self.sent_since_acted += 1
        else:
            return 45_047 if wrote or acted else 45_015
        return 0

    def take_mass(self, month: str, most: int) -> bool:
        """Receive one of the mass messages of a month; False when they are used up."""
        if self.state != "following" or self.mass_in.get(month, 0) >= most:
            return False
        self.mass_in[month] = self.mass_in.get(month, 0) + 1
        return True


class People:
    """Everybody by openid, in the order they came."""

    def __init__(self) -> None:
        self._all: dict[str, Person] = {}

    def get(self, openid: str, rules: Rules) -> Person:
        """Return the person; somebody never heard of follows, or is unknown, as the rules say."""
        found = self._all.get(openid)
        if found is None:
            found = Person("following" if rules.everyone_follows and openid else "unknown")
            if found.state == "following":
                self._all[openid] = found
        return found

    def put(self, openid: str, state: str = "") -> Person:
        """Make a follower known, or change what somebody is; ValueError for no such state."""
        if state not in ("", *get_args(State)):
            raise ValueError(f"state: {'、'.join(get_args(State))}")
        person = self._all.setdefault(openid, Person())
        person.state = state or person.state  # type: ignore[assignment]
        return person

    def following(self) -> Iterator[str]:
        """Go through the openids of those who follow."""
        return (
            openid for openid, each in self._all.items() if each.state not in ("gone", "unknown")
        )

    def tagged(self, tag: int) -> list[str]:
        """Return who is under a tag."""
        return [openid for openid in self.following() if tag in self._all[openid].tags]
