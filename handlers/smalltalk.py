"""Greeting, thanks, help, and a yes or no when nothing was asked (寒暄)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import fallback, menu, people

BARE = 5  # characters of a no that is nothing else

if TYPE_CHECKING:
    from handlers.turn import Turn


def greeting(turn: Turn) -> str:
    """Greet and show what can be done; a form under way is mentioned."""
    hello = turn.say("smalltalk.hello")
    return hello if turn.state.asking else hello + "\n" + menu.show(turn)


def thanks(turn: Turn) -> str:
    """Answer thanks, shortly."""
    return turn.say("smalltalk.welcome")


def usage(turn: Turn) -> str:
    """Say how to ask, with the menu."""
    if turn.understood and turn.understood.heard.get("about") == "other":
        people.turn_to(turn)
        return turn.say("smalltalk.for_other")
    usage = turn.say("smalltalk.usage")
    return usage if turn.state.asking else usage + "\n" + menu.show(turn)


def idle_yes(turn: Turn) -> str:
    """A yes where nothing was asked: ask which matter."""
    return turn.say("smalltalk.idle_yes") + "\n" + menu.show(turn)


def idle_no(turn: Turn) -> str:
    """A no where nothing was asked; more than a bare no is something else, not understood."""
    if len(turn.normal) > BARE:
        return fallback.answer(turn)
    return turn.say("smalltalk.idle_no")
