"""Which class a message means (要哪个班): by number, by place in the list, by county and trade."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from handlers import cues
from handlers.numbers import number_of
from jcbot.training.errors import NoSuchClassError
from knowledge.slots import extract_slots

if TYPE_CHECKING:
    from handlers.turn import Turn
    from jcbot.training.browsing import Days
    from jcbot.training.model import Course, Page

FOR_EVER = "2100-01-01"
SHORTEST = 3  # characters of a class number
NUMBER = re.compile(r"[a-z0-9][a-z0-9-]{2,39}", re.ASCII)
PLACE = re.compile(r"(?:第|报|选)([1-6一二三四五六两])(?:个|$|吧|呢|号)")
WANTED = ("county", "occupation", "date", "level")


def slots(turn: Turn) -> dict[str, Any]:
    """What class the message speaks of."""
    found = extract_slots(turn.normal, turn.today)
    wanted = {key: found[key] for key in WANTED if key in found}
    if cues.says(turn, "evening"):
        wanted.pop("date", None)  # 周末上课 says when lessons are, not when the class begins
    if "date" in wanted and cues.says(turn, "from_then_on"):
        date = wanted["date"]
        wanted["date"] = [date[0] if isinstance(date, list) else date, FOR_EVER]
    return wanted


def look(turn: Turn, wanted: dict[str, Any]) -> Page:
    """Return the page of the classes that are wanted."""
    wish = (wanted.get("county", ""), wanted.get("occupation", ""), wanted.get("level", ""))
    return turn.office.training.browse(wish, days(wanted), wanted.get("page", 1))


def days(looking: dict[str, Any]) -> Days:
    """Return first and last day; a class that begins on another day than asked is none."""
    named_days = looking.get("date")
    if not named_days:
        return None, None
    first, last = named_days if isinstance(named_days, list) else (named_days, named_days)
    return dt.date.fromisoformat(first), dt.date.fromisoformat(last)


def the_only(turn: Turn, wanted: dict[str, Any]) -> str:
    """Return the number of the class that is wanted, if only one fits."""
    if not wanted.get("occupation"):
        return ""
    found = look(turn, wanted | {"page": 1})
    return found.courses[0].number if found.total == 1 else ""


def named(turn: Turn) -> Course | None:
    """Return the class whose number the message names."""
    for word in NUMBER.findall(turn.normal):
        if any(char.isdigit() for char in word) and len(word) >= SHORTEST:
            with contextlib.suppress(NoSuchClassError):
                return turn.office.training.by_code(word)
    return None


def code(turn: Turn) -> str:
    """Return what looks like the number of a class, "" for nothing."""
    found = (word for word in NUMBER.findall(turn.normal) if "-" in word)
    return next((word.upper() for word in found if any(c.isdigit() for c in word)), "")


def listed(turn: Turn) -> list[str]:
    """Return the numbers of the classes in the list just shown, in its order."""
    shown = (each.partition(":") for each in turn.state.offered)
    return [number for kind, _, number in shown if kind == "class"]


def by_place(turn: Turn) -> str:
    """报第二个, 就报2: the number of that class of the list just shown, "" for none."""
    found, shown = PLACE.search(turn.normal), listed(turn)
    place = number_of(found.group(1)) if found else None
    return shown[place - 1] if place is not None and 1 <= place <= len(shown) else ""


def only_listed(turn: Turn) -> str:
    """Return the one class of the list just shown, if it has one only."""
    shown = listed(turn)
    return shown[0] if len(shown) == 1 else ""
