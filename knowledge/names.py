"""Finding a person's name (姓名) in what was written; pure, and only a guess to be checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.reading import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PIECES = re.compile(r"[^\w·•]+|[0-9A-Za-z_]+")
_DOTS = re.compile("[·•]")
SHORTEST, LONGEST, WITH_DOT = 2, 4, 20
ENDINGS = tuple("吗呢吧啊呀么嘛不没了的啥咋哪谁")
GIVEN = 2  # characters behind a surname


@dataclass(frozen=True, slots=True)
class Names:
    """Surnames, the words around names, and what looks like a name and is none.

    `no_phone` are the ways to say that no phone was left with the office. `instead` stands for
    a name that is not kept, `told` finds one behind 我叫 and the like.
    """

    single: frozenset[str]
    double: tuple[str, ...]
    around: tuple[str, ...]
    no_phone: frozenset[str]
    not_names: frozenset[str]
    instead: str
    told: re.Pattern[str]

    def find(self, text: str, *, beside_number: bool) -> str:
        """Return the name that `text` (numbers taken out) gives, "" if there is none.

        Alone, a name has to begin with a surname; beside a number any short word is believed.
        """
        pieces = self._pieces(text)
        if not beside_number and (len(pieces) != 1 or pieces[0].endswith(ENDINGS)):
            return ""  # a name sent alone is all there is, and asks nothing
        for piece in sorted(pieces, key=lambda piece: not self._begins(piece)):
            if _DOTS.search(piece):
                if SHORTEST < len(piece) <= WITH_DOT:
                    return piece
            elif SHORTEST <= len(piece) <= LONGEST:
                if piece not in self.not_names and (beside_number or self._begins(piece)):
                    return piece
            elif beside_number and (tail := self._at_the_end(piece)):
                return tail
        return ""

    def hide(self, text: str) -> str:
        """Return the text without the name in it, for what is kept: 我叫〔姓名〕想报名.

        Better a word too many gone than a name kept. A name in the middle of other words stays
        unseen, and one of two characters where there is more than the name: it may be a trade.
        """
        text = self.told.sub(self._instead, text)
        name = self.find(text, beside_number=False)
        if len(name) > SHORTEST or name == text.strip():
            text = text.replace(name, self.instead) if name else text
        return text

    def _instead(self, told: re.Match[str]) -> str:
        before, name = told.groups()
        place = {name, name[:SHORTEST]} & self.not_names
        return told.group() if place else before + self.instead

    def _pieces(self, text: str) -> list[str]:
        for word in self.around:
            text = text.replace(word, " ")
        pieces = (piece for piece in _PIECES.split(text) if piece)
        return [piece for piece in pieces if not piece.isascii()]

    def _begins(self, piece: str) -> bool:
        if piece.startswith(self.double):
            return len(piece) > GIVEN
        return piece[0] in self.single and len(piece) <= GIVEN + 1

    def _at_the_end(self, piece: str) -> str:
        """帮我查查李建国: the name behind other words."""
        for length in (4, 3, 2):
            tail = piece[-length:]
            if tail.startswith(self.double) == (length == LONGEST) and self._begins(tail):
                return tail
        return ""


def load_names(path: Path) -> Names:
    """Read the lists; a fault is a `KnowledgeError`."""
    table = read_toml(path)
    around = sorted(table.texts("around"), key=len, reverse=True)
    single, double = "".join(table.text("single").split()), table.texts("double")
    names = Names(
        frozenset(single), tuple(double), tuple(around), frozenset(table.texts("no_phone")),
        frozenset(table.texts("not_names")), table.text("instead").strip(),
        _told(table.texts("before_names"), single, double),
    )  # fmt: skip
    table.done()
    return names


def _told(before: Iterable[str], single: str, double: Iterable[str]) -> re.Pattern[str]:
    surname = f"(?:{'|'.join(double)}|[{single}])"
    return re.compile(rf"((?:{'|'.join(before)})\W*)({surname}\w{{1,{GIVEN}}})")
