"""The answer to an open question, however it comes: 1, 第一个, 四十五, 满了, 不清楚."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from knowledge.reading import ROOT, Table, read_toml
from knowledge.slots.dates import read_past
from knowledge.slots.facts import extract_facts, possible
from knowledge.slots.lexicon import variants
from knowledge.slots.numbers import read_number
from knowledge.slots.quantities import Quantity, find_quantities

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

NUMERIC = frozenset({"number", "int", "quantity"})
FLAGS = frozenset({"flag", "bool"})
SINGLE = frozenset({"choice"})
SEVERAL = frozenset({"set", "choices", "list_of_words"})
TRIM = " ,。!?;:、.~…的了呢吧啊呀哦嗯()[]"
ITEM = re.compile(
    r"^第?(?P<n>[0-9]{1,2}|[一二两三四五六七八九十]{1,3})(?:个|项|条|种|号|选项)?(?:吧|那个|的)?$"
)
ITEMS = re.compile(r"[0-9]{1,2}|[一二两三四五六七八九十]{1,2}")
JOINTS = re.compile(
    r"^(?:选|我选|就|是|回复)?[第0-9一二两三四五六七八九十个和跟、,.;及与加还有 /+\-]+"
    r"(?:个|都是|都有|吧|项)?$"
)
LEAD = re.compile(
    r"^(?:我)?(?:选|就选|是|就是|应该是|选择|回复|回)(?=[第0-9一二两三四五六七八九十])"
)
UNITS = {
    "个月": "month",
    "年": "year",
    "天": "day",
    "岁": "age",
    "人": "person",
    "次": "time",
    "%": "percent",
}
HALF, FEWEST, LONGEST_PLAIN = 2, 2, 12


class Spec(Protocol):
    """What is looked at of an open question: `FactSpec` fits."""

    @property
    def key(self) -> str:
        """The fact asked for."""

    @property
    def kind(self) -> str:
        """The kind: number, flag, choice, set, date, text, …."""

    @property
    def choices(self) -> Sequence[tuple[Any, str]]:
        """The (value, label) pairs in the order they were shown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`kind` is value (then `value` is in JSON form), unclear, or none (no answer to it)."""

    kind: str
    value: object = None


NONE = Answer("none")
UNCLEAR = Answer("unclear")


def read_answer(spec: Spec, text: str, today: dt.date) -> Answer:
    """Read `text` (normalised) as the answer to `spec`. Never raises.

    A number is the choice where choices are shown, else the quantity; out of the list it is
    no answer. Several choices come as a list, 都不是 as []. A question back is no answer.
    """
    text = text.strip()
    plain = text.strip(TRIM)
    if not plain:
        return NONE
    if plain in _words()["unclear"] or text in _words()["unclear"]:
        return UNCLEAR
    found = _by_kind(spec, plain, text, today)
    if found is None:
        found = _from_facts(spec, text, today)
    if found is None and any(word in plain for word in _words()["unclear"] if len(word) > HALF):
        return UNCLEAR
    return Answer("value", found) if found is not None and possible(spec.key, found) else NONE


def _by_kind(spec: Spec, plain: str, text: str, today: dt.date) -> object | None:
    if spec.kind in FLAGS:
        return _flag(spec, plain)
    if spec.kind in SINGLE:
        return _one(spec, plain)
    if spec.kind in SEVERAL:
        return _several(spec, plain)
    if spec.kind in NUMERIC:
        chosen = _one(spec, plain) if spec.choices else None
        return _quantity(spec, text) if chosen is None else chosen
    return _free(spec, text, today)


def _free(spec: Spec, text: str, today: dt.date) -> object | None:
    """Read an answer that is neither a choice nor one number: stretches, a day, a place."""
    if spec.kind == "numbers":
        return _stretches(text)
    if spec.kind == "date":
        days = read_past(text, today)
        return days[-1][2] if days else None
    wordy = spec.kind in {"place", "text"} and len(text) <= LONGEST_PLAIN and not text.isascii()
    return text if wordy else None


@cache
def _words() -> dict[str, frozenset[str]]:
    table = read_toml(ROOT / "lexicon" / "answers.toml")
    found = {key: _spelt_out(table, key) for key in table.keys()}  # noqa: SIM118 - Table is no dict
    table.done()
    return found


def _spelt_out(table: Table, key: str) -> frozenset[str]:
    return frozenset(
        phrase for template in table.texts(key) for phrase in variants(template, table, key)
    )


def _flag(spec: Spec, plain: str) -> bool | None:
    """满了, 是的 → true; 没有, 不满 → false; else the number of the choice."""
    chosen = _one(spec, plain)
    if isinstance(chosen, bool):
        return chosen
    if plain in _words()["no"] or plain in _words()["none"]:
        return False
    return True if plain in _words()["yes"] else None


def _one(spec: Spec, plain: str) -> object | None:
    """Return the value of the one choice that was named, by number or by label."""
    number = _item(plain)
    if number is not None:
        return _nth(spec, number)
    value: object
    for value, label in spec.choices:
        if plain == label or (len(plain) >= FEWEST and _short(label, plain)):
            return value
    return None


def _item(plain: str) -> int | None:
    match = ITEM.match(LEAD.sub("", plain))
    if not match:
        return None
    number = read_number(match["n"], 0)
    return int(number.low) if number and number.low == number.high else None


def _nth(spec: Spec, number: int) -> object | None:
    value: object = spec.choices[number - 1][0] if 1 <= number <= len(spec.choices) else None
    return value


def _short(label: str, plain: str) -> bool:
    """Whether `plain` is the everyday or the official half of the label."""
    everyday, _, official = label.partition("（")
    return plain in (everyday, official.rstrip("）"))


def _several(spec: Spec, plain: str) -> list[object] | None:
    """Return the values chosen by number (1和3, 1、3, 13), or [] for 都不是."""
    if plain in _words()["none"]:
        return []
    if plain in _words()["all"]:
        return [value for value, _ in spec.choices]
    one = _one(spec, plain)
    if one is not None:
        return [one]
    numbers = _numbers(plain, len(spec.choices)) if JOINTS.match(plain) else []
    values = [_nth(spec, number) for number in dict.fromkeys(numbers)]
    return values if values and None not in values else None


def _numbers(plain: str, count: int) -> list[int]:
    """Read 1和3, 一三, 13 (two digits where there is no thirteenth choice)."""
    found: list[int] = []
    for word in ITEMS.findall(LEAD.sub("", plain)):
        number = read_number(word, 0)
        if number is None:
            continue
        digits = number.digits
        if digits and int(digits) > count:
            found += [int(digit) for digit in digits]
        else:
            found.append(int(number.low))
    return found


def _quantity(spec: Spec, text: str) -> object | None:
    """Read a quantity; a bare number is in the unit that was asked for."""
    if text.startswith(tuple(_words()["zero"])):
        return 0
    asked = UNITS.get(getattr(spec, "unit", ""), "")
    for quantity in reversed(find_quantities(text, [])):
        taken_back = text.endswith("不是", 0, quantity.head)
        stray = quantity.unit == "bare" and not _alone(text, quantity)
        fits = None if taken_back or stray else _fits(quantity, asked)
        if fits is not None:
            return fits
    return None


def _alone(text: str, quantity: Quantity) -> bool:
    """Whether a number without a unit is all that is said: 三级 is no three, 一直 no one."""
    rest = text[: quantity.head] + " " + text[quantity.end :]
    for word in sorted(_words()["around"], key=len, reverse=True):
        rest = rest.replace(word, "")
    return not rest.strip(TRIM)


def _fits(quantity: Quantity, asked: str) -> object | None:
    unit = quantity.unit
    if unit == "money":
        return None
    if unit in ("bare", "some", "seat") or not asked or unit == asked:
        if unit == "year" and asked == "year":
            return quantity._replace(low=quantity.low // 12, high=quantity.high // 12).as_json()
        return quantity.as_json()
    return quantity.as_json() if {unit, asked} == {"month", "year"} and asked == "month" else None


def _stretches(text: str) -> list[int] | None:
    """Read several lengths: 先8个月后6个月, 8和6."""
    found = [q.low for q in find_quantities(text, []) if q.unit != "money"]
    return found or None


def _from_facts(spec: Spec, text: str, today: dt.date) -> object | None:
    """Take the fact that was asked for out of a whole sentence."""
    for sentence in (text, f"我是{text}"):
        facts = extract_facts(sentence, today)
        value = facts.get(spec.key, facts.get(f"{spec.key}_has"))
        if value is not None:
            return value
    return None
