"""One way of writing for all: width, case, traditional characters, usual mishearings.

Everything that understands text reads what `normalise` returns, never the raw message.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from knowledge.reading import ROOT, Table, read_toml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LONGEST = 300
"""Characters that are analysed; what comes after is not read (the message itself is kept)."""

_PLAIN = re.compile(r"[a-z0-9 \u3001-\u303f\u4e00-\u9fff]*")
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\uffff\ud800-\udfff\U000e0000-\U000e01ef]+"
)
_BLANKS = re.compile(r"\s+")


def normalise(text: str, longest: int = LONGEST) -> str:
    """Return at most `longest` characters of `text`, in the one way of writing. Never raises.

    NFKC, lower case, no invisible characters, one blank for many, traditional characters made
    simplified, and the mishearings of `lexicon/homophones.toml` put right.
    """
    text = text[:longest]
    if not _PLAIN.fullmatch(text):
        text = _UNSEEN.sub("", unicodedata.normalize("NFKC", text).lower())[:longest]
    if "  " in text or "\n" in text or "\t" in text or text[:1] == " " or text[-1:] == " ":
        text = _BLANKS.sub(" ", text).strip()
    if text and not text.isascii():
        text = _mend(_simplify()(text))
    return text


@cache
def _simplify() -> Callable[[str], str]:
    from opencc import OpenCC  # noqa: PLC0415 - its dictionary loads only when Chinese first comes

    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert


def _mend(text: str) -> str:
    """Put mishearings right, from left to right, the longest first."""
    starts, right = mishearings()
    done: list[str] = []
    at = copied = 0
    while at < len(text) - 1:
        for length in starts.get(text[at : at + 2], ()):
            found = right.get(text[at : at + length])
            if found is not None and at + length <= len(text):
                done += (text[copied:at], found)
                at += length
                copied = at
                break
        else:
            at += 1
    return "".join((*done, text[copied:])) if done else text


@cache
def mishearings(
    path: Path = ROOT / "lexicon" / "homophones.toml",
) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    """Read the mishearings: lengths worth trying by first two characters, and wrong → right."""
    table = read_toml(path)
    right = {word: word for word in table.texts("keep")}
    pairs = table.table("right")
    for word in pairs.keys():  # noqa: SIM118 - Table is no dict
        _add(pairs, word, right)
    table.done()
    starts: dict[str, set[int]] = {}
    for wrong in right:
        starts.setdefault(wrong[:2], set()).add(len(wrong))
    return {start: tuple(sorted(found, reverse=True)) for start, found in starts.items()}, right


def _add(pairs: Table, word: str, right: dict[str, str]) -> None:
    for wrong in pairs.texts(word):
        if len(wrong) < 2 or wrong == word:  # noqa: PLR2004 - one character is no word
            raise pairs.error(word, f"“{wrong}”太短，或者和正确的写法一样")
        if wrong in right:
            raise pairs.error(word, f"“{wrong}”写了两遍")
        right[wrong] = word
