"""Words and phrases of `knowledge/lexicon/`, and finding them in a text, longest first."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from knowledge.reading import ROOT, Table, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FACTS = ("groups", "work", "certificates", "insurance", "training", "people", "marks")
WANTED = ("places", "occupations")
MOST_VARIANTS = 3_000


class Token(NamedTuple):
    """A phrase that was found: its tag and value, and where it stands (end is exclusive)."""

    tag: str
    value: str
    start: int
    end: int


class Lexicon:
    """All phrases: `meanings` by phrase, and what is worth trying by the first letters.

    `starts` says for one and two letters whether longer phrases begin so, `longer` for three of
    what lengths they are.
    """

    def __init__(self, meanings: dict[str, tuple[str, str]]) -> None:
        self.meanings = meanings
        self.starts: dict[str, bool] = {}
        lengths: dict[str, set[int]] = {}
        for phrase in meanings:
            longer = len(phrase) > 2  # noqa: PLR2004 - the letters that are looked at first
            self.starts[phrase[:2]] = longer or self.starts.get(phrase[:2], False)
            if longer:
                lengths.setdefault(phrase[:3], set()).add(len(phrase))
        self.longer = {key: tuple(sorted(each, reverse=True)) for key, each in lengths.items()}

    def scan(self, text: str) -> list[Token]:
        """Find phrases from left to right, at every place the longest, none overlapping."""
        starts = self.starts
        found: list[Token] = []
        at, size = 0, len(text)
        while at < size:
            pair = text[at : at + 2]
            phrase = self._longest(text, at, pair) if pair in starts else ""
            if not phrase and pair[0] in starts:
                phrase = pair[0]
            if phrase:
                found.append(Token(*self.meanings[phrase], at, at + len(phrase)))
            at += len(phrase) or 1
        return found

    def _longest(self, text: str, at: int, pair: str) -> str:
        """Return the longest phrase of two letters or more at this place, or nothing."""
        if self.starts[pair]:
            for length in self.longer.get(text[at : at + 3], ()):
                phrase = text[at : at + length]
                if phrase in self.meanings:
                    return phrase
        return pair if pair in self.meanings else ""


@cache
def lexicon(names: tuple[str, ...] = FACTS, folder: Path = ROOT / "lexicon") -> Lexicon:
    """Read the phrases of these files; a phrase with two meanings is a `KnowledgeError`."""
    meanings: dict[str, tuple[str, str]] = {}
    for name in names:
        table = read_toml(folder / f"{name}.toml")
        for tag in table.keys():  # noqa: SIM118 - Table is no dict
            part = table.table(tag)
            for value in part.keys():  # noqa: SIM118 - as above
                _add(part, tag, value, meanings)
        table.done()
    return Lexicon(meanings)


def _add(part: Table, tag: str, value: str, meanings: dict[str, tuple[str, str]]) -> None:
    for template in part.texts(value):
        for phrase in variants(template, part, value):
            known = meanings.setdefault(phrase, (tag, value))
            if known != (tag, value):
                raise part.error(
                    value, f"“{phrase}”已经是 {known[0]}.{known[1]}，一个词只能有一个意思"
                )


def variants(template: str, part: Table, value: str) -> list[str]:
    """Spell out a template: 考(了|过|)证 → 考了证, 考过证, 考证. Brackets may be nested."""
    phrases, rest = _alternatives(iter(template))
    if rest or len(phrases) > MOST_VARIANTS or not all(phrases):
        raise part.error(value, f"“{template}”的括号不成对、说法太多或者有空的")
    return list(dict.fromkeys(phrases))


def _alternatives(characters: Iterator[str], *, inside: bool = False) -> tuple[list[str], str]:
    """Read up to the end (or the closing bracket); return the phrases and an unread bracket."""
    done: list[str] = []
    current = [""]
    for character in characters:
        if character == "(":
            inner, rest = _alternatives(characters, inside=True)
            if rest:
                return [], rest
            current = [left + right for left in current for right in inner]
        elif character == "|" and inside:
            done, current = done + current, [""]
        elif character == ")":
            return (done + current, "") if inside else ([], ")")
        else:
            current = [phrase + character for phrase in current]
    return (done + current, "(" if inside else "")
