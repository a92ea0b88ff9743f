"""What was not understood (没听懂): offer the likeliest, then an example, then a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import human, leaving, menu
from handlers.text import lines

if TYPE_CHECKING:
    from handlers.turn import Turn

LIKELY = 3
STAGES = 2


def answer(turn: Turn) -> str:
    """Recover in two stages, then hand over; never the same apology twice."""
    state = turn.state
    state.misses += 1
    if state.misses == 1:
        return choose(turn)
    if state.misses <= STAGES:
        return turn.say("fallback.example")
    state.misses = 0
    leaving.to_staff(turn, turn.text, "not_understood")
    return turn.say("fallback.person") + "\n" + human.contact(turn)


def choose(turn: Turn) -> str:
    """Offer the likeliest meanings as numbers."""
    offers: list[tuple[str, str]] = []
    for action in _likely(turn):
        key = f"fallback.do_{action.partition(':')[0]}"
        if action.startswith("topic:"):
            offers.append((action, turn.library.topics[action[6:]].title))
        elif key in turn.library.replies:
            offers.append((action, turn.say(key)))
    offers = offers[:LIKELY] or [
        ("estimate", turn.say("fallback.do_subsidy_estimate")),
        ("ask", turn.say("fallback.do_policy_question")),
    ]
    offers.append(("human_agent", turn.say("fallback.none_of_these")))
    return lines(turn.say("fallback.which"), menu.offer(turn, offers))


def out_of_scope(turn: Turn) -> str:
    """Say calmly that this is not ours; where a near miss is known, say whose it is."""
    state = turn.state
    state.misses += 1
    if not any(character.isalnum() for character in turn.normal):
        return turn.say("fallback.no_words") + "\n" + _menu_after_miss(turn)
    for case in turn.library.elsewhere:
        if case.fits(turn.normal):
            return case.answer + "\n" + turn.say("fallback.ours")
    if state.misses > STAGES:
        state.misses = 0
        leaving.to_staff(turn, turn.text, "out_of_scope")
        return turn.say("fallback.person") + "\n" + human.contact(turn)
    if state.misses == STAGES:
        return turn.say("fallback.example")
    return turn.say("fallback.not_ours") + "\n" + _menu_after_miss(turn)


def useless(turn: Turn) -> str:
    """没用: the message that was answered badly becomes a row for the staff."""
    said, turn.state.said = turn.state.said, ""
    if not said:
        return turn.say("fallback.useless_what")
    leaving.to_staff(turn, said, "not_useful")
    return turn.say("fallback.useless") + "\n" + human.contact(turn)


def _menu_after_miss(turn: Turn) -> str:
    """The menu, without forgetting that something was not understood."""
    misses = turn.state.misses
    text = menu.show(turn)
    turn.state.misses = misses
    return text


def _likely(turn: Turn) -> list[str]:
    """The actions of the best intents, a policy question by its topic."""
    understood = turn.understood
    if understood is None:
        return []
    names = [understood.intent, *(name for name, _ in understood.runners_up)]
    actions = []
    for name in names:
        if name == "policy_question" and understood.topic:
            actions.append(f"topic:{understood.topic}")
        elif name not in {"out_of_scope", "human_agent"}:
            actions.append(name)
    return list(dict.fromkeys(actions))
