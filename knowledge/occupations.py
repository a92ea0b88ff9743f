"""When two names mean one occupation (职业), and which are alike enough to be found together."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from knowledge.columns import plain
from knowledge.reading import ROOT, read_toml
from knowledge.slots.lexicon import WANTED, lexicon
from knowledge.slots.trades import LISTED, trade_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE = ROOT / "training" / "occupations.toml"
_ASIDE = re.compile(r"[(（\[【].*?[)）\]】]")
_BETWEEN = re.compile(r"[、,，;；/|\s]+")
SECOND_NAMES = ("occupation", "mended")
MANY = 4_000
"""Names come again and again: how many are kept at hand."""


class Names(NamedTuple):
    """Endings that make no difference, words for no wish, each plain name → the one it means."""

    endings: tuple[str, ...]
    none: frozenset[str]
    official: dict[str, str]


def read_names(path: Path) -> Names:
    """Read the file; a fault is a `KnowledgeError`."""
    table = read_toml(path)
    endings = tuple(sorted(map(plain, table.texts("endings")), key=len, reverse=True))
    part = table.table("same")
    official: dict[str, str] = {}
    for key in part.keys():  # noqa: SIM118 - a Table
        for name in (key, *part.texts(key)):
            if official.setdefault(plain(name), key) != key:
                raise part.error(key, f"“{name}”已经写在“{official[plain(name)]}”下面")
    names = Names(endings, frozenset(map(plain, table.texts("none"))), official)
    table.done()
    return names


@lru_cache(MANY)
def alike(occupation: str) -> str:
    """Return the common name under which an occupation is looked up, however it is written.

    电工证, 低压电工 and 维修电工 are all 电工; what nobody listed is its own name. A long name is
    filed by the last trade in it: 数控机床维修电工 is 电工. Never raises.
    """
    name = _bare(plain(_ASIDE.sub("", occupation)) or plain(occupation))
    key = trade_key(name)
    if key != name or name in lexicon(WANTED).meanings:
        return key
    inside = [token for token in lexicon(WANTED).scan(name) if token.tag in LISTED]
    return trade_key(name[inside[-1].start : inside[-1].end]) if inside else name


def same(one: str, other: str) -> bool:
    """Tell whether two names mean one and the same occupation; merely `alike` is not the same."""
    return _official(one) == _official(other)


def split(text: str) -> list[str]:
    """Return the occupations that a free text lists, each under its common name, once."""
    words = [
        word for word in _BETWEEN.split(text) if plain(word) and plain(word) not in _names().none
    ]
    return list(dict.fromkeys(map(alike, words)))


def kin(wanted: str, occupations: Iterable[str]) -> list[str]:
    """Return those of the occupations that are alike or the same."""
    key = alike(wanted)
    return [each for each in occupations if alike(each) == key or same(each, wanted)]


def matching(wanted: str, occupations: Iterable[str]) -> list[str]:
    """Return those of the occupations that contain the wanted words, or are its kin."""
    words, all_ = plain(wanted), list(occupations)
    near = set(kin(wanted, all_))
    return [each for each in all_ if words in plain(each) or each in near]


def _bare(name: str) -> str:
    """Return a plain name without what may stand behind it."""
    for ending in _names().endings:
        if len(name) > len(ending) + 1 and name.endswith(ending):
            return name.removesuffix(ending)
    return name


@lru_cache(MANY)
def _official(occupation: str) -> str:
    official, whole = _names().official, plain(occupation)
    name = _bare(whole)
    tag, value = lexicon(WANTED).meanings.get(name, ("", ""))
    second = plain(value) if tag in SECOND_NAMES else name
    return official.get(whole) or official.get(second, second)


@cache
def _names() -> Names:
    return read_names(FILE)
