"""Numbers as people write them: 14, 十四, 两千五, 5万8, 俩, 四十来, 十几, 三四, 一百二."""

from __future__ import annotations

from typing import NamedTuple

DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2, "仨": 3}
UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "廿": 20}
SHORT = {"k": 1000, "w": 10_000, "千": 1000, "万": 10_000, "百": 100}
NUMERALS = frozenset(DIGITS) | frozenset(UNITS) | frozenset("几")
ASCII = frozenset("0123456789")
ANY = NUMERALS | ASCII
PAIRS = "俩仨"
LONGEST = 12
FEW = (2, 9)


class Number(NamedTuple):
    """What was read: lowest and highest value it can mean, whether it is only about so, its end.

    `open_end` means "and some more" (四十多); `digits` keeps a plain row of digits (七八年).
    """

    low: float
    high: float
    about: bool
    end: int
    open_end: bool = False
    digits: str = ""


def read_number(text: str, at: int) -> Number | None:
    """Read the number that starts at `at`, with 来/多/几 behind it; None when there is none."""
    end = at
    size = min(len(text), at + LONGEST)
    kind = ASCII if text[at : at + 1] in ASCII else NUMERALS
    while end < size and text[end] in kind and (end == at or text[end - 1] not in PAIRS):
        end += 1
    if end == at:
        return None
    number = _arabic(text, at, end) if kind is ASCII else _chinese(text, at, end)
    return _softened(text, number) if number else None


def _arabic(text: str, at: int, end: int) -> Number | None:
    if text[end : end + 1] == "." and text[end + 1 : end + 2] in ASCII:
        end += 1
        while end < len(text) and end < at + LONGEST and text[end] in ASCII:
            end += 1
    value = float(text[at:end])
    unit = SHORT.get(text[end : end + 1])
    if unit:
        end += 1
        tail = text[end : end + 1]
        if tail in ASCII and text[end + 1 : end + 2] not in ANY and tail:
            value, end = value + int(tail) / 10, end + 1
        value *= unit
    return Number(value, value, False, end, digits=text[at:end])  # noqa: FBT003 - a row, not a switch


def _chinese(text: str, at: int, end: int) -> Number | None:
    word = text[at:end]
    if all(c in DIGITS for c in word):
        return _row(word, end)
    if word == "几":
        return None
    low, high = _value(word, 0), _value(word, -1)
    return Number(low, high, "几" in word and word[0] == "几", end)


def _row(word: str, end: int) -> Number:
    """Read digits without units: one digit, 三四 (three or four), or 一九七八."""
    values = [DIGITS[c] for c in word]
    if len(values) == 2 and values[1] - values[0] == 1 and values[0] > 0:  # noqa: PLR2004 - a pair
        return Number(values[0], values[1], False, end, digits=_join(values))  # noqa: FBT003 - a row
    value = int(_join(values))
    return Number(value, value, False, end, digits=_join(values))  # noqa: FBT003 - a row


def _join(values: list[int]) -> str:
    return "".join(map(str, values))


def _value(word: str, pick: int) -> float:
    """Work out a numeral with units; of 二十七八 the lower (`pick` 0) or upper (-1) reading."""
    total, section, held, last_unit = 0, 0, -1, 1
    index = 0
    while index < len(word):
        character = word[index]
        if character in DIGITS or character == "几":
            choices, step = _digit(word, index)
            held, index = choices[pick], index + step
            continue
        unit = UNITS[character]
        if character == "万":
            total, section = (total + section + max(held, 0) or 1) * unit, 0
        elif character == "廿":
            section += unit
        else:
            section += (held if held >= 0 else 1) * unit
        held, last_unit, index = -1, unit, index + 1
    if held > 0:
        shortened = last_unit >= 100 and word[-2:-1] not in ("零", "〇")  # noqa: PLR2004 - 一百二
        section += held * (last_unit // 10 if shortened else 1)
    return total + section


def _digit(word: str, index: int) -> tuple[tuple[int, ...], int]:
    character = word[index]
    if character == "几":
        return (FEW if index == 0 else (1, 9)), 1
    value = DIGITS[character]
    following = DIGITS.get(word[index + 1 : index + 2], -1)
    if following - value == 1 and value > 0:
        return (value, following), 2
    return (value,), 1


def _softened(text: str, number: Number) -> Number:
    """Take in what follows the numeral itself: 来 (about), 多 or 余 (and more)."""
    behind = text[number.end : number.end + 1]
    if behind == "来" and text[number.end : number.end + 2] not in ("来了", "来的", "来回"):
        return number._replace(about=True, end=number.end + 1)
    if behind in ("多", "余") and text[number.end : number.end + 2] != "多少":
        return number._replace(open_end=True, end=number.end + 1)
    return number
