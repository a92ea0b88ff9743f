"""Registering a card and correcting one (登记、更正): asked, read back, sent to staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlers import card, classes, cues, human, identity, menu
from handlers.answers import choice
from handlers.numbers import number_of
from handlers.text import lines
from jcbot.lists.faults import CellError
from jcbot.masking import mask
from jcbot.people.cards import CORRECT, REGISTER
from jcbot.people.cells import reader_of
from jcbot.people.claims import read_claim
from jcbot.people.identity import birth_of
from knowledge.slots import extract_slots

if TYPE_CHECKING:
    from handlers.turn import Turn
    from knowledge.card import CardField

FIELD, CONFIRM = "card_field", "card_confirm"
TASKS = {FIELD, CONFIRM}
PHONE = "phone"
OF_TRADES = {"training_wish", "skills"}
SURE = 0.8
PER_PAGE = 5
SHORT = 24  # characters of a message that only says what is wrong on the card
CLASS = "card_program"


def register(turn: Turn) -> str:
    """登记, 改登记: correct the card of who is bound; else ask which of the two it is."""
    if any(word in turn.normal for word in turn.library.cues["others_cards"]):
        return lines(turn.say("card.register_other"), human.contact(turn))
    if turn.office.people.bound_to() is not None or _says(turn, "changing"):
        return correct(turn)
    if _says(turn, "registering"):
        return begin_new(turn)
    choices = [
        ("card_correct", turn.say("card.has_card")),
        ("register_card", turn.say("card.no_card")),
        ("human_agent", turn.say("menu.to_human")),
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
        return _which(turn)
    field = _field(turn, key)
    turn.state.draft = {"kind": CORRECT, "open": key, "told": {}}
    turn.state.task = FIELD
    if (value := _read_quietly(turn, field)) is not None:
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
    if not _says(turn, "changing") or turn.office.people.bound_to() is None:
        return None
    told = turn.understood.heard if turn.understood else {}
    shown = turn.state.last == "card" or set(told) <= {"hukou", "about"}
    return correct(turn) if shown and not cues.looks_asked(turn) else None


def sent_phone(turn: Turn) -> str | None:
    """手机号改成139…, from who is bound: a change of the phone on the card."""
    if turn.office.people.bound_to() is None or not _says(turn, "changing"):
        return None
    claim = read_claim(turn.text, turn.library.names)
    return correct(turn, PHONE) if claim.phone and not claim.id_number else None


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


def _which(turn: Turn) -> str:
    return which(turn, "0")


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
        value = _read(turn, field)
    except CellError as fault:
        if _another_matter(turn):
            return None
        said = turn.say("card.not_fit", reason=fault.reason)
        return lines(said, _hint(turn, field), turn.say("card.question_out") if new else "")
    return _take(turn, field, value)


def _another_matter(turn: Turn) -> bool:
    understood = turn.understood
    if understood is None or understood.intent in {*identity.ANSWERS, "card_register"}:
        return False
    return understood.score > SURE


def _take(turn: Turn, field: CardField, value: Any) -> str:
    draft = turn.state.draft
    if field.key == PHONE:  # a number never stays in the talk's memory
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
        return lines(turn.say("card.ask_new", label=field.label), _hint(turn, field))
    return lines(field.question, _hint(turn, field), turn.say("card.question_out"))


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
    labels = [turn.say(f"card.{key}") for key in ("yes_send", "change_one", "no_send")]
    return "\n".join(f"{number}. {label}" for number, label in enumerate(labels, start=1))


def _confirm(turn: Turn) -> str | None:
    refill = turn.library.confirming.no(turn.normal, "refill")
    chosen = 2 if refill and not _plain_no(turn) else choice(turn, "send", no=3)
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


def _plain_no(turn: Turn) -> bool:
    """Whether it is a no that speaks of no mistake."""
    bare = turn.normal.strip(" 。.!！,，")
    return bare not in turn.library.confirming.words["refill"]


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
    if PHONE in told:
        told[PHONE] = pocket.phone
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


def _hint(turn: Turn, field: CardField) -> str:
    choices = field.choices
    if not choices:
        return field.hint
    if len(choices) <= menu.MOST:
        return "\n".join(f"{n}. {label}" for n, (_, label) in enumerate(choices, start=1))
    return turn.say("card.choices", choices="、".join(label for _, label in choices))


def _read_quietly(turn: Turn, field: CardField) -> Any:
    """The value, where the message that wants a change tells it already: 改成农村户口."""
    if number_of(turn.normal) is not None:
        return None  # it chose the column
    if field.key in OF_TRADES and (trade := classes.slots(turn).get("occupation")):
        return trade
    if field.key == PHONE or field.choices:
        try:
            return _read(turn, field)
        except CellError:
            return None
    return None


def _read(turn: Turn, field: CardField) -> Any:
    """Read the message as a value of the column; `CellError`."""
    column, text = field.column, turn.normal.strip(" 。.!！")
    if field.key == PHONE:
        phone = read_claim(turn.text, turn.library.names).phone
        return reader_of(column)(phone or "0")
    if field.choices:
        return _choice(turn, field, text)
    words = turn.library.confirming
    if column.kind == "text" and (number_of(text) is not None or words.yes(text)):
        raise CellError(turn.say("card.only_digits"))
    return reader_of(column)(_without_name(turn) if column.kind == "text" else text)


def _without_name(turn: Turn) -> str:
    """Free text is read back and so kept in clear: the worker's own name stays out of it."""
    text, person = mask(turn.text), identity.known(turn)
    for name in (turn.office.people.pocket().name, person.name if person else ""):
        text = text.replace(name, turn.library.names.instead) if name else text
    return text


def _choice(turn: Turn, field: CardField, text: str) -> str:
    choices = field.choices
    number = number_of(text)
    if number is not None and 1 <= number <= len(choices) <= menu.MOST:
        return choices[number - 1][0]
    county = extract_slots(text, turn.today).get("county") if field.key == "county" else None
    if isinstance(county, str):
        return county
    heard = turn.understood.heard if turn.understood else {}
    if isinstance(heard.get(field.key), str) and heard[field.key] in dict(choices):
        return str(heard[field.key])
    words = [(len(word), code) for word, code in field.column.words.items() if word in text]
    if not words:
        return str(reader_of(field.column)(text))
    return max(words)[1]


def _says(turn: Turn, cue: str) -> bool:
    return any(word in turn.normal for word in turn.library.cues[cue])
