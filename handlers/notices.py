"""The words of a promised message (通知), by its kind; what it carries names nobody."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from handlers.text import lines
from handlers.wording import day

if TYPE_CHECKING:
    from jcbot.announcing.letters import Letter
    from jcbot.ledger import Item
    from jcbot.outbox import Promise
    from jcbot.settings import Human
    from jcbot.training.model import Course
    from knowledge.library import Library
    from knowledge.replies import Replies


def words(library: Library, promise: Promise | Item, course: Course | None, desk: Human) -> str:
    """Return the text to send; `course` is the class it speaks of as it is now, if it is any's."""
    say = library.replies.text
    if course is None:
        told = _asked(library, promise.payload)
        return say(f"notices.{promise.kind}", phone=desk.phone, **told)
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
    begins = f"{first.month}月{first.day}日（周{weekday}）"
    jobs = "；".join(_job(library, job) for job in promise.payload.get("jobs", []))
    who = f"{course.contact}{course.phone}" or f"{desk.name}{desk.phone}"
    values = {"name": name, "number": course.number, "first": begins, "who": who, "jobs": jobs}
    return say(f"notices.{promise.kind}", **values, **told)


def announced(replies: Replies, letter: Letter) -> str:
    """Return the text of an announcement, with how to sign up and how to stop such notices."""
    named = letter.course
    course = replies.text("notices.announcement_class", number=named) if named else ""
    stop = replies.text("notices.announcement_stop")
    return lines(letter.title, letter.text, course, letter.link, stop)


def _asked(library: Library, payload: dict[str, Any]) -> dict[str, Any]:
    """What a word about a card or a question speaks of: the day it was sent; 登记 or 更正."""
    told = dict(payload)
    if "made" in payload:
        told["day"] = day(dt.date.fromisoformat(payload["made"]))
    if "asked" in payload:
        told["what"] = library.replies.text(f"card.kind_{payload['asked']}")
    return told


def _job(library: Library, job: dict[str, Any]) -> str:
    """One post: who asks for how many, what it pays, whom to call."""
    parts = {
        "wage": f"，{job['wage']}" if job["wage"] else "",
        "contact": f"，{job['contact']}{job['phone']}" if job["contact"] or job["phone"] else "",
    }
    return library.replies.text("notices.job", **job | parts)
