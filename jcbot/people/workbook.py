"""The first sheet of an XLSX workbook as rows of text."""

from __future__ import annotations

import datetime as dt
import zipfile
from typing import TYPE_CHECKING, Any

from jcbot.errors import JcbotError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_ROWS = 300_001
MOST_BYTES = 1 << 30
"""Unpacked size up to which a workbook is opened at all."""
EXACT = 10**15
"""From here on Excel has lost digits of a number."""
ADVICE = "请在 Excel 里另存为“CSV UTF-8”，再导入那个文件。"


class WorkbookError(JcbotError):
    """The workbook cannot be read, or is too large."""


def is_workbook(head: bytes) -> bool:
    """Tell by the first bytes whether it is a ZIP, as XLSX files are."""
    return head.startswith(b"PK\x03\x04")


def workbook_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of the first sheet from row 1 on; `WorkbookError` if there is none."""
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - rarely needed

    _check_size(path)
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    except (CalamineError, IndexError):
        raise WorkbookError(f"这个 Excel 文件打不开，可能坏了或者加了密码。{ADVICE}") from None
    if sheet.height > MOST_ROWS:
        raise WorkbookError(f"Excel 文件超过30万行，太大了。{ADVICE}")
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        yield number, [as_text(cell) for cell in cells]


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
