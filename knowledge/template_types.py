"""The types of WeChat's template fields (字段类型): what fits into each, and how a value is cut."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

ELLIPSIS = "…"
_NAME = re.compile(r"([a-z_]+)[0-9]{1,3}")
_DAY = r"[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日"
_HOUR = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]"
_TIME, _DATE = rf"(?:{_DAY} )?{_HOUR}", rf"{_DAY}(?: {_HOUR})?"


@dataclass(frozen=True, slots=True)
class FieldType:
    """One type: the pattern of its values, and how `most` characters too many are cut.

    `most` is counted as UTF-16 does, so that an emoji is two; `mark` ends what was cut, "" where
    nothing may be cut. `fixed`: only words known beforehand fit.
    """

    pattern: re.Pattern[str]
    most: int
    mark: str = ""
    fixed: bool = False

    def fits(self, value: str) -> bool:
        """Say whether WeChat takes the value as it is."""
        return length(value) <= self.most and self.pattern.fullmatch(value) is not None

    def cut(self, value: str) -> str:
        """Return the value, cut where it is too long and may be cut; "" where it cannot fit."""
        if self.mark and length(value) > self.most:
            kept = value
            while length(kept) + len(self.mark) > self.most:
                kept = kept[:-1]
            value = kept.rstrip() + self.mark
        return value if self.fits(value) else ""


TYPES = {
    "thing": FieldType(re.compile(r".+"), 20, ELLIPSIS),
    "phrase": FieldType(re.compile(r"[\u4e00-\u9fff]+"), 5),
    "number": FieldType(re.compile(r"-?[0-9]+(?:\.[0-9]+)?"), 32),
    "character_string": FieldType(re.compile(r"[!-~](?:[ -~]*[!-~])?"), 32, "..."),
    "phone_number": FieldType(re.compile(r"[-+0-9]+"), 17),
    "const": FieldType(re.compile(r".+"), 20, fixed=True),
    "time": FieldType(re.compile(rf"{_TIME}(?:~{_TIME})?"), 64),
    "date": FieldType(re.compile(rf"{_DATE}(?:~{_DATE})?"), 64),
}


def type_of(field: str) -> str:
    """Return the type in a field's name, "" where it is none that we know."""
    found = _NAME.fullmatch(field)
    return found[1] if found and found[1] in TYPES else ""


def length(text: str) -> int:
    """Count the characters as WeChat may: one beyond the basic plane is two."""
    return len(text) + sum(char > "\uffff" for char in text)


def one_line(text: str) -> str:
    """Return the text without line breaks and control characters, which no field takes."""
    spaced = (" " if char.isspace() else char for char in text)
    clean = (char for char in spaced if unicodedata.category(char) not in {"Cc", "Cs"})
    return " ".join("".join(clean).split())
