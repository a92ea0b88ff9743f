"""A message that is the number of a choice (编号): 2, 第二个, 选2, ②."""

from __future__ import annotations

import re

NUMBER = re.compile(
    r"(?:第|选|按|回复)?\s*([0-9]{1,2}|[一二两三四五六七八九])\s*(?:个|项|号|、|\.|。|，)?"
)
CHINESE = {char: value for value, char in enumerate("一二三四五六七八九", start=1)} | {"两": 2}


def number_of(text: str) -> int | None:
    """Return the number that the whole (normalised) text is, None if it is none."""
    found = NUMBER.fullmatch(text.strip(" 。.!！,，、"))
    if not found:
        return None
    digits = found.group(1)
    return CHINESE[digits] if digits in CHINESE else int(digits)
