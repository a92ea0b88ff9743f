"""What the own card says goes into the estimate (按登记的算), unless the worker said otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlers import card, identity, people

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handlers.turn import Turn
    from jcbot.people.registry import Person

OF_WORK = ("employed", "unemployment_insurance_months")
COLUMNS = {
    "household_type": "household_type",
    "employed": "employed",
    "unemployment_insurance_months": "insurance_months",
    "times_this_year": "times_this_year",
}


def fill(turn: Turn) -> None:
    """Take over what the card of the writer says; what was said in the talk stands above it."""
    state = turn.state
    if state.whom:
        return
    person = identity.known(turn)
    known = _facts(turn, person) if person is not None else {}
    before = {key: value for key, value in state.carded.items() if state.facts.get(key) == value}
    for key in before:
        state.facts.pop(key)
    state.carded = {key: value for key, value in known.items() if key not in state.facts}
    state.facts |= state.carded


def tells(turn: Turn) -> bool:
    """Whether the card says so much of the writer's work that 您是哪种情况 need not be asked."""
    return not turn.state.whom and set(OF_WORK) <= set(turn.state.carded)


def of_work(turn: Turn) -> set[str]:
    """The card's facts that count like told ones: those of work decide on one's own money."""
    return set() if turn.state.whom else set(OF_WORK) & set(turn.state.carded)


def named(turn: Turn, facts: Iterable[str]) -> str:
    """Say which of these facts are the card's: 农村户籍、未就业."""
    if turn.state.whom:
        return ""
    specs = turn.library.book.specs
    wanted, state = set(facts), turn.state
    keys = [key for key in state.carded if key in wanted]
    said = [specs["groups"].label(each) for each in _groups(turn, keys)]
    said += [people.say_back(turn, specs[key], state.facts[key]) for key in keys if key in specs]
    return "、".join(said)


def _groups(turn: Turn, keys: list[str]) -> list[str]:
    return turn.state.facts.get("groups_has", []) if "groups_has" in keys else []


def _facts(turn: Turn, person: Person) -> dict[str, Any]:
    groups = card.known_groups(person)
    choices = dict(turn.library.book.specs["groups"].choices)
    known: dict[str, Any] = {
        fact: value
        for fact, column in COLUMNS.items()
        if (value := getattr(person.row, column)) is not None
    }
    known["age"] = card.age_of(person.row.birth, turn.today)
    for key, wanted in (("groups_has", True), ("groups_not", False)):
        if named_ := [each for each, has in groups.items() if has is wanted and each in choices]:
            known[key] = sorted(named_)
    return known
