"""A class in words (班的说法): its name, days, room, whom to ask; one line of each."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from handlers.wording import soon

if TYPE_CHECKING:
    from handlers.turn import Turn
    from jcbot.training.model import Body, Course
    from knowledge.columns import Columns
    from knowledge.replies import Replies

OPEN = "open"
PLAN = 80  # characters of a teaching plan shown


def name(turn: Turn, course: Course) -> str:
    """Return 电工班（初级）."""
    return called(turn.library.replies, turn.library.training.columns, course)


def called(replies: Replies, columns: Columns, course: Course) -> str:
    """Return the same for whoever has no turn."""
    if not course.level:
        return replies.text("training.class_name", occupation=course.occupation)
    level = columns.say("level", course.level)
    return replies.text("training.class_level", occupation=course.occupation, level=level)


def who(turn: Turn, course: Course) -> str:
    """Return whom to ask about a class."""
    desk = turn.office.human
    return f"{course.contact}{course.phone}" or f"{desk.name}{desk.phone}"


def room(turn: Turn, course: Course) -> str:
    """Return how much room a class has."""
    key = "training.room_free" if course.free else "training.room_full"
    return turn.say(key, free=course.free)


def row(turn: Turn, course: Course) -> str:
    """One class as a choice of a list."""
    return turn.say(
        "training.row", name=name(turn, course), first=soon(turn, course.first_day),
        days=course.days, county=course.county, room=room(turn, course),
    )  # fmt: skip


def sheet(turn: Turn, course: Course) -> list[str]:
    """几点, 在哪, 带啥, 找谁: a line for each thing that is known of a class."""
    kind = turn.library.training.columns.say("kind", course.kind)
    head = turn.say(
        "training.details_head", name=name(turn, course), number=course.number, kind=kind
    )
    return [
        head, when(turn, course), part(turn, "where", place=course.place or course.county),
        part(turn, "bring", bring=course.bring), part(turn, "who", who=who(turn, course)),
        part(turn, "body", body=course.body), part(turn, "plan", plan=course.plan[:PLAN]),
        part(turn, "teachers", teachers=course.teachers[:PLAN]), seats(turn, course),
    ]  # fmt: skip


def when(turn: Turn, course: Course) -> str:
    """First and last day, days, hours."""
    return turn.say(
        "training.details_when", first=soon(turn, course.first_day),
        last=soon(turn, course.last_day), days=course.days,
        hours=f"，{course.hours}" if course.hours else "",
    )  # fmt: skip


def part(turn: Turn, key: str, **values: str) -> str:
    """One line about a class, left out where nothing is known."""
    return turn.say(f"training.details_{key}", **values) if all(values.values()) else ""


def seats(turn: Turn, course: Course) -> str:
    """Seats, room and deadline, or why nobody can sign up any more."""
    last = soon(turn, (course.deadline - dt.timedelta(seconds=1)).date())
    if course.state != OPEN:
        return turn.say("training.details_cancelled")
    if turn.now >= course.deadline:
        return turn.say("training.details_closed", deadline=last)
    said = turn.say(
        "training.details_seats", seats=course.seats, room=room(turn, course), deadline=last
    )
    return said + fee(turn, course)


def fee(turn: Turn, course: Course) -> str:
    """Say that it is free, for the kinds of which the document says so."""
    key = f"training.fee_{course.kind}"
    return turn.say(key) if key in turn.library.replies else ""


def body(turn: Turn, body: Body) -> str:
    """Who teaches: county, qualification, whom to ask, how many of its classes are open."""
    said = {"qualification": "", "contact": "", "open": ""}
    if body.qualification:
        said["qualification"] = turn.say(
            "training.body_qualification", qualification=body.qualification
        )
    if body.contact or body.phone:
        said["contact"] = turn.say("training.body_contact", contact=body.contact, phone=body.phone)
    if body.open_classes:
        said["open"] = turn.say("training.body_open", count=body.open_classes)
    return turn.say(
        "training.body", name=body.name, county=body.county, qualification=said["qualification"],
        contact=said["contact"] + said["open"],
    )  # fmt: skip
