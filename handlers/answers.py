"""A number, a yes or a no to two or three choices just put (选一个): the number stands first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.numbers import number_of

if TYPE_CHECKING:
    from handlers.turn import Turn


def choice(turn: Turn, *yes_intents: str, yes: int = 1, no: int = 2) -> int | None:
    """Return the number chosen; a yes in words is `yes`, a no is `no`; None for anything else.

    A bare number is read as a number only: by itself it would count as a yes.
    """
    number = number_of(turn.normal)
    if number is not None:
        return number
    text, intent = (
        turn.normal.strip(" 。.!！,，"),
        turn.understood.intent if turn.understood else "",
    )
    if intent == "deny":
        return no
    confirms = text in turn.library.cues["confirming"]
    return yes if confirms or intent in {"affirm", *yes_intents} else None
