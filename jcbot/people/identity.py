"""Resident identity numbers (GB 11643) and phone numbers: reading them, and how much to show."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from operator import mul

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
LENGTH, OLD_LENGTH = 18, 15
SHORT_PAPER = 8
_BLANKS = re.compile(r"[\s\u200b-\u200f\u2060\ufeff'’`]+")
DAMAGED = re.compile(r"\d(?:\.\d+)?E\+?\d{1,3}|\d+\.0*")
"""A long number after Excel made a number of it (as `clean` gives it)."""
_SHAPE = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
_PHONE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_PHONE_CLUTTER = re.compile(r"[\s\-‐-―()（）\u200b-\u200f\ufeff]+")


class IdentityError(ValueError):
    """A number that cannot be; `reason` is a sentence that does not repeat it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_id(text: str) -> str:
    """Return the 18 characters of an ID number, X in capitals; `IdentityError` says why not.

    Full-width digits, a small x and blanks inside are taken; nothing is ever guessed.
    """
    number = clean(text)
    if DAMAGED.fullmatch(number):
        raise IdentityError("号码被 Excel 改成了数字，后几位已经丢了")
    if len(number) == OLD_LENGTH and number.isdecimal():
        raise IdentityError("这是15位的老号码，要用18位的")
    if len(number) != LENGTH:
        raise IdentityError(f"应当是18位，现在是{len(number)}位")
    if not _SHAPE.fullmatch(number):
        raise IdentityError("只能是17位数字，最后一位是数字或 X")
    if birth_of(number) is None:
        raise IdentityError("第7到14位不是一个真实的出生日期")
    if check_character(number) != number[-1]:
        raise IdentityError("最后一位校验不对，可能有一位写错了")
    return number


def clean(text: str) -> str:
    """Take out blanks and bring full-width characters to the plain ones, x to X."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).upper()


def check_character(number: str) -> str:
    """Return the check character that belongs to the first 17 digits."""
    return CHECKS[sum(map(mul, WEIGHTS, map(int, number[:17]))) % 11]


def birth_of(number: str) -> dt.date | None:
    """Return the date of birth in an ID number, None if there is no such day."""
    try:
        return dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def sex_of(number: str) -> str:
    """Return "male" or "female", from the seventeenth digit."""
    return "male" if int(number[16]) % 2 else "female"


def read_phone(text: str) -> str:
    """Return the 11 digits of a mobile number; `IdentityError` says why not."""
    digits = _PHONE_CLUTTER.sub("", unicodedata.normalize("NFKC", text)).removeprefix("+")
    if len(digits) > len("13900000000"):
        digits = digits.removeprefix("86")
    if not _PHONE.fullmatch(digits):
        raise IdentityError("不是11位的手机号")
    return digits


def mask_id(number: str) -> str:
    """Show the first 3 and the last 4 of an ID number, nothing of anything shorter."""
    return _ends(number, 3, 4) if len(number) >= LENGTH else "*" * len(number)


def mask_phone(number: str) -> str:
    """Show the first 3 and the last 4 of a phone number."""
    return _ends(number, 3, 4) if len(number) == len("13900000000") else "*" * len(number)


def mask_paper(number: str) -> str:
    """Show the last 4 of a certificate's number, nothing of one so short that it would be seen."""
    return _ends(number, 0, 4) if len(number) > SHORT_PAPER else "****"


def mask_name(name: str) -> str:
    """Show the first character of a name: 张*."""
    return f"{name[0]}*" if name else ""


def _ends(text: str, first: int, last: int) -> str:
    return text[:first] + "*" * (len(text) - first - last) + text[-last:]
