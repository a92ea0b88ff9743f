"""Whose facts are whose (本人与他人), and how what was said is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handlers.state import Form
    from handlers.turn import Turn
    from knowledge.rules import Estimate

LISTS = ("groups_has", "groups_not")


def note(turn: Turn, leave_out: frozenset[str] = frozenset()) -> list[str]:
    """Write down the facts of this message and return the keys whose value was replaced.

    A message about somebody else opens that person's own set of facts, so that a mother's age
    never mixes with her daughter's.
    """
    said = dict(turn.understood.heard) if turn.understood else {}
    if said.pop("about", None) == "other" and not turn.state.whom:
        turn.state.whom = _call(turn)
        turn.state.other = {}
    known = turn.state.person
    changed = [key for key in said if key in known and known[key] != said[key] and key not in LISTS]
    for key, value in said.items():
        if key not in leave_out:
            put(known, key, value)
    return changed


def _call(turn: Turn) -> str:
    """How the other person is called back: 您母亲, or 对方."""
    for word, call in turn.library.relatives.items():
        if word in turn.normal:
            return call
    return turn.say("people.other")


def put(known: dict[str, Any], key: str, value: Any) -> None:
    """Set one fact; groups named add up, and what was said last wins."""
    if key not in LISTS:
        known[key] = value
        return
    opposite = "groups_not" if key == "groups_has" else "groups_has"
    known[key] = sorted({*known.get(key, []), *value})
    rest = [group for group in known.get(opposite, []) if group not in value]
    known.pop(opposite, None)
    if rest:
        known[opposite] = rest


def back_to_self(turn: Turn) -> None:
    """The talk is about the writer again."""
    turn.state.whom = ""


def who(turn: Turn) -> str:
    """Address: 您, or the other person."""
    return turn.state.whom or turn.say("people.you")


def estimate(turn: Turn, form: Form) -> Estimate:
    """Work out the person's benefits with what is known."""
    facts: dict[str, Any] = dict(turn.state.person)
    if form.asked:
        facts["asked"] = form.asked
    policies = turn.library.policies
    return policies.estimate(turn.library.book.parse(facts), turn.today, frozenset(form.unclear))
