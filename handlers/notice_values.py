"""What a notice tells of its matter (通知里的事实): the values for words and for templates.

Of a day there are also `…_time` and `…_date`, as template fields of these types want it.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from handlers.class_words import called
from handlers.wording import day, day_of_week

if TYPE_CHECKING:
    from jcbot.announcing.letters import Letter
    from jcbot.settings import Human
    from jcbot.training.model import Course
    from knowledge.library import Library
    from knowledge.subscriptions import Subscriptions

_HOUR = re.compile(r"(?<![0-9])([01]?[0-9]|2[0-3])[:：]([0-5][0-9])")
_LATER = re.compile("下午|晚|午后|中午")


def of_class(
    library: Library, payload: dict[str, Any], course: Course, desk: Human
) -> dict[str, str]:
    """Tell of a class as it is now; a first day in the payload counts before the class's own."""
    first = dt.date.fromisoformat(payload.get("first_day") or course.first_day.isoformat())
    own = bool(course.contact or course.phone)
    contact, phone = (course.contact, course.phone) if own else (desk.name, desk.phone)
    return {
        "name": called(library.replies, library.training.columns, course), "number": course.number,
        "first": day_of_week(first),
        "first_time": _time(first, course.hours), "first_date": day(first),
        "hours": course.hours, "place": course.place or course.county, "bring": course.bring,
        "who": f"{contact}{phone}", "contact": contact, "phone": phone, "county": course.county,
        "jobs": "；".join(_job(library, job) for job in payload.get("jobs", [])),
    }  # fmt: skip


def of_card(library: Library, payload: dict[str, Any], desk: Human) -> dict[str, str]:
    """Tell of a card or a question that was sent in: its day, 登记 or 更正, and what it carries."""
    told = {"phone": desk.phone} | payload
    if "made" in payload:
        made = dt.date.fromisoformat(payload["made"])
        told |= {"day": day(made), "day_time": _time(made, ""), "day_date": day(made)}
    if "asked" in payload:
        told["what"] = library.replies.text(f"card.kind_{payload['asked']}")
    return told


def of_letter(kinds: Subscriptions, letter: Letter) -> dict[str, str]:
    """Tell of an announcement."""
    kind = kinds.labels([letter.about])
    return {"title": letter.title, "text": letter.text, "kind": kind, "number": letter.course}


def _time(on: dt.date, hours: str) -> str:
    """The moment a day's class begins, where `hours` says one for certain; else the whole day."""
    begins, at = _HOUR.search(hours), day(on)
    if begins is None or _LATER.search(hours[: begins.start()]):
        return f"{at} 00:00~{at} 23:59"
    return f"{at} {int(begins[1]):02}:{begins[2]}"


def _job(library: Library, job: dict[str, Any]) -> str:
    """One post: who asks for how many, what it pays, whom to call."""
    parts = {
        "wage": f"，{job['wage']}" if job["wage"] else "",
        "contact": f"，{job['contact']}{job['phone']}" if job["contact"] or job["phone"] else "",
    }
    return library.replies.text("notices.job", **job | parts)
