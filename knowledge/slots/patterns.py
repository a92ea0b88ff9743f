"""The ways of saying of `knowledge/lexicon/patterns.toml`, compiled once."""

from __future__ import annotations

import re
from functools import cache

from knowledge.needs import Letters, needed
from knowledge.reading import ROOT, read_toml

NUMBER = "[0-9零一二两俩仨三四五六七八九十百几]+"


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """Return every pattern by "table.key"; a faulty one is a `KnowledgeError`."""
    table = read_toml(ROOT / "lexicon" / "patterns.toml")
    compiled: dict[str, re.Pattern[str]] = {}
    for name in table.keys():  # noqa: SIM118 - Table is no dict
        part = table.table(name)
        for key in part.keys():  # noqa: SIM118 - as above
            try:
                joined = "|".join(part.texts(key)).replace("N", NUMBER)
                compiled[f"{name}.{key}"] = re.compile(joined)
            except re.error as fault:
                raise part.error(key, f"写法不对：{fault}") from fault
    table.done()
    return compiled


@cache
def _needs(names: tuple[str, ...]) -> tuple[tuple[Letters, ...], ...]:
    return tuple(needed(patterns()[name].pattern) for name in names)


def may_say(letters: Letters, *names: str) -> bool:
    """Say whether a text of these letters may say one of `names` in one of its ways."""
    for needs in _needs(names):  # noqa: SIM110 - a generator would cost as much as all the rest
        if not any(map(letters.isdisjoint, needs)):
            return True
    return False


def find(name: str, text: str) -> re.Match[str] | None:
    """Return the first place where `text` says it in one of the ways of `name`."""
    return patterns()[name].search(text)
