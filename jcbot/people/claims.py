"""Name, ID number and phone digits out of a message (自报身份), before they are checked."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jcbot.masking import long_numbers
from jcbot.people.identity import LENGTH, IdentityError, birth_of, read_id, read_phone

if TYPE_CHECKING:
    from knowledge.names import Names

TAIL = 4
PHONE = 11
_FOUR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_SPOKEN = str.maketrans("零〇一二三四五六七八九幺", "001234567891")
_SPOKEN_TAIL = re.compile(
    r"(尾号是?|后四位是?|后4位是?|末四位是?)\s*([零〇一二三四五六七八九幺]{4})"
)
_LETTER_O = re.compile(r"(?<=\d)[oO](?=\d)")
_APART = re.compile(r"(?<!\d)(?:\d ){3}\d(?!\d)")
_BARE_SPOKEN = re.compile("[零〇一二三四五六七八九幺]{4}")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a message says of who somebody is; "" for what it does not say.

    `fault` is why its ID number cannot be, a phrase that does not repeat it.
    """

    name: str = field(default="", repr=False)
    id_number: str = field(default="", repr=False)
    tail: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    no_phone: bool = False
    fault: str = ""

    def __bool__(self) -> bool:
        """Say whether anything was said at all."""
        return bool(
            self.name or self.id_number or self.tail or self.phone or self.no_phone or self.fault
        )


def read_claim(text: str, names: Names) -> Claim:
    """Read a message; blanks, full width, spoken digits and words around make no difference."""
    plain = _LETTER_O.sub("0", unicodedata.normalize("NFKC", text))
    ids: list[str] = []
    phones: list[str] = []
    tails: list[str] = []
    rest, end = "", 0
    for start, stop, digits in long_numbers(plain):
        rest, end = f"{rest}{plain[end:start]} ", stop
        _sort(digits, ids, phones, tails)
    rest += plain[end:]
    rest = _SPOKEN_TAIL.sub(lambda found: found.group(1) + found.group(2).translate(_SPOKEN), rest)
    rest = _APART.sub(lambda found: found.group().replace(" ", ""), rest)
    tails += _FOUR.findall(rest)
    bare = rest.strip(" 。.,，!！")
    if not tails and _BARE_SPOKEN.fullmatch(bare):
        tails.append(bare.translate(_SPOKEN))
    id_number, fault = _checked(ids)
    phone = phones[0] if phones else ""
    name = names.find(rest, beside_number=bool(ids))
    tail = tails[0] if tails else phone[-TAIL:]
    return Claim(name, id_number, tail, phone, bare in names.no_phone, fault)


def _sort(digits: str, ids: list[str], phones: list[str], tails: list[str]) -> None:
    """Take a run of digits apart: an ID number with a phone or its end typed close behind it."""
    more = len(digits) - LENGTH
    if more in {TAIL, PHONE} and _good(digits[:LENGTH]):
        ids.append(digits[:LENGTH])
        _sort_rest(digits[LENGTH:], phones, tails)
    elif more in {TAIL, PHONE} and _good(digits[-LENGTH:]):
        ids.append(digits[-LENGTH:])
        _sort_rest(digits[:-LENGTH], phones, tails)
    elif more in {TAIL, PHONE} and birth_of(digits) is not None:
        ids.append(digits[:LENGTH])  # one digit of it is wrong
    elif len(digits) in {PHONE, PHONE + 2} and (phone := _phone(digits)):
        phones.append(phone)
    else:
        ids.append(digits)


def _sort_rest(digits: str, phones: list[str], tails: list[str]) -> None:
    if len(digits) == TAIL:
        tails.append(digits)
    elif phone := _phone(digits):
        phones.append(phone)


def _good(digits: str) -> bool:
    return not _checked([digits])[1]


def _checked(ids: list[str]) -> tuple[str, str]:
    """Return the first number that can be, or why the last one cannot."""
    fault = ""
    for digits in ids:
        try:
            return read_id(digits), ""
        except IdentityError as why:
            fault = why.reason
    return "", fault


def _phone(digits: str) -> str:
    try:
        return read_phone(digits)
    except IdentityError:
        return ""
