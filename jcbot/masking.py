"""Takes ID, phone and other long numbers out of a text before it is stored or logged."""

from __future__ import annotations

import re

# A digit as people type or dictate it: any decimal digit, full width included, or a numeral.
_DIGIT = r"[\d零〇一二三四五六七八九幺]"
# What may stand between the digits of one number: blanks, dashes, dots, invisible characters.
_GAP = r"[\s\-‐-―－﹣_.·\u200b-\u200f\u2060\ufeff]"
_RUN = re.compile(rf"{_DIGIT}(?:{_GAP}{{0,3}}{_DIGIT}){{8,}}(?:{_GAP}{{0,3}}[xXｘＸ])?")
_FIGURES = re.compile(_RUN.pattern.replace(_DIGIT, r"\d"))
_DIGITS = re.compile(_DIGIT)
_CLOSE = re.compile(rf"{_DIGIT}{{9,}}")
_DATES = re.compile(rf"(?:(?:19|20)\d\d[-.]\d{{1,2}}[-.]\d{{1,2}}{_GAP}*)+")

NUMERALS = dict(zip("零〇一二三四五六七八九幺", "001234567891", strict=True))
IDENTITY, PHONE, NUMBER = "〔证件号〕", "〔手机号〕", "〔号码〕"
_SHORTEST = 9
_SPACED = 11
_IDENTITY = (15, 18)
_BEFORE_X = 17
_PHONE = re.compile(r"(?:86)?1\d{10}")


def mask(text: str) -> str:
    """Replace every ID number, phone number and other long number by a word for what it was.

    ID numbers have 18 or 15 digits (the last may be x), phones 11; full-width digits, Chinese
    numerals and blanks or dashes inside make no difference. Any run of 9 digits, or of 11 with
    gaps, goes; dates stay.
    """
    if len(text) < _SHORTEST:
        return text
    return _RUN.sub(_replace, text)


def long_numbers(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and plain digits (a last X too) of every number that `mask` would take.

    Digits alone where there are any: the 三 of 张三 before a number is no part of it.
    """
    found = []
    for run in list(_FIGURES.finditer(text)) or list(_RUN.finditer(text)):
        if _replace(run) != run.group():
            x = "X" if run.group()[-1] in "xXｘＸ" else ""
            found.append((run.start(), run.end(), _plain_digits(run.group()) + x))
    return found


def _plain_digits(run: str) -> str:
    return "".join(NUMERALS.get(char) or str(int(char)) for char in _DIGITS.findall(run))


def _replace(found: re.Match[str]) -> str:
    run = found.group()
    digits = _plain_digits(run)
    spaced = _CLOSE.search(run) is None
    if spaced and (len(digits) < _SPACED or _DATES.fullmatch(run)):
        return run
    x = run[-1] if run[-1] in "xXｘＸ" else ""
    if x and len(digits) == _BEFORE_X:
        return IDENTITY
    if len(digits) in _IDENTITY:
        return IDENTITY + x
    return (PHONE if _PHONE.fullmatch(digits) else NUMBER) + x
