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
def needs() -> dict[str, tuple[Letters, ...]]:
    """Return for every pattern what letters a text must hold, as `knowledge.needs` puts it."""
    return {name: needed(pattern.pattern) for name, pattern in patterns().items()}


def may_say(name: str, letters: Letters) -> bool:
    """Say whether a text of these letters may say it in one of the ways of `name`."""
    return not any(map(letters.isdisjoint, needs()[name]))


def find(name: str, text: str) -> re.Match[str] | None:
    """Return the first place where `text` says it in one of the ways of `name`."""
    return patterns()[name].search(text)
