"""What is kept of a question (留问题): without numbers, without the name in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jcbot.masking import mask

if TYPE_CHECKING:
    from handlers.turn import Turn

KEPT = 100  # characters of a question kept in case its answer is found useless


def remember(turn: Turn) -> None:
    """Keep the question in the talk's state, should the worker say its answer was of no use."""
    turn.state.said = turn.library.names.hide(mask(turn.text[:KEPT]))


def to_staff(turn: Turn, text: str, reason: str) -> None:
    """Leave a question for the staff."""
    turn.office.ask_staff(turn.message.openid, turn.library.names.hide(text), reason)
