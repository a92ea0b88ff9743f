"""A name and number that nobody asked for (主动报身份): whose, what for, and kept until consent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import classes, cues, human, identity, wanted_class
from handlers.text import lines
from jcbot.masking import long_numbers
from jcbot.people.claims import read_claim

if TYPE_CHECKING:
    from handlers.turn import Turn

NEARLY = {17, 18}  # digits of what can only be meant as an ID number


def answer(turn: Turn) -> str | None:
    """A name and number out of the blue: kept sealed, and who is writing is asked in order."""
    claim = read_claim(turn.text, turn.library.names)
    if claim.id_number and cues.says(turn, "others_cards"):
        return lines(turn.say("identity.only_own"), human.contact(turn))
    if not claim.id_number:
        almost = any(len(digits) in NEARLY for _, _, digits in long_numbers(turn.text))
        return turn.say("identity.bad_id", fault=claim.fault) if almost and claim.fault else None
    people = turn.office.people
    if people.agreed(identity.version(turn)) and people.bound_to() is not None:
        return turn.say("identity.already_bound", who=identity.called(turn))
    if turn.state.last == classes.OTHERS:  # he was just told that it goes for himself only
        turn.state.confirming = "mine"
        identity.put(turn, claim)
        return turn.say("identity.yours")
    identity.begin(turn, turn.state.after or _wanted(turn))
    turn.state.looking = wanted_class.slots(turn) or turn.state.looking
    identity.put(turn, claim)
    if turn.state.task == identity.IDENTIFY:
        return identity.go_on(turn)
    return lines(turn.say("identity.kept_until_agreed"), turn.say("identity.notice"))


def is_mine(turn: Turn) -> str:
    """是本人: on with what was sent."""
    identity.begin(turn, _wanted(turn))
    if turn.state.task == identity.IDENTIFY:
        return identity.go_on(turn)
    return turn.say("identity.notice")


def not_mine(turn: Turn) -> str:
    """不是本人: what was sent is dropped."""
    turn.office.people.empty_pocket()
    return lines(turn.say("identity.only_own"), human.contact(turn))


def _wanted(turn: Turn) -> str:
    """What a name and number sent by themselves are for: what the message or the talk is about."""
    intent = turn.understood.intent if turn.understood else ""
    if intent == "training_register":
        return "training_register"
    if intent in {"my_training", "training_cancel"}:
        return intent
    state = turn.state
    if state.last == "training":
        return f"sign_up:{state.picked}" if state.picked else "classes:1"
    return identity.DEFAULT
