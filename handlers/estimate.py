"""How much, and do I qualify (算补贴、问条件): from the first message on, facts in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import interview, menu, people
from handlers.state import Form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.turn import Turn


def answer(turn: Turn) -> str:
    """Work out what this message asks: the benefit it names, or all that its facts touch."""
    state, understood = turn.state, turn.understood
    facts = understood.heard if understood else {}
    if facts.get("about") != "other" and not state.asking and _about_me(turn):
        people.back_to_self(turn)
    asked = _named(turn)
    if not facts and not asked and state.form and state.form.open:
        return _resume_or_restart(turn, state.form)
    people.note(turn)
    return begin(turn, asked)


def begin(turn: Turn, asked: Sequence[str]) -> str:
    """Start an interview about these benefits (empty: whatever the facts touch)."""
    return interview.proceed(turn, Form(asked=list(asked)))


def _named(turn: Turn) -> list[str]:
    """The benefits the message names, by the topic it speaks of."""
    topic = turn.understood.about_topic if turn.understood else None
    return list(turn.library.topics[topic].benefits) if topic else []


def _about_me(turn: Turn) -> bool:
    return turn.say("people.me") in turn.normal


def _resume_or_restart(turn: Turn, form: Form) -> str:
    """An interview was left half-way: offer to go on."""
    form.parked = True
    choices = [
        ("do:resume", turn.say("interview.resume_choice")),
        ("do:restart", turn.say("interview.restart_choice")),
    ]
    step = len(form.history) + 1
    return turn.say("interview.resume_or_restart", step=step) + "\n" + menu.offer(turn, choices)
