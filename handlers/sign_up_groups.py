"""Which of the groups somebody belongs to (属于哪类人员): asked where a class wants to know it.

An empty group on the card is unknown, not none: the worker is asked. A claim is for the staff to
verify; only a known no refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import card, identity, menu
from handlers.numbers import number_of
from handlers.text import lines

if TYPE_CHECKING:
    from handlers.turn import Turn
    from jcbot.people.registry import Person
    from jcbot.training.model import Course
    from knowledge.training import GroupLimit

TASK = "groups"
PER_PAGE = 5


def unsettled(turn: Turn, course: Course, person: Person) -> GroupLimit | None:
    """The limit on groups that neither the card nor the worker has settled yet."""
    settled = known(turn, person)
    for limit in turn.library.training.limits.groups:
        if course.kind in limit.kinds and not any(settled.get(each) for each in limit.members):
            unknown = [each for each in limit.members if each not in settled]
            answered = turn.state.draft.get("answered") == limit.name
            return limit if unknown and not answered else None
    return None


def known(turn: Turn, person: Person) -> dict[str, bool]:
    """What card and worker say of the groups."""
    facts = turn.state.facts
    said = dict.fromkeys(facts.get("groups_has", []), True)
    denied = dict.fromkeys(facts.get("groups_not", []), False)
    told: dict[str, bool] = turn.state.draft.get("groups", {})
    return denied | said | told | card.known_groups(person)


def ask(turn: Turn, limit: GroupLimit, at: int = 0) -> str:
    """Ask which of the groups; a page of them at a time, in the official words' plain form."""
    state = turn.state
    state.task = TASK
    shown = limit.members[at : at + PER_PAGE]
    state.draft = {
        **state.draft, "limit": limit.name, "at": at, "shown": list(shown),
    }  # fmt: skip
    spec = turn.library.book.specs["groups"]
    labels = [spec.label(each) for each in shown]
    last = at + PER_PAGE >= len(limit.members)
    labels.append(turn.say("training.groups_none" if last else "training.groups_more"))
    said = turn.say("training.ask_groups", for_whom=limit.name)
    return lines(said, menu.numbered(labels), turn.say("training.groups_out"))


def read(turn: Turn) -> str | None:
    """Read the answer: "" once it settles the matter, else what to say; None: another matter."""
    draft = turn.state.draft
    limits = turn.library.training.limits.groups
    limit = next(each for each in limits if each.name == draft["limit"])
    told = _told(turn, limit)
    if told is not None:
        turn.state.task = ""
        turn.state.draft = {"groups": told, "answered": limit.name}
        return ""
    more = draft["at"] + PER_PAGE
    if number_of(turn.normal) == len(draft["shown"]) + 1 and more < len(limit.members):
        return ask(turn, limit, more)
    return None if identity.another_matter(turn) else ask(turn, limit, draft["at"])


def _told(turn: Turn, limit: GroupLimit) -> dict[str, bool] | None:
    """What the message says of the groups; {} for 不清楚, None where it says nothing of them."""
    draft, text, number = turn.state.draft, turn.normal.strip(" 。.!！,，"), number_of(turn.normal)
    heard = turn.understood.heard.get("groups_has", []) if turn.understood else []
    named = [each for each in heard if each in limit.members]
    if number is not None and 1 <= number <= len(draft["shown"]):
        named = [draft["shown"][number - 1]]
    if named:
        return dict.fromkeys(named, True)
    if text in turn.library.cues["unsure"]:
        return {}
    last = draft["at"] + PER_PAGE >= len(limit.members)
    none = any(word in text for word in turn.library.cues["none_of_them"])
    if none or (last and number == len(draft["shown"]) + 1):
        return dict.fromkeys(limit.members, False)
    return None
