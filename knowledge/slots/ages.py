"""How old somebody is: 45岁, 四十五了, 78年的, 1985年3月, 属虎 with a hint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.slots.dates import calendar_words
from knowledge.slots.governors import told
from knowledge.slots.message import Finding
from knowledge.slots.numbers import read_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.slots.message import Message
    from knowledge.slots.quantities import Quantity

BORN = re.compile(
    r"(?P<year>(?:19|20)[0-9]{2}|[0-9]{2}(?=年)|[零〇一二三四五六七八九]{2}(?=年)|[一二][零〇九][零〇一二三四五六七八九]{2})"
    r"年?(?:(?P<month>[0-9]{1,2}|[一二三四五六七八九十]{1,2})月(?:份|[0-9]{1,2}[号日])?)?"
    r"(?:出?生(?:的|人)?|的(?=$|[,。?!、 ]|人|能|还|我|今|行|可)|生人|属)"
)
ALIEN = frozenset("考交有到花给第共得领补发学上训招")
YOUNGEST, OLDEST, LINE = 6, 99, 100
ADULT = 14
AGED = ("今年", "过年", "年龄", "岁数", "虚岁", "年纪", "年过", "今年都", "今年快")
NO_AGE = re.compile(r"\s?(?:[0-9a-z.%月号日级元块个人天年次分点名期班名届条:、路-]|周年)")
OPENING = re.compile("(?:今年|刚满|刚|才|都|已经|虚岁|满|快|过了|这都|[嗯啊呃那个, ])*")
CAN = re.compile("了?(?:的人)?[ ,，]?(?:还|可|也)?(?:能|行|算|够|可以|收|要)")
STILL = re.compile("(?:今年|刚满|刚|才|都|已经|虚岁|满|快|就|也|他|她|过年|[ ,])*")
REACH = 6  # characters between 明年 and the age
NEXT_YEAR = re.compile("(?:(?P<last>去年)|明年|过了年)(?:我|俺|他|她)?(?:才|就|整|刚|都|满)*$")
SIGN = re.compile(r"属(?P<sign>.)")


def ages(message: Message) -> list[Finding]:
    """Find ages; in years, as of `message.today`."""
    return [*_sign(message)] or [*_counted(message), *_born(message)]


def _counted(message: Message) -> Iterator[Finding]:
    for quantity in message.quantities:
        if quantity.unit == "age":
            if _is_range(quantity) or _beside_real_age(message, quantity):
                continue
            if told(message, quantity) and quantity.low >= YOUNGEST:
                yield Finding("age", _years_old(message, quantity), quantity.head)
        elif quantity.unit == "bare" and _looks_like_age(message, quantity):
            yield Finding("age", _years_old(message, quantity), quantity.head)


def _years_old(message: Message, quantity: Quantity) -> object:
    """满十六了 is sixteen years old, not sixteen or more; 明年就六十了 is fifty-nine."""
    lead = message.text[max(quantity.head - REACH, 0) : quantity.head]
    if quantity.sure == "exact" and (shift := NEXT_YEAR.search(lead)):
        return quantity.low + (1 if shift["last"] else -1)
    full = message.text.endswith(("满", "够", "满了"), 0, quantity.head)
    return quantity.low if full and quantity.sure == "least" else quantity.as_json()


def _beside_real_age(message: Message, quantity: Quantity) -> bool:
    """周岁四十四，虚岁四十五: the first is the age."""
    return "周岁" in message.text and message.text.endswith("虚岁", 0, quantity.head)


def _is_range(quantity: Quantity) -> bool:
    return quantity.sure == "range" and quantity.high - quantity.low > LINE // 10


def _looks_like_age(message: Message, quantity: Quantity) -> bool:
    """Whether a number without a unit is an age: 我45, 今年四十五, 四十五了, 娃17."""
    if _holiday(message, quantity):
        return False
    if not YOUNGEST < quantity.low <= OLDEST or quantity.low != quantity.high or quantity.ordinal:
        return False
    text, end = message.text, quantity.end
    if NO_AGE.match(text, end) and not text.startswith("了", end):
        return False
    opens = _before_question(message, quantity)
    if message.generic or not (opens or told(message, quantity)):
        return False
    return opens or _led(message, quantity) or _followed(message, quantity)


def _holiday(message: Message, quantity: Quantity) -> bool:
    """五一, 六一, 十一 are days of the year, not ages."""
    return message.text[quantity.head : quantity.end] in calendar_words().fixed


def _before_question(message: Message, quantity: Quantity) -> bool:
    """47了还能办吗, 刚满16能办吗: the number opens the message and the question follows."""
    lead = message.text[: quantity.head]
    return OPENING.fullmatch(lead) is not None and CAN.match(message.text, quantity.end) is not None


def _led(message: Message, quantity: Quantity) -> bool:
    """Whether a person or 今年 stands before: 我45, 娃17, 今年四十五, 快六十."""
    text, head = message.text, quantity.head
    for token in message.before(head, 5):
        if token.tag not in ("self", "other"):
            continue
        if STILL.fullmatch(text[token.end : head]) or quantity.sure != "exact":
            return quantity.low >= ADULT or text[quantity.end : quantity.end + 1] in ("了", "")
        break
    return text.endswith(AGED, 0, head) or (
        quantity.sure == "about" and text[head - 1 : head] in "快奔近"
    )


def _followed(message: Message, quantity: Quantity) -> bool:
    """Whether 了 follows, or the number stands alone among other facts."""
    text, head, end = message.text, quantity.head, quantity.end
    if quantity.low < ADULT:
        return False
    if text.startswith("的", end) and any(
        t.start == end + 1 for t in message.tags.get("other", ())
    ):
        return True
    if text.startswith(("了", "岁"), end):
        return text[head - 1 : head] not in ALIEN
    return message.alone(head, end) and (message.listing or message.personal)


def _born(message: Message) -> Iterator[Finding]:
    for match in BORN.finditer(message.text):
        number = read_number(match["year"], 0)
        if number is None or not number.digits:
            continue
        year = int(number.digits)
        if year < LINE:
            year += 2000 if year <= message.today.year % LINE - YOUNGEST else 1900
        month = read_number(match["month"], 0) if match["month"] else None
        age = message.today.year - year - (month is not None and month.low > message.today.month)
        if YOUNGEST <= age <= OLDEST and _own_birth(message, match.start()):
            yield Finding("age", age, match.start())


def _own_birth(message: Message, at: int) -> bool:
    return not message.asks or message.personal or at == 0


def _sign(message: Message) -> Iterator[Finding]:
    """Read 属虎 where 四十来岁 or the like tells which round of twelve years it is."""
    words = calendar_words()
    for match in SIGN.finditer(message.text):
        index = words.zodiac.find(match["sign"])
        hint = _decade(message)
        if index < 0 or hint is None:
            continue
        first = message.today.year - words.rat_year - index
        fitting = [age for age in range(first % 12, OLDEST, 12) if hint <= age < hint + 10]
        if len(fitting) == 1:
            yield Finding("age", fitting[0], match.start())


def _decade(message: Message) -> int | None:
    match = re.search(r"([一二三四五六七八])十(?:多|几|来|出头|好几|大几)", message.text)
    number = read_number(match[1], 0) if match else None
    return int(number.low) * 10 if number else None
