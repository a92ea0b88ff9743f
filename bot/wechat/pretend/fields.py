"""What fits which field of a template, as the pretend WeChat has it (字段的规矩)."""

from __future__ import annotations

import re
from typing import Any

DAY, HOUR = r"\d{4}年\d{1,2}月\d{1,2}日", r"\d{1,2}:\d{2}"
FIELDS = (
    (re.compile(r"thing\d+"), re.compile(r".{1,20}")),
    (re.compile(r"phrase\d+"), re.compile(r"[\u4e00-\u9fff]{1,5}")),
    (re.compile(r"number\d+"), re.compile(r"-?[0-9]{1,32}(\.[0-9]+)?")),
    (re.compile(r"character_string\d+"), re.compile(r"[ -~]{1,32}")),
    (re.compile(r"phone_number\d+"), re.compile(r"[-+0-9]{1,17}")),
    (re.compile(r"time\d+"), re.compile(rf"({DAY} )?{HOUR}(~({DAY} )?{HOUR})?")),
    (re.compile(r"date\d+"), re.compile(rf"{DAY}( {HOUR})?(~{DAY}( {HOUR})?)?")),
)
"""What fits which field of a template; others take anything that is not empty."""


def unfit(asked: dict[str, Any]) -> str:
    """Return the first field whose value does not fit, "" where all do."""
    for name, value in (asked.get("data") or {}).items():
        if not _fits(name, str(value.get("value", ""))):
            return str(name)
    return ""


def _fits(name: str, value: str) -> bool:
    for kind, shape in FIELDS:
        if kind.fullmatch(name):
            return shape.fullmatch(value) is not None
    return value != ""
