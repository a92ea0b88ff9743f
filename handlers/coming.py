"""Honest answers for what is not there yet (尚未开通): the card, classes, notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import human, menu
from handlers.text import lines

if TYPE_CHECKING:
    from handlers.turn import Turn


def card(turn: Turn) -> str:
    """The labour registration card: say what it is and who can look it up."""
    return _answer(turn, "coming.card", [("topic:card_program", turn.say("coming.card_what"))])


def training(turn: Turn) -> str:
    """Classes and sign-ups: say that they are not here yet and what is."""
    offers = [
        ("estimate:inclusive_training", turn.say("coming.training_check")),
        ("topic:inclusive_training", turn.say("coming.training_what")),
    ]
    return _answer(turn, "coming.training", offers)


def notices(turn: Turn) -> str:
    """Notices on and off: nothing is sent yet, so nothing to switch."""
    return _answer(turn, "coming.notices", [("topic:policy_overview", turn.say("coming.overview"))])


def _answer(turn: Turn, key: str, offers: list[tuple[str, str]]) -> str:
    again = turn.state.last == key
    turn.state.last = key
    shown = menu.offer(turn, [*offers, ("human_agent", turn.say("menu.to_human"))])
    said = turn.say("coming.as_said") if again else turn.say(key)
    return lines(said, human.contact(turn), shown)
