"""One cell of a list of training: from its text to the value kept, or why not."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING

from jcbot.lists.faults import CellError
from jcbot.masking import mask
from jcbot.people.identity import DAMAGED, IdentityError, clean, mask_id, mask_paper, read_id
from knowledge.columns import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from knowledge.columns import Column
    from knowledge.registry import ListColumn

Value = str | int | dt.date
_CODE = re.compile(r"[A-Za-z0-9-]+")
_NUMBER = re.compile(r"(\d{1,9})(?:\.0+)?(?:人|天|日|名)?")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]?0?0:00(?::00)?)?")
_YEARS = range(2015, 2100)
_PAPER = re.compile(r"(?=.*\d)[0-9A-Z\u4e00-\u9fff()\[\]〔〕/.-]{4,}")
SHOWN = 20


def read_cell(column: Column, text: str) -> Value:
    """Return the value of a cell that is not empty; `CellError`."""
    return _READERS[column.kind](column, unicodedata.normalize("NFC", text.strip()))


def shown(column: Column, text: str) -> str:
    """Return what of a faulty cell is repeated to the person who imports: masked, not long."""
    match column.kind:
        case "id":
            return mask_id(clean(text))
        case "paper":
            return mask_paper(clean(text))
        case _:
            return mask(text.strip())[:SHOWN]


def _code(column: Column, text: str) -> str:
    code = unicodedata.normalize("NFKC", text)
    if not _CODE.fullmatch(code):
        raise CellError("有字母、数字和短横以外的字")
    return _no_longer(column, code)


def _text(column: Column, text: str) -> str:
    clean = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return _no_longer(column, clean)


def _no_longer(column: Column, text: str) -> str:
    if len(text) > column.most:
        raise CellError(f"超过{column.most}个字")
    return text


def read_choice(column: Column | ListColumn, text: str) -> str:
    """Return the code of a word, whichever way it is written; `CellError`."""
    code = column.words.get(plain(text))
    if code is None:
        raise CellError("没有这种写法")
    return code


def read_card_id(_column: Column | ListColumn, text: str) -> str:
    """Return an ID number that is right, as it is kept; `CellError`."""
    try:
        return read_id(text)
    except IdentityError as fault:
        raise CellError(fault.reason) from None


def _paper(column: Column, text: str) -> str:
    number = clean(text)
    if DAMAGED.fullmatch(number):
        raise CellError("号码被 Excel 改成了数字，后几位已经丢了")
    if not _PAPER.fullmatch(number):
        raise CellError("不像证书编号")
    return _no_longer(column, number)


def _number(column: Column, text: str) -> int:
    found = _NUMBER.fullmatch("".join(unicodedata.normalize("NFKC", text).split()))
    if not found:
        raise CellError("不是一个整数")
    number = int(found.group(1))
    if not column.least <= number <= column.most:
        raise CellError("太小了" if number < column.least else "太大了")
    return number


def _day(_column: Column, text: str) -> dt.date:
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", text))
    if not found:
        raise CellError("看不出是哪一天")
    year, month, day = map(int, found.groups())
    if year not in _YEARS:
        raise CellError("年份不对")
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise CellError("没有这一天") from None


_READERS: dict[str, Callable[[Column, str], Value]] = {
    "code": _code,
    "text": _text,
    "choice": read_choice,
    "number": _number,
    "day": _day,
    "id": read_card_id,
    "paper": _paper,
}
