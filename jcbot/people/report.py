"""What an import found: the counts, and the list of what is wrong, cell by cell."""

from __future__ import annotations

import contextlib
import csv
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jcbot.lists.sheet import SheetError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

    from jcbot.lists.faults import Fault
    from jcbot.people.verified import Unlike

KEPT = 20
HEADING = ("行号", "列", "内容（已遮盖）", "原因", "怎么改")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(slots=True)
class Report:
    """Counts of an import; `faults` are the first few, all of them are in `file`.

    `replaces` is how many people the registry has that would be replaced; `unused` are
    headings nobody knows; `unlike` are those whose card the staff had verified otherwise.
    """

    good: int = 0
    faulty: int = 0
    faults: list[Fault] = field(default_factory=list)
    unused: tuple[str, ...] = ()
    replaces: int = 0
    unlike: list[Unlike] = field(default_factory=list)
    file: Path | None = None
    live: bool = False

    @property
    def shrinks(self) -> bool:
        """Say whether more than half of the people would be gone."""
        return self.good * 2 < self.replaces

    @property
    def doubtful(self) -> bool:
        """Say whether somebody has to agree before this goes live."""
        return bool(self.faulty or self.unused or self.shrinks)


class FaultFile:
    """A CSV of all faults, readable by its owner only, made with the first of them."""

    def __init__(self, path: Path) -> None:
        """Write to `path`; what an earlier run left there is replaced."""
        self.path = path
        self._file: TextIO | None = None
        with contextlib.suppress(OSError):  # told when there is something to write
            path.unlink(missing_ok=True)

    def add(self, faults: list[Fault]) -> None:
        """Write a line for each fault."""
        if self._file is None:
            self._file = self._open()
            csv.writer(self._file).writerow(HEADING)
        csv.writer(self._file).writerows(
            [each.row, each.column, _harmless(each.value), each.reason, each.mend]
            for each in faults
        )

    def close(self) -> Path | None:
        """Finish; return the path if there was anything to write."""
        if self._file is None:
            return None
        self._file.close()
        return self.path

    def _open(self) -> TextIO:
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            raise SheetError(f"写不了问题清单 {self.path.name}，请换一个能写的文件夹。") from None
        return os.fdopen(handle, "w", encoding="utf-8-sig", newline="")


def _harmless(value: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value
