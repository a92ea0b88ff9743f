"""What may be announced, and the words of audiences: knowledge/sending/announcements.toml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.reading import ROOT, Table, read_toml

if TYPE_CHECKING:
    from pathlib import Path

FILE = ROOT / "sending" / "announcements.toml"
OPERATORS = {"and", "or", "not"}
FIELDS = {"county", "town", "group", "labour", "wish"}
STATES = {"followers", "card"}
FUNCTIONS = {"signed_up", "waiting", "subscribed", "reached_by", "one_fact_missing", "tag"}


VALUE, PART = "{value}", "{part}"


@dataclass(frozen=True, slots=True)
class Sayings:
    """How an audience is explained: each condition and its denial, and what joins them."""

    terms: dict[str, str]
    denied: dict[str, str]
    both: str
    either: str
    negation: str


@dataclass(frozen=True, slots=True)
class Announcing:
    """Bounds in characters and days, words not to be pushed, and words of audiences.

    Each of `operators` to `functions` maps a way of writing to its name in this module's sets.
    """

    title: int
    text: int
    link: int
    days_ahead: int
    sensitive: tuple[str, ...]
    operators: dict[str, str]
    fields: dict[str, str]
    states: dict[str, str]
    functions: dict[str, str]
    says: Sayings


def load_announcing(path: Path = FILE) -> Announcing:
    """Read the file; a fault is a `KnowledgeError`."""
    table = read_toml(path)
    limits, audience = table.table("limits"), table.table("audience")
    found = Announcing(
        title=limits.get("title", int),
        text=limits.get("text", int),
        link=limits.get("link", int),
        days_ahead=limits.get("days_ahead", int),
        sensitive=tuple(table.texts("sensitive")),
        operators=_words(audience.table("operator"), OPERATORS),
        fields=_words(audience.table("field"), FIELDS),
        states=_words(audience.table("state"), STATES),
        functions=_words(audience.table("function"), FUNCTIONS),
        says=_sayings(audience.table("says")),
    )
    for part in (limits, audience, table):
        part.done()
    return found


def _words(table: Table, names: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in sorted(names):
        for word in table.texts(name):
            if found.setdefault(word, name) != name:
                raise table.error(name, f"“{word}”已经是别的意思")
    table.done()
    return found


def _sayings(table: Table) -> Sayings:
    says = Sayings(
        _phrases(table.table("term")), _phrases(table.table("denied")),
        table.text("both"), table.text("either"), _with(table, "negation", PART),
    )  # fmt: skip
    table.done()
    return says


def _phrases(table: Table) -> dict[str, str]:
    found = {name: _with(table, name, VALUE) for name in sorted(FIELDS | FUNCTIONS)}
    found |= {name: table.text(name) for name in sorted(STATES)}
    table.done()
    return found


def _with(table: Table, key: str, place: str) -> str:
    """Return a phrase with its one place to fill."""
    text = table.text(key)
    if text.count(place) != 1 or "{" in text.replace(place, ""):
        raise table.error(key, f"要有一个 {place}，没有别的花括号")
    return text
