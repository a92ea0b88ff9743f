"""What staff may have sent to workers (发给群众的话): short, neutral, without an ID number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jcbot.masking import long_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

_IDENTITY = (15, 18)


def unfit(text: str, most: int, sensitive: Iterable[str]) -> str:
    """Return what is wrong with a text of at most `most` characters, "" where nothing is."""
    if len(text) > most:
        return f"太长了：{len(text)}个字，最多{most}个字"
    for word in sensitive:
        if word in text:
            return f"有“{word}”这样的字眼，发给人不合适，换个说法"
    if any(len(digits) in _IDENTITY for _, _, digits in long_numbers(text)):
        return "像是有身份证号，发给人的话里不能写"
    return ""
