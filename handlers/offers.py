"""Numbers under a list (编号选项): what each does, and a plain yes or no to one offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import commands, cues, estimate, menu, policy, routes
from handlers.numbers import number_of

if TYPE_CHECKING:
    from handlers.turn import Turn

SHORT = 6  # characters of a yes or no that is nothing else


def answer(turn: Turn) -> str | None:
    """Answer a number, a yes or a no given to the last list; None when it is neither."""
    state = turn.state
    number = number_of(turn.normal)
    if number is None:
        return _yes_or_no(turn) if state.offered else None
    if not state.offered:
        state.offered = list(menu.MAIN)  # a bare number with no list about: the main menu's
    if 1 <= number <= len(state.offered):
        return perform(turn, state.offered[number - 1])
    return turn.say("menu.no_such_number", last=len(state.offered))


def confirm(turn: Turn) -> str | None:
    """Answer the open confirmation; anything but a yes leaves all as it was."""
    state = turn.state
    if not state.confirming:
        return None
    what, state.confirming = state.confirming, ""
    words = turn.library.confirming
    if words.yes(turn.normal, *(("erase",) if what == "forget" else ())):
        return commands.carry_out(turn, what)
    if words.no(turn.normal, *(("not_erase",) if what == "forget" else ())):
        return commands.leave(turn, what)
    if cues.looks_asked(turn) and len(turn.normal) <= SHORT:  # 是吗 is no yes: ask again
        state.confirming = what
        return commands.DO[what](turn) if what in commands.DO else turn.say("identity.yours")
    if what == "mine":
        turn.office.people.empty_pocket()
    return None


def perform(turn: Turn, action: str) -> str:
    """Carry out an action.

    An intent's name, `topic:ID`, `estimate:ID,ID`, `do:COMMAND`, `ask`, or one of
    `routes.ACTIONS` such as `class:NUMBER`.
    """
    turn.state.offered = []
    turn.state.misses = 0
    name, _, argument = action.partition(":")
    if name == "topic":
        return policy.tell(turn, argument)
    if name == "estimate":
        return estimate.begin(turn, argument.split(",")) if argument else estimate.start(turn)
    if name == "do":
        return commands.DO[argument](turn)
    if name == "ask":
        return menu.ask(turn)
    if name in routes.ACTIONS:
        return routes.ACTIONS[name](turn, argument)
    return routes.TOPICS[name](turn)


def _this_one(turn: Turn, kind: str) -> str:
    """A yes to a list of classes or of fields: fine where it holds one, else ask which."""
    alike = [each for each in turn.state.offered if each.partition(":")[0] == kind]
    if len(alike) == 1 and turn.library.confirming.yes(turn.normal):
        return perform(turn, alike[0])
    return turn.say("menu.which_one", last=len(turn.state.offered))


def _yes_or_no(turn: Turn) -> str | None:
    understood = turn.understood
    if understood is None or understood.heard or len(turn.normal) > SHORT:
        return None
    first = turn.state.offered[0]
    if understood.intent == "affirm" and first == "human_agent":
        return turn.say("smalltalk.idle_no")  # 好的 after an answer is no call for a person
    kind = first.partition(":")[0]
    if understood.intent == "affirm" and kind in routes.ACTIONS:
        return _this_one(turn, kind)
    if understood.intent == "affirm":
        guessed = turn.state.misses and len(turn.state.offered) > 1
        which = turn.say("menu.which_one", last=len(turn.state.offered))
        return which if guessed else perform(turn, first)
    if understood.intent == "deny":
        turn.state.offered = []
        return turn.say("smalltalk.idle_no")
    return None
