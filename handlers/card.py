"""The worker's own labour registration card (劳动力卡): what it says, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlers import cues, human, identity, menu
from handlers.text import lines
from handlers.wording import day
from jcbot.people.identity import mask_name

if TYPE_CHECKING:
    import datetime as dt

    from handlers.turn import Turn
    from jcbot.people.cards import CardRequest
    from jcbot.people.registry import Person
    from knowledge.card import CardField

SHOWN = 8
PENDING = "pending"


def status(turn: Turn) -> str:
    """Show the card, or the one thing asked of it."""
    if cues.of_somebody_else(turn):
        return lines(turn.say("identity.only_own"), human.contact(turn))
    if turn.office.people.bound_to() is None and turn.office.people.sent():
        return waiting_for_check(turn)
    if said := identity.require(turn, "card_status"):
        return said
    turn.state.last, turn.state.topic = "card", ""
    person = identity.known(turn)
    if person is None:
        return lines(turn.say("identity.gone"), human.contact(turn))
    field = named_field(turn)
    if field is not None:
        return lines(_one(turn, person, field), _waiting(turn), _offers(turn))
    return lines(
        _head(turn, person), _shown(turn, person), _missing(turn, person),
        _to_do(turn, person), _waiting(turn), _offers(turn),
    )  # fmt: skip


def waiting_for_check(turn: Turn) -> str:
    """Who has sent a new card: it waits for the staff."""
    actions = [("training_browse", turn.say("card.offer_browse")), menu.human(turn)]
    told = [said_waiting(turn, each) for each in turn.office.people.sent()]
    return lines(*told, turn.say("card.after_check"), menu.offer(turn, actions))


def named_field(turn: Turn) -> CardField | None:
    """Return the column that the message speaks of; the longest word decides."""
    found = [
        (len(word), field)
        for field in turn.library.card
        for word in field.words
        if word in turn.normal
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def value_of(turn: Turn, person: Person, field: CardField) -> Any:
    """Return what the registry has in a column, None for nothing."""
    if field.key == "phone":
        return shown_phone(turn, person.phone) if person.phone else None
    if field.key == "groups":
        return known_groups(person) or None
    return getattr(person.row, field.key)


def shown_phone(turn: Turn, phone: str) -> str:
    """Return 尾号1234: no more of a number is ever shown."""
    return turn.say("identity.tail", tail=phone[-4:])


def known_groups(person: Person) -> dict[str, bool]:
    """Return what the registry says of each group; those it does not know are left out."""
    names = (name for name in person.row._fields if name.startswith("groups__"))
    known = {name.removeprefix("groups__"): getattr(person.row, name) for name in names}
    return {name: has for name, has in known.items() if has is not None}


def copy(turn: Turn) -> str:
    """Tell what is kept of the worker (查看我的资料), numbers masked."""
    people = turn.office.people
    if people.bound_to() is not None and (said := identity.require(turn, "do:copy")):
        return said
    person, key = identity.known(turn), people.bound_to()
    if person is None or key is None:
        return turn.say("identity.copy_nothing")
    phone = shown_phone(turn, person.phone) if person.phone else turn.say("identity.no_value")
    named = turn.say(
        "identity.copy_name",
        name=mask_name(person.name), first=person.id_number[:3],
        last=person.id_number[-4:], phone=phone,
    )  # fmt: skip
    card = "；".join(said for each in turn.library.card if (said := _said(turn, person, each)))
    mine = [
        f"{each.course.occupation}{each.course.number}" for each in turn.office.training.mine(key)
    ]
    parts = [turn.say("identity.copy_head"), named]
    parts += [turn.say("identity.copy_card", card=card)] if card else []
    parts += [turn.say("identity.copy_classes", classes="、".join(mine))] if mine else []
    return lines(*parts, turn.say("identity.copy_tail"))


def _head(turn: Turn, person: Person) -> str:
    column = turn.library.registry.columns["card_status"]
    code = person.row.card_status
    said = column.shown(code) if code else turn.say("card.unknown")
    since = turn.say("card.since", day=day(person.row.card_date)) if person.row.card_date else ""
    return turn.say("card.head", who=mask_name(person.name), status=said, since=since)


def _shown(turn: Turn, person: Person) -> str:
    said = [said for each in turn.library.card if each.show and (said := _said(turn, person, each))]
    return turn.say("card.shows", fields="；".join(said[:SHOWN])) if said else ""


def _said(turn: Turn, person: Person, field: CardField) -> str:
    value = value_of(turn, person, field)
    said = field.say(value) if value is not None else ""
    return f"{field.label} {said}" if said else ""


def _missing(turn: Turn, person: Person) -> str:
    wanting = [
        each.label
        for each in turn.library.card
        if each.missing and value_of(turn, person, each) is None
    ]
    return turn.say("card.missing", fields="、".join(wanting)) if wanting else ""


def _to_do(turn: Turn, person: Person) -> str:
    return turn.say(f"card.todo_{person.row.card_status or 'unknown'}")


def _one(turn: Turn, person: Person, field: CardField) -> str:
    value = value_of(turn, person, field)
    if value is None or not (said := field.say(value)):
        return turn.say("card.no_field", label=field.label)
    return turn.say("card.one_field", label=field.label, value=said)


def _waiting(turn: Turn) -> str:
    key = turn.office.people.bound_to()
    asked = turn.office.people.asked(key) if key is not None else []
    return lines(*(said_waiting(turn, each) for each in asked if each.state == PENDING))


def said_waiting(turn: Turn, request: CardRequest) -> str:
    """Say that a request waits for the staff."""
    kind = turn.say(f"card.kind_{request.kind}")
    return turn.say("card.waiting", day=day(request.made.date()), kind=kind)


def _offers(turn: Turn) -> str:
    actions = [
        ("card_correct", turn.say("card.offer_correct")),
        ("training_browse", turn.say("card.offer_browse")),
        ("my_training", turn.say("card.offer_mine")),
        ("estimate", turn.say("card.offer_estimate")),
        menu.human(turn),
    ]
    return menu.offer(turn, actions)


def age_of(person_birth: dt.date, on: dt.date) -> int:
    """Return the age in whole years on a day."""
    before = (on.month, on.day) < (person_birth.month, person_birth.day)
    return on.year - person_birth.year - before
