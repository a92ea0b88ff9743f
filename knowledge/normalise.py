"""One way of writing for all: width, case, traditional characters, usual mishearings.

Everything that understands text reads what `normalise` returns, never the raw message.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from operator import add
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
_NUMERAL = "[1-9一二三四五六七八九]"
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千")
# 拾肆个月, 伍佰贰拾人, 肆级: the numerals of cheques; 退伍 is none.
_CHEQUE = re.compile(
    "(?<![退入队])[零壹贰叁肆伍陆柒捌玖拾佰仟]{2,}|(?<![退入队])[壹贰叁肆伍陆柒捌玖拾](?=级|岁|个|天)"
)
# 1千2百, 4十5: digits beside the words for tens and hundreds.
_BESIDE = re.compile("(?<![0-9.])[1-9](?=[十百千])|(?<![0-9.])[1-9](?=万[1-9一二三四五六七八九]千)")
_BEHIND = re.compile("(?<=[十百千])[1-9](?![0-9])")
_CHINESE = dict(zip("123456789", "一二三四五六七八九", strict=True))
# 四十有三, 三个年零四个月, and what voice input makes of 十 and 零.
_ODD = (
    (re.compile(f"(?<=[二三四五六七八九]十)有(?={_NUMERAL})"), ""),
    (re.compile("(?<=[一二两三四五六七八九0-9])个年(?=零|多|半|了)"), "年"),
    (re.compile(f"(?<=年)临(?={_NUMERAL}个月)"), "零"),
    (re.compile("(?<=[0-9])\\+(?=[人个多])"), "多"),
    (re.compile("俩(?=[百千万])"), "两"),
    (re.compile(f"(?<=[了交二三四五六七八])时(?={_NUMERAL}(个月|岁|天))"), "十"),
)
# What any of the above changes holds one of these.
_CONCERNED = re.compile(
    "[0-9零壹贰叁肆伍陆柒捌玖拾佰仟]|十有|个年|年临|俩[百千万]|[了交二三四五六七八]时"
)
_BLANKS = re.compile(r"\s+")


def normalise(text: str, longest: int = LONGEST) -> str:
    """Return at most `longest` characters of `text`, in the one way of writing. Never raises.

    NFKC, lower case, no invisible characters, one blank for many, traditional characters made
    simplified, the mishearings of `lexicon/homophones.toml` put right, numerals written one way.
    """
    text = text[:longest]
    if not _PLAIN.fullmatch(text):
        text = _UNSEEN.sub("", unicodedata.normalize("NFKC", text).lower())[:longest]
    if "  " in text or "\n" in text or "\t" in text or text[:1] == " " or text[-1:] == " ":
        text = _BLANKS.sub(" ", text).strip()
    if text and not text.isascii():
        text = _numerals(_mend(_simplify()(text)))
    return text


def _numerals(text: str) -> str:
    """Write numerals in one way: 拾肆 and 1十4 as 十四."""
    if not _CONCERNED.search(text):
        return text
    text = _CHEQUE.sub(lambda found: found[0].translate(_FORMAL), text)
    for pattern in (_BESIDE, _BEHIND):
        text = pattern.sub(lambda found: _CHINESE[found[0]], text)
    for pattern, right in _ODD:
        text = pattern.sub(right, text)
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
    end = 0
    for at, pair in enumerate(map(add, text, text[1:])):
        if pair not in starts or at < end:
            continue
        for length in starts[pair]:
            found = right.get(text[at : at + length])
            if found is not None and at + length <= len(text):
                done += (text[end:at], found)
                end = at + length
                break
    return "".join((*done, text[end:])) if done else text


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
