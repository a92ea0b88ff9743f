"""A poster drawn as SVG (海报的画法): A4 portrait, all lengths in millimetres.

Every text has a box it is wrapped and shrunk into, so nothing overlaps whatever is filled in. How
wide a text is going to be is reckoned for the broadest of usual fonts: which one is there is known
only where it is printed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from html import escape
from itertools import count, takewhile
from typing import TYPE_CHECKING

import segno

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from handlers.posters import Poster

PAGE = (210, 297)
FONTS = "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',SimHei,sans-serif"
LINE = 1.3
"""Heights of a line and of what stands between two rows, in sizes of the text."""
GAP = 0.35
LABEL = 4.6
"""How wide the column of labels is, in sizes of the text: four characters and some air."""
STEP, SMALLEST = 0.25, 3.0
GREEN, INK, GREY, WHITE = "#07793a", "#111", "#555", "#fff"
BOLD, PLAIN = 'font-weight="bold"', 10
"""Centred texts that may be larger than `PLAIN` are headings."""
QUIET = 4
"""Modules of white around a code, which scanners need."""
_TOKEN = re.compile(r"[（“《【]*(?:[!-~]+|.)[，。、；：！？）”》】]*", re.DOTALL)
_BROAD, _SIGNS = frozenset("mwMW@%"), frozenset("+=<>#~&")


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the page, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


BAND = Box(0, 0, 210, 36)
TITLE = Box(16, 9, 178, 20)
HEADLINE = Box(16, 42, 178, 46)
ROWS = Box(16, 94, 178, 110)
CODE = Box(16, 209, 72, 72)
BESIDE = Box(98, 211, 96, 68)
FOOTER = Box(16, 284, 178, 8)


def draw_poster(poster: Poster, address: str) -> str:
    """Return the SVG of a poster whose code leads to `address`."""
    width, height = PAGE
    code = segno.make_qr(address, error="m")
    size = f'width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONTS}">',
        f'<rect width="{width}" height="{height}" fill="{WHITE}"/>',
        f'<rect width="{BAND.width}" height="{BAND.height}" fill="{GREEN}"/>',
        *_centred(TITLE, [poster.title], 15, WHITE),
        *_centred(HEADLINE, [poster.headline], 22, INK),
        *_rows(ROWS, poster.rows, 9),
        f'<svg x="{CODE.x}" y="{CODE.y}" width="{CODE.width}" height="{CODE.height}">',
        code.svg_inline(border=QUIET, omitsize=True, dark="#000", light=WHITE),
        "</svg>",
        *_left(BESIDE, poster.beside, 11),
        *_centred(FOOTER, [poster.footer], 5, GREY),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def wrap(text: str, width: float, size: float) -> list[str]:
    """Break a text into lines no broader than `width`; words and closing marks stay together."""
    lines, line, most = list[str](), "", width / size
    for token in _tokens(text, most):
        if line and _wide(line + token) > most:
            lines.append(line)
            line = ""
        line += token if line else token.lstrip()
    return [each.rstrip() for each in (*lines, line)]


def _tokens(text: str, most: float) -> Iterator[str]:
    """What is not broken; a piece that is broader than a line is, after all."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    for token in _TOKEN.findall(shown):
        if _wide(token) <= most:
            yield token
        else:
            yield from token


def _wide(text: str) -> float:
    """How broad a text is at most, in sizes."""
    return sum(map(_of_one, text))


def _of_one(char: str) -> float:
    narrow = char.isascii() or unicodedata.east_asian_width(char) == "H"
    if not narrow:
        return 1.0
    if char in _BROAD:
        return 1.12  # DejaVu Sans Bold, which stands in where no better font is installed
    return 0.87 if char.isupper() or char in _SIGNS else 0.72


def _sizes(largest: float) -> Iterator[float]:
    return takewhile(lambda size: size >= SMALLEST, count(largest, -STEP))


def _fitted(box: Box, texts: Sequence[str], largest: float) -> tuple[float, list[list[str]]]:
    """The largest size at which all paragraphs fit into the box, and their lines."""
    size, wrapped = largest, [[""]]
    for size in _sizes(largest):
        wrapped = [wrap(text, box.width, size) for text in texts]
        if _height(wrapped) * size <= box.height:
            break
    return size, wrapped


def _height(wrapped: Sequence[Sequence[str]]) -> float:
    return sum(map(len, wrapped)) * LINE + (len(wrapped) - 1) * GAP


def _centred(box: Box, texts: Sequence[str], largest: float, colour: str) -> Iterator[str]:
    size, wrapped = _fitted(box, texts, largest)
    how = f'{_in(colour)} {BOLD if largest > PLAIN else ""} text-anchor="middle"'
    y = box.y + (box.height - _height(wrapped) * size) / 2
    for n, line in enumerate(line for lines in wrapped for line in lines):
        yield _text(box.x + box.width / 2, y + n * LINE * size, size, line, how)


def _left(box: Box, texts: Sequence[str], largest: float) -> Iterator[str]:
    """Paragraphs below each other, the first the most important."""
    size, wrapped = _fitted(box, texts, largest)
    y = box.y
    for lines in wrapped:
        how = f"{_in(GREEN)} {BOLD}" if lines is wrapped[0] else _in(INK)
        for line in lines:
            yield _text(box.x, y, size, line, how)
            y += LINE * size
        y += GAP * size


def _rows(box: Box, rows: Sequence[tuple[str, str]], largest: float) -> Iterator[str]:
    size, wrapped = largest, [[""]]
    for size in _sizes(largest):
        wrapped = [wrap(text, box.width - LABEL * size, size) for _, text in rows]
        if _height(wrapped) * size <= box.height:
            break
    y = box.y
    for (label, _), lines in zip(rows, wrapped, strict=True):
        yield _text(box.x, y, size, label, _in(GREY))
        for line in lines:
            yield _text(box.x + LABEL * size, y, size, line, _in(INK))
            y += LINE * size
        y += GAP * size


def _text(x: float, top: float, size: float, text: str, how: str) -> str:
    """One line of text whose box begins at `top`."""
    base = top + size * (LINE + 0.72) / 2
    place = f'x="{x:.2f}" y="{base:.2f}" font-size="{size:.2f}"'
    return f"<text {place} {how}>{escape(text)}</text>"


def _in(colour: str) -> str:
    return f'fill="{colour}"'
