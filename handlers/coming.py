"""Honest answers for what is not there yet (尚未开通): notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import human, menu
from handlers.text import lines

if TYPE_CHECKING:
    from handlers.turn import Turn


def notices(turn: Turn) -> str:
    """Notices on and off: nothing is sent yet, so nothing to switch."""
    return _answer(turn, "coming.notices", [("topic:policy_overview", turn.say("coming.overview"))])


def _answer(turn: Turn, key: str, offers: list[tuple[str, str]]) -> str:
    again = turn.state.last == key
    turn.state.last = key
    shown = menu.offer(turn, [*offers, ("human_agent", turn.say("menu.to_human"))])
    said = turn.say("coming.as_said") if again else turn.say(key)
    return lines(said, human.contact(turn), shown)
