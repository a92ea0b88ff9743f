"""The words of a promised message (通知), by its kind; what it carries names nobody."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jcbot.ledger import Item
    from jcbot.outbox import Promise
    from jcbot.settings import Human
    from jcbot.training.model import Course
    from knowledge.library import Library


def words(library: Library, promise: Promise | Item, course: Course | None, desk: Human) -> str:
    """Return the text to send; `course` is the class it speaks of as it is now, if it is any's."""
    say = library.replies.text
    if course is None:
        return say(f"notices.{promise.kind}", phone=desk.phone, **promise.payload)
    parts = {"hours": course.hours, "place": course.place or course.county, "bring": course.bring}
    told = {
        key: say(f"notices.part_{key}", **{key: value}) if value else ""
        for key, value in parts.items()
    }
    first = dt.date.fromisoformat(promise.payload.get("first_day") or course.first_day.isoformat())
    level = library.training.columns.say("level", course.level)
    name = (
        say("training.class_level", occupation=course.occupation, level=level)
        if level
        else say("training.class_name", occupation=course.occupation)
    )
    weekday = "一二三四五六日"[first.weekday()]
    day = f"{first.month}月{first.day}日（周{weekday}）"
    jobs = "；".join(_job(library, job) for job in promise.payload.get("jobs", []))
    who = f"{course.contact}{course.phone}" or f"{desk.name}{desk.phone}"
    values = {"name": name, "number": course.number, "first": day, "who": who, "jobs": jobs}
    return say(f"notices.{promise.kind}", **values, **told)


def _job(library: Library, job: dict[str, Any]) -> str:
    """One post: who asks for how many, what it pays, whom to call."""
    parts = {
        "wage": f"，{job['wage']}" if job["wage"] else "",
        "contact": f"，{job['contact']}{job['phone']}" if job["contact"] or job["phone"] else "",
    }
    return library.replies.text("notices.job", **job | parts)
