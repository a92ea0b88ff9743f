"""What stands on a poster (海报): of a class, or of a county's classes; bot/ draws it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlers.class_words import called
from handlers.wording import day_of_week

if TYPE_CHECKING:
    from collections.abc import Callable

    from jcbot.settings import Human
    from jcbot.training.model import Course
    from knowledge.columns import Columns
    from knowledge.replies import Replies

COUNTY_ROWS = ("county_classes", "county_sign_up", "county_money", "county_card")


@dataclass(frozen=True, slots=True)
class Poster:
    """The words from top to bottom: `rows` of (label, text), `beside` the code, `footer` below."""

    title: str
    headline: str
    rows: tuple[tuple[str, str], ...]
    beside: tuple[str, ...]
    footer: str


def of_class(replies: Replies, columns: Columns, course: Course, desk: Human) -> Poster:
    """Return the poster of a class; what is not known of it is left out."""
    say = replies.text
    who = " ".join(filter(None, (course.contact, course.phone))) or _desk(desk)
    last_chance = (course.deadline - dt.timedelta(seconds=1)).date()
    told = {
        "first": say("poster.first", day=_day(course.first_day)),
        "days": say("poster.days", days=course.days, day=_day(course.last_day)),
        "hours": course.hours,
        "place": _place(say, course),
        "seats": say("poster.seats", seats=course.seats),
        "deadline": say("poster.deadline", day=_day(last_chance)),
        "who": who,
        "body": course.body,
    }
    rows = tuple((say(f"poster.label_{key}"), text) for key, text in told.items() if text)
    free = f"training.fee_{course.kind}" in replies
    beside = (
        say("poster.scan"), say("poster.scan_class"), say("poster.scan_call", who=who),
        say("poster.scan_number", number=course.number),
    )  # fmt: skip
    return Poster(
        say("poster.title_free" if free else "poster.title"),
        say("poster.headline", name=called(replies, columns, course)),
        rows, beside, say("poster.footer", who=_desk(desk)),
    )  # fmt: skip


def of_county(replies: Replies, county: str, desk: Human) -> Poster:
    """Return the poster of a county's classes."""
    say = replies.text
    rows = tuple((say(f"poster.label_{key}"), say(f"poster.{key}")) for key in COUNTY_ROWS)
    beside = (
        say("poster.scan"), say("poster.scan_county", county=county),
        say("poster.scan_call", who=_desk(desk)),
    )  # fmt: skip
    headline = say("poster.headline_county", county=county)
    footer = say("poster.footer", who=_desk(desk))
    return Poster(say("poster.title_county"), headline, rows, beside, footer)


def _place(say: Callable[..., str], course: Course) -> str:
    """The place, with its county where it does not say it itself."""
    if not course.place or course.county[:2] in course.place:
        return say("poster.place", place=course.place or course.county)
    return say("poster.place_county", county=course.county, place=course.place)


def _desk(desk: Human) -> str:
    return f"{desk.name} {desk.phone}"


def _day(date: dt.date) -> str:
    """Return 2026年12月1日（周二）: a poster hangs for long, so with its year."""
    return f"{date.year}年{day_of_week(date)}"
