"""What a worker says a column of the card is (登记内容): choices shown, answers read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlers import identity, menu, wanted_class
from handlers.numbers import number_of
from jcbot.lists.faults import CellError
from jcbot.masking import mask
from jcbot.people.cells import reader_of
from jcbot.people.claims import read_claim
from knowledge.slots import extract_slots

if TYPE_CHECKING:
    from handlers.turn import Turn
    from knowledge.card import CardField

PHONE = "phone"
OF_TRADES = {"training_wish", "skills"}


def hint(turn: Turn, field: CardField) -> str:
    """How the column is answered: its choices by number where they are few, or in words."""
    choices = field.choices
    if not choices:
        return field.hint
    if len(choices) <= menu.MOST:
        return menu.numbered(label for _, label in choices)
    return turn.say("card.choices", choices="、".join(label for _, label in choices))


def read_quietly(turn: Turn, field: CardField) -> Any:
    """The value, where the message that wants a change tells it already: 改成农村户口."""
    if number_of(turn.normal) is not None:
        return None  # it chose the column
    if field.key in OF_TRADES and (trade := wanted_class.slots(turn).get("occupation")):
        return trade
    if field.key == PHONE or field.choices:
        try:
            return read(turn, field)
        except CellError:
            return None
    return None


def read(turn: Turn, field: CardField) -> Any:
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
