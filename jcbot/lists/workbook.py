"""The first sheet of an XLSX workbook as rows of text."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from jcbot.errors import JcbotError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_ROWS = 300_001
MOST_BYTES = 1 << 30
"""Unpacked size up to which a workbook is opened at all."""
EXACT = 10**15
"""From here on Excel has lost digits of a number."""
_FAULTS = (ParseError, zipfile.BadZipFile, KeyError, IndexError, ValueError, TypeError, OSError)
"""What openpyxl raises for a workbook that is none."""
ADVICE = "请在 Excel 里另存为“CSV UTF-8”，再导入那个文件。"


class WorkbookError(JcbotError):
    """The workbook cannot be read, or is too large."""


def is_workbook(head: bytes) -> bool:
    """Tell by the first bytes whether it is a ZIP, as XLSX files are."""
    return head.startswith(b"PK\x03\x04")


def workbook_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of the first sheet from row 1 on; `WorkbookError` if there is none.

    Read as a stream: 300,000 rows at once would take more memory than all the rest.
    """
    from openpyxl import load_workbook  # noqa: PLC0415 - only for workbooks

    _check_size(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and the like
            book = load_workbook(path, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a file says about its size may be wrong
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            if number > MOST_ROWS:
                raise WorkbookError(f"Excel 文件超过30万行，太大了。{ADVICE}")
            yield number, [as_text(cell) for cell in cells]
        book.close()
    except _FAULTS:
        raise WorkbookError(f"这个 Excel 文件打不开，可能坏了或者加了密码。{ADVICE}") from None


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        raise WorkbookError(f"这个 Excel 文件打不开，可能坏了。{ADVICE}") from None
    if size > MOST_BYTES:
        raise WorkbookError(f"Excel 文件展开后太大了。{ADVICE}")


def as_text(cell: Any) -> str:  # noqa: PLR0911 - one arm for each kind of cell
    """Return a cell as a person would read it; a number that lost digits as 1.40522E+17."""
    match cell:
        case str():
            return cell
        case bool():
            return "是" if cell else "否"
        case int() | float():
            if abs(cell) >= EXACT:
                return f"{cell:.5E}"
            return str(int(cell)) if cell == int(cell) else str(cell)
        case dt.datetime():
            return cell.date().isoformat()
        case dt.date():
            return cell.isoformat()
        case _:
            return "" if cell is None else str(cell)
