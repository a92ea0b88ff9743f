"""`jcbot estimate`: facts in, outcomes out, a line for a line (算补贴，逐行).

A refused line answers `{"error": {"key", "message"}}` in its place and the rest goes on.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from knowledge.facts import FactBook, FactError
from knowledge.rules import PolicySet

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

LONGEST_LINE = 64 * 1024
LONGEST_KEY = 60


def run(
    lines: Iterable[str], on: dt.date, policies: PolicySet | None = None
) -> Iterator[dict[str, Any]]:
    """Yield one answer for each line of facts; `on` is today."""
    policies = policies or PolicySet.load(book=FactBook.load())
    for number, line in enumerate(lines):
        data = line if number else line.removeprefix("\ufeff")  # some editors begin a file so
        try:
            yield policies.estimate(policies.book.parse(_read(data)), on).as_json()
        except FactError as fault:
            yield {"error": {"key": _printable(fault.key), "message": fault.message}}


def _read(line: str) -> object:
    """Read one line of JSON; a key given twice is refused, since one of the two would be lost."""
    if len(line) > LONGEST_LINE:
        raise FactError("", "这一行太长了")
    try:
        return cast("object", json.loads(line, object_pairs_hook=_once))
    except (ValueError, RecursionError):
        raise FactError("", "这一行不是 JSON") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise FactError(key, "这一项写了两次")
        found[key] = value
    return found


def _printable(key: str) -> str:
    """Return a key fit for any terminal: no half characters, not endless."""
    return key[:LONGEST_KEY].encode("utf-8", "replace").decode("utf-8")
