"""The open step of a card or a sign-up (办事步骤): whose turn it is to read the message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import card_form, identity, my_training, sign_up, sign_up_groups
from handlers.text import lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.turn import Turn

READERS: tuple[Callable[[Turn], str | None], ...] = (
    identity.answer,
    card_form.answer,
    sign_up.answer,
    my_training.answer,
)


def answer(turn: Turn) -> str | None:
    """Read the message as an answer to the open step; None where none is, or it fits nothing."""
    if not turn.state.task:
        return None
    if (said := _aside(turn)) is not None:
        return said
    for read in READERS:
        said = read(turn)
        if said is not None:
            return said
    return None


def _aside(turn: Turn) -> str | None:
    """A worry, or a question about the class at hand: answered, then the step once more."""
    state = turn.state
    if state.task in identity.TASKS and (said := identity.aside(turn)):
        return lines(said, again(turn))
    if state.task in {sign_up.CONFIRM, my_training.CONFIRM} and (said := sign_up.aside(turn)):
        return lines(said, again(turn))
    return None


def again(turn: Turn) -> str:
    """Put the open step once more, after an aside."""
    ask = AGAIN.get(turn.state.task)
    said = ask(turn) if ask else ""
    return turn.say("interview.back_to_question") + said if said else ""


def resume(turn: Turn) -> str | None:
    """继续: take up the step that was put aside; None where there is none."""
    if not turn.state.unshelve():
        return None
    return again(turn)


AGAIN: dict[str, Callable[[Turn], str]] = {
    identity.CONSENT: lambda turn: turn.say("identity.agree_or_not"),
    identity.IDENTIFY: identity.ask_again,
    card_form.FIELD: card_form.ask_again,
    card_form.CONFIRM: card_form.read_back,
    sign_up_groups.TASK: sign_up.ask_again,
    sign_up.CONFIRM: sign_up.ask_again,
    my_training.CONFIRM: my_training.ask_again,
}
