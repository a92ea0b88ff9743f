"""Registering a card and correcting one (登记、更正): asked, read back, sent to staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlers import card, card_values, cues, human, identity, menu
from handlers.answers import choice
from handlers.text import lines
from jcbot.lists.faults import CellError
from jcbot.people.cards import CORRECT, REGISTER
from jcbot.people.claims import read_claim
from jcbot.people.identity import birth_of

if TYPE_CHECKING:
    from handlers.turn import Turn
    from knowledge.card import CardField

FIELD, CONFIRM = "card_field", "card_confirm"
SURE = 0.8
PER_PAGE = 5
SHORT = 24  # characters of a message that only says what is wrong on the card
CLASS = "card_program"


def register(turn: Turn) -> str:
    """登记, 改登记: correct the card of who is bound; else ask which of the two it is."""
    if cues.says(turn, "others_cards"):
        return lines(turn.say("card.register_other"), human.contact(turn))
    if turn.office.people.bound_to() is not None or cues.says(turn, "changing"):
        return correct(turn)
    if cues.says(turn, "registering"):
        return begin_new(turn)
    choices = [
        ("card_correct", turn.say("card.has_card")),
        ("register_card", turn.say("card.no_card")),
        menu.human(turn),
    ]
    return lines(turn.say("card.register_or_correct"), menu.offer(turn, choices))


def correct(turn: Turn, key: str = "") -> str:
    """Ask what a column is to become; which one, if the message names none."""
    named = card.named_field(turn)
    if not key and named is not None and named.changes:
        key = named.key
    if said := identity.require(turn, f"card_correct:{key}" if key else "card_correct"):
        return said
    if not key:
        return which(turn, "0")
    field = _field(turn, key)
    turn.state.draft = {"kind": CORRECT, "open": key, "told": {}}
    turn.state.task = FIELD
    if (value := card_values.read_quietly(turn, field)) is not None:
        return _take(turn, field, value)
    return ask_again(turn)


def begin_new(turn: Turn) -> str:
    """Register somebody whom the registry does not know: consent, name and number, then fields."""
    people = turn.office.people
    if people.bound_to() is not None:
        return correct(turn)
    if any(each.kind == REGISTER for each in people.sent()):
        return card.waiting_for_check(turn)
    pocket = people.pocket()
    ready = people.agreed(identity.version(turn)) and pocket.name and pocket.id_number
    return go_on_new(turn) if ready else identity.require(turn, "register_card")


def go_on_new(turn: Turn) -> str:
    """Ask the first field that is not answered yet, or read all back."""
    pocket = turn.office.people.pocket()
    birth = birth_of(pocket.id_number) if pocket.id_number else None
    if birth is not None and not _of_age(turn, card.age_of(birth, turn.today)):
        turn.state.task, turn.state.draft = "", {}
        turn.office.people.empty_pocket()
        return lines(turn.say("card.age_outside"), human.contact(turn))
    turn.state.draft = {"kind": REGISTER, "open": "", "told": {}}
    return lines(turn.say("card.begin_register"), _next(turn))


def follow(turn: Turn) -> str | None:
    """我户口登记错了, just after the card was shown: a change of that column."""
    field = card.named_field(turn)
    if len(turn.normal) > SHORT or field is None or not field.changes:
        return None
    if not cues.says(turn, "changing") or turn.office.people.bound_to() is None:
        return None
    told = turn.understood.heard if turn.understood else {}
    shown = turn.state.last == "card" or set(told) <= {"hukou", "about"}
    return correct(turn) if shown and not cues.looks_asked(turn) else None


def sent_phone(turn: Turn) -> str | None:
    """手机号改成139…, from who is bound: a change of the phone on the card."""
    if turn.office.people.bound_to() is None or not cues.says(turn, "changing"):
        return None
    claim = read_claim(turn.text, turn.library.names)
    return correct(turn, card_values.PHONE) if claim.phone and not claim.id_number else None


def answer(turn: Turn) -> str | None:
    """Take an answer to the open field, or to the read-back; None for another matter."""
    if turn.state.task == FIELD:
        return _field_answer(turn)
    if turn.state.task == CONFIRM:
        return _confirm(turn)
    return None


def _of_age(turn: Turn, age: int) -> bool:
    """Whether the card is for people of this age (三（一）)."""
    known = turn.library.book.parse({"age": age, "asked": [CLASS]})
    outcomes = turn.library.policies.estimate(known, turn.today).outcomes
    return all(each.verdict != "not_eligible" for each in outcomes if each.benefit == CLASS)


def which(turn: Turn, start: str) -> str:
    """Ask which column is to be changed, a page of them at a time."""
    turn.state.task, turn.state.last = "", "card"
    fields = [field for field in turn.library.card if field.changes]
    first = int(start)
    shown = fields[first : first + PER_PAGE]
    actions = [(f"card_correct:{field.key}", field.label) for field in shown]
    if first + PER_PAGE < len(fields):
        actions.append((f"card_which:{first + PER_PAGE}", turn.say("card.other_fields")))
    return lines(turn.say("card.which"), menu.offer(turn, actions))


def _field_answer(turn: Turn) -> str | None:
    field = _field(turn, turn.state.draft["open"])
    new = turn.state.draft["kind"] == REGISTER
    if turn.understood and turn.understood.score == 1 and _another_matter(turn):
        return None
    if new and turn.normal.strip(" 。.!！") in turn.library.cues["skipping"]:
        turn.state.draft["told"][field.key] = None
        return _next(turn)
    try:
        value = card_values.read(turn, field)
    except CellError as fault:
        if _another_matter(turn):
            return None
        said = turn.say("card.not_fit", reason=fault.reason)
        return lines(
            said, card_values.hint(turn, field), turn.say("card.question_out") if new else ""
        )
    return _take(turn, field, value)


def _another_matter(turn: Turn) -> bool:
    understood = turn.understood
    if understood is None or understood.intent in {*identity.ANSWERS, "card_register"}:
        return False
    return understood.score > SURE


def _take(turn: Turn, field: CardField, value: Any) -> str:
    draft = turn.state.draft
    if field.key == card_values.PHONE:  # a number never stays in the talk's memory
        pocket = turn.office.people.pocket()
        pocket.phone = value
        turn.office.people.keep(pocket)
        value = card.shown_phone(turn, value)
    draft["told"][field.key] = value
    if draft["kind"] == REGISTER:
        return _next(turn)
    turn.state.task = CONFIRM
    return read_back(turn)


def _next(turn: Turn) -> str:
    """Ask the next field of a new card; after the last, read all of it back."""
    draft = turn.state.draft
    told: dict[str, Any] = draft["told"]
    for field in turn.library.card:
        if field.question and field.key not in told:
            draft["open"], turn.state.task = field.key, FIELD
            return ask_again(turn)
    turn.state.task = CONFIRM
    return read_back(turn)


def ask_again(turn: Turn) -> str:
    """Ask the open field."""
    field = _field(turn, turn.state.draft["open"])
    if turn.state.draft["kind"] == CORRECT:
        return lines(turn.say("card.ask_new", label=field.label), card_values.hint(turn, field))
    return lines(field.question, card_values.hint(turn, field), turn.say("card.question_out"))


def read_back(turn: Turn) -> str:
    """Read back what is to be sent, with the choices."""
    told = turn.state.draft["told"]
    if turn.state.draft["kind"] == CORRECT:
        [(key, value)] = told.items()
        field = _field(turn, key)
        said = turn.say("card.readback_correct", label=field.label, value=field.say(value))
        return lines(said, _choices(turn))
    fields = "；".join(
        f"{field.label} {field.say(told[field.key])}"
        for field in turn.library.card
        if told.get(field.key) is not None
    )
    said = turn.say("card.readback_register", fields=fields or turn.say("identity.no_value"))
    return lines(said, _choices(turn))


def _choices(turn: Turn) -> str:
    return menu.numbered(turn.say(f"card.{key}") for key in ("yes_send", "change_one", "no_send"))


def _confirm(turn: Turn) -> str | None:
    wrong = turn.normal.strip(" 。.!！,，") in turn.library.confirming.words["refill"]
    chosen = 2 if wrong else choice(turn, "send", no=3)
    if chosen is None and _another_matter(turn):
        return None
    if chosen == 1:
        return _send(turn)
    if chosen == 2:  # noqa: PLR2004 - as numbered in `_choices`
        return _again(turn)
    if chosen == 3:  # noqa: PLR2004 - as numbered in `_choices`
        _drop(turn)
        return turn.say("card.not_sent")
    return lines(turn.say("card.confirm_again"), _choices(turn))


def _again(turn: Turn) -> str:
    draft = turn.state.draft
    if draft["kind"] == CORRECT:
        return correct(turn, draft["open"])
    turn.state.task = ""  # the numbers are the list's now; the draft stays
    fields = [field for field in turn.library.card if field.key in draft["told"]]
    actions = [(f"card_redo:{field.key}", field.label) for field in fields]
    return lines(turn.say("card.which_redo"), menu.offer(turn, actions))


def redo(turn: Turn, key: str) -> str:
    """Ask one field of a new card anew; the others stay as they were told."""
    if not turn.state.draft:
        return begin_new(turn)
    turn.state.draft["told"].pop(key, None)
    return _next(turn)


def _send(turn: Turn) -> str:
    people, draft = turn.office.people, turn.state.draft
    pocket = people.pocket()
    told = {key: value for key, value in draft["told"].items() if value is not None}
    if card_values.PHONE in told:
        told[card_values.PHONE] = pocket.phone
    if draft["kind"] == CORRECT:
        key = people.bound_to()
    else:
        told |= {"name": pocket.name, "id_number": pocket.id_number}
        key = people.key_of(pocket.id_number) if pocket.id_number and pocket.name else None
    if key is None:  # what was sent is too old and gone, or the binding is
        kind = draft["kind"]
        _drop(turn)
        return begin_new(turn) if kind == REGISTER else correct(turn)
    people.ask_card(key, draft["kind"], told)
    sent = turn.say(f"card.sent_{draft['kind']}")
    _drop(turn)
    return sent


def _drop(turn: Turn) -> None:
    turn.state.task, turn.state.draft = "", {}
    turn.office.people.empty_pocket()


def _field(turn: Turn, key: str) -> CardField:
    return next(field for field in turn.library.card if field.key == key)
