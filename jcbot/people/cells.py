"""What stands in one cell: from the text of a list to the value kept, or why not."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from jcbot.lists.cells import read_card_id, read_choice
from jcbot.lists.faults import CellError
from jcbot.masking import mask
from jcbot.people.identity import IdentityError, mask_id, mask_name, read_phone
from knowledge.columns import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from knowledge.registry import ListColumn

LONGEST_NAME = 50
SHOWN = 20
_DATE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]0?0:00(?::00)?)?|(\d{4})(\d\d)(\d\d)"
)
_NUMBER = re.compile(r"(\d{1,9})(?:\.0+)?(?:个月|月|次)?")
_SPLIT = re.compile(r"[、,，;；/|\s]+")
_EARLIEST = 1949
_REPEATING = {"county", "choice", "groups", "number", "date", "text"}


def reader_of(column: ListColumn) -> Callable[[str], Any]:
    """Return what reads a filled cell of this column; it raises `CellError`."""
    read = partial(_READERS[column.kind], column)
    return lru_cache(maxsize=5_000)(read) if column.kind in _REPEATING else read


def shown(column: ListColumn, text: str) -> str:
    """Return what of a faulty cell may be shown: masked, and not long."""
    text = text.strip()
    match column.kind:
        case "name":
            return mask_name(text)
        case "id" | "phone":
            return mask_id(text)
        case _:
            return mask(text)[:SHOWN]


def storable(text: str) -> str:
    """Take out what a database cannot hold: NUL and lone surrogates."""
    if text.isprintable():
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _name(_column: ListColumn, text: str) -> str:
    name = storable(" ".join(text.split()))
    if "?" in name or "？" in name or "\ufffd" in name:
        raise CellError("有字变成了问号，存文件时丢了")
    if any(char.isdigit() for char in name):
        raise CellError("姓名里有数字")
    if len(name) > LONGEST_NAME:
        raise CellError("姓名太长了")
    return name


def _phone(_column: ListColumn, text: str) -> str:
    try:
        return read_phone(text)
    except IdentityError as fault:
        raise CellError(fault.reason) from None


def _text(column: ListColumn, text: str) -> str:
    if len(text) > column.most:
        raise CellError(f"超过{column.most}个字")
    return storable(text if column.key == "note" else mask(text))


def _groups(column: ListColumn, text: str) -> dict[str, bool]:
    """Return the named groups as True; a plain 无 denies those that it speaks of."""
    if plain(text) in column.none:
        return dict.fromkeys(column.none_denies, False)
    words = [plain(word) for word in _SPLIT.split(text) if word]
    unknown = [word for word in words if word not in column.words]
    if unknown or not words:
        raise CellError("里面有认不得的群体" if len(words) > 1 else "没有这种群体")
    return {column.words[word]: True for word in words}


def _number(column: ListColumn, text: str) -> int:
    found = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text).replace(" ", ""))
    if not found:
        raise CellError("应当是一个整数")
    number = int(found.group(1))
    if number > column.most:
        raise CellError(f"太大了，最多{column.most}")
    return number


def _date(_column: ListColumn, text: str) -> dt.date:
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", text))
    parts = [int(part) for part in found.groups() if part] if found else []
    try:
        year, month, day = parts
        date = dt.date(year, month, day)
    except ValueError:
        raise CellError("不是一个真实的日期") from None
    if year < _EARLIEST:
        raise CellError(f"早于{_EARLIEST}年")
    return date


_READERS: dict[str, Callable[[ListColumn, str], Any]] = {
    "name": _name,
    "id": read_card_id,
    "phone": _phone,
    "county": read_choice,
    "text": _text,
    "choice": read_choice,
    "groups": _groups,
    "number": _number,
    "date": _date,
}
