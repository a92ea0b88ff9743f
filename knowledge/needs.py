"""Which letters a text must hold before a regular expression can be found in it at all.

Looking at the letters of a message is many times quicker than searching it for each pattern.
"""

from __future__ import annotations

import re

Letters = frozenset[str]
NOTHING: Letters = frozenset()

_HEAD = re.compile(r"\?(?::|P<\w+>|P=\w+|<?[=!])")
_REPEAT = re.compile(r"(?:(?P<maybe>[*?]|\{0?,\d*\}|\{0\})|\+|\{\d+(?:,\d*)?\})[?+]?")
_WIDEST = 64
"""Letters of a class; a wider one (all Chinese characters) says nothing."""


def needed(pattern: str) -> tuple[Letters, ...]:
    """Return sets of letters, of each of which a text the pattern is found in holds one.

    It reads the language in which the data are written; for anything else nothing is needed (an
    empty tuple). The pattern must be one that `re` takes, without flags.
    """
    try:
        found, end = _branches(pattern, 0)
    except _UnknownError:
        return ()
    return tuple(found) if end == len(pattern) else ()


class _UnknownError(Exception):
    """Something in the pattern that is not read here."""


def _branches(text: str, at: int) -> tuple[list[Letters], int]:
    """Read up to the closing bracket or the end; of several branches one set is made."""
    branches = []
    while True:
        found, at = _sequence(text, at)
        branches.append(found)
        if text[at : at + 1] != "|":
            break
        at += 1
    if len(branches) == 1:
        return branches[0], at
    if not all(branches):
        return [], at
    return [NOTHING.union(*(min(found, key=len) for found in branches))], at


def _sequence(text: str, at: int) -> tuple[list[Letters], int]:
    found: list[Letters] = []
    while at < len(text) and text[at] not in "|)":
        needs, at = _item(text, at)
        repeat = _REPEAT.match(text, at)
        if repeat:
            at = repeat.end()
        if not (repeat and repeat["maybe"]):
            found += needs
    return found, at


def _item(text: str, at: int) -> tuple[list[Letters], int]:
    """Read one letter, class or group."""
    first = text[at]
    if first == "(":
        return _group(text, at + 1)
    if first == "[":
        return _class(text, at + 1)
    if first == "\\":
        return [], at + 2
    return ([] if first in ".^$" else [frozenset(first)]), at + 1


def _group(text: str, at: int) -> tuple[list[Letters], int]:
    head = _HEAD.match(text, at)
    if text[at] == "?" and not head:
        raise _UnknownError
    found, end = _branches(text, head.end() if head else at)
    denied = head is not None and head[0].endswith("!")
    return [] if denied else found, end + 1


def _class(text: str, at: int) -> tuple[list[Letters], int]:
    """Read a class up to its bracket: letters and ranges of them; one that excludes needs none."""
    end = text.index("]", at + 1)
    inside = text[at:end]
    if "\\" in inside or "[" in inside or inside[0] == "]":
        raise _UnknownError
    if inside[0] == "^":
        return [], end + 1
    letters = set(inside)
    for first, last in re.findall("(.)-(.)", inside):
        if ord(last) - ord(first) > _WIDEST:
            return [], end + 1
        letters.update(map(chr, range(ord(first), ord(last))))
    return [frozenset(letters)], end + 1
