"""A list as rows of cells, from CSV in whatever encoding or from XLSX; each with its row number.

Row 1 is the first row a person sees in a spreadsheet; a row with line breaks inside a cell is
one row. Nothing is guessed: what cannot be read is a `SheetError` that says where.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from jcbot.errors import JcbotError
from jcbot.lists.workbook import is_workbook, workbook_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 1 << 20
CELL_LIMIT = 20_000
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MANY_ZEROS = 0.1
DELIMITERS = ",\t;"
LOOKED_AT = 5
"""A title may stand above the heading; this many rows are looked at for it."""
Row = tuple[int, list[str]]


class SheetError(JcbotError):
    """The file cannot be read as a list, or its columns are not what they must be."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was looked through once: its hash, encoding ("xlsx": a workbook), lines."""

    path: Path
    digest: str
    encoding: str
    lines: int


def look_through(path: Path) -> Sheet:
    """Read the file once for its hash and encoding; `SheetError` if there is none it could be."""
    try:
        with path.open("rb") as file:
            head = file.read(BLOCK)
    except OSError:
        raise SheetError(f"找不到或者打不开文件 {path.name}。") from None
    if is_workbook(head):
        return Sheet(path, _digest(path), "xlsx", 0)
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise SheetError("这是老的 Excel 格式（.xls）。请在 Excel 里另存为 .xlsx 或 CSV 再导入。")
    encoding = _encoding_of(head)
    lines, whole = _decode_all(path, encoding)
    if not whole:
        raise SheetError(
            f"第{lines + 1}行附近的文字读不出来，可能文件坏了。"
            "请用 Excel 打开看看，另存为“CSV UTF-8”再导入。"
        )
    return Sheet(path, _digest(path), encoding, lines)


def rows_of(sheet: Sheet) -> Iterator[Row]:
    """Yield all rows, blank ones too, from row 1 on."""
    return workbook_rows(sheet.path) if sheet.encoding == "xlsx" else _csv_rows(sheet)


def _csv_rows(sheet: Sheet) -> Iterator[Row]:
    csv.field_size_limit(CELL_LIMIT)
    with closing(sheet.path.open(encoding=sheet.encoding, newline="")) as file:
        first = "".join(islice(file, LOOKED_AT))
        delimiter = max(DELIMITERS, key=first.count)
        file.seek(0)
        number = 0
        try:
            for number, cells in enumerate(csv.reader(file, delimiter=delimiter), start=1):
                yield number, cells
        except csv.Error:
            raise SheetError(
                f"第{number + 1}行读不出来，可能少了一个引号。请改好再导入。"
            ) from None


def _encoding_of(head: bytes) -> str:
    for mark, name in BOMS:
        if head.startswith(mark):
            return name
    zeros = head.count(0)
    if zeros > len(head) * MANY_ZEROS:
        return "utf-16-le" if head[1::2].count(0) * 2 > zeros else "utf-16-be"
    return "utf-8" if _begins_in_utf8(head) else "gb18030"


def _begins_in_utf8(head: bytes) -> bool:
    """Judge by the first lines that are not all ASCII: the heading, or a title above it.

    Chinese written in GB18030 is not UTF-8; the other way round it may decode to nonsense.
    """
    for line in head.splitlines():
        if not line.isascii():
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return False
            return True
    return True


def _decode_all(path: Path, encoding: str) -> tuple[int, bool]:
    """Return how many lines decode, and whether these are all."""
    lines = 0
    try:
        with path.open(encoding=encoding, newline="") as file:
            while block := file.readlines(BLOCK):
                lines += len(block)
    except UnicodeError:
        return _lines_before_fault(path, encoding), False
    return lines, True


def _lines_before_fault(path: Path, encoding: str) -> int:
    """Count line by line; in UTF-16 a line cannot be told before it is decoded."""
    lines = 0
    if encoding.startswith("utf-16"):
        return lines
    with path.open("rb") as file:
        for line in file:
            try:
                line.decode(encoding)
            except UnicodeError:
                break
            lines += 1
    return lines


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
