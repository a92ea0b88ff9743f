"""Which choices a question shows (选项): what can still matter, a page of it at a time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from handlers import menu, people
from knowledge.rules.members import named_members

if TYPE_CHECKING:
    from handlers.state import Form
    from handlers.turn import Turn
    from knowledge.rules import Estimate

PER_PAGE = 5
NEXT_PAGE, NONE = "_next_page", "_none"
BY_NUMBER = re.compile(r"[\d一二三四五六七八九两第个和跟、,，.。 +]+")


def choices_for(turn: Turn, fact: str, estimate: Estimate | None) -> list[Any]:
    """The values to show: those not yet settled, a page of them where they are many."""
    spec = turn.library.book.specs[fact]
    values = [value for value, _ in spec.choices]
    known = turn.state.person
    if spec.identity:
        settled = {*known.get(spec.has, []), *known.get(spec.not_, [])}
        useful = _useful(turn, fact, estimate) or set(values)
        values = [value for value in values if value in useful and value not in settled]
        last = [NONE]
    else:
        excluded = known.get(fact)
        without = excluded.get("not", []) if isinstance(excluded, dict) else []
        values = [value for value in values if value not in without]
        last = []
    if len(values) + len(last) <= menu.MOST:
        return values + (last if values else [])
    return [*values[:PER_PAGE], NEXT_PAGE]


def _useful(turn: Turn, fact: str, estimate: Estimate | None) -> set[str]:
    """The groups that conditions of the benefits still open speak of."""
    benefits = turn.library.policies.benefits
    open_ = [each for each in estimate.outcomes if fact in each.needs] if estimate else []
    return {
        member
        for each in open_
        for line in benefits[each.benefit].lines
        for condition in line.conditions
        for member in named_members(condition.node, fact)
    }


def real(values: list[Any]) -> list[Any]:
    """The values without the steering ones."""
    return [value for value in values if value not in {NEXT_PAGE, NONE}]


def put_groups(turn: Turn, form: Form, value: Any) -> None:
    """Groups picked are had; those shown and not picked are not, if the list was answered.

    A group named in words says nothing about the others.
    """
    chosen = real(value if isinstance(value, list) else [value])
    if chosen:
        people.put(turn.state.person, "groups_has", chosen)
    if not chosen or BY_NUMBER.fullmatch(turn.normal):
        denied = [group for group in real(form.choices) if group not in chosen]
        if denied:
            people.put(turn.state.person, "groups_not", denied)
