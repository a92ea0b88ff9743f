"""The words of a promised message (通知), by its kind; what it carries names nobody.

Text and template values come from the same things told, so that no two channels can differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handlers.notice_values import of_card, of_class, of_letter
from handlers.text import lines
from knowledge.sending import SUBSCRIPTION, TEMPLATE
from knowledge.templates import FIRST

if TYPE_CHECKING:
    from jcbot.announcing.letters import Letter
    from jcbot.ledger import Item
    from jcbot.outbox import Promise
    from jcbot.settings import Human
    from jcbot.training.model import Course
    from knowledge.library import Library
    from knowledge.replies import Replies


@dataclass(frozen=True, slots=True)
class Notice:
    """What is sent: the text, the values of a template by channel and field, where a tap leads.

    `short` is the text as a text message, "" where it is the same.
    """

    text: str
    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    url: str = ""
    short: str = ""

    def values(self, channel: str) -> dict[str, str]:
        """Return the values for a template of this channel."""
        return self.fields.get(channel) or {FIRST: self.text}


def notice(library: Library, promise: Promise | Item, course: Course | None, desk: Human) -> Notice:
    """Return what to send; `course` is the class it speaks of as it is now, if it is any's."""
    say, kind = library.replies.text, promise.kind
    if course is None:
        told = of_card(library, promise.payload, desk)
        return Notice(say(f"notices.{kind}", **told), _fields(library, kind, told))
    told = of_class(library, promise.payload, course, desk)
    parts = {
        key: say(f"notices.part_{key}", **{key: told[key]}) if told[key] else ""
        for key in ("hours", "place", "bring")
    }
    others = len(promise.payload.get("classes", [])) - 1
    parts["more"] = say("notices.part_more", count=others) if others > 0 else ""
    short = f"notices.sms_{kind}"
    return Notice(
        say(f"notices.{kind}", **told | parts), _fields(library, kind, told),
        short=say(short, **told | parts) if short in library.replies else "",
    )  # fmt: skip


def announcement(library: Library, letter: Letter) -> Notice:
    """Return an announcement; a tap on its template leads to its link."""
    fields = _fields(library, "announcement", of_letter(library.subscriptions, letter))
    return Notice(announced(library.replies, letter), fields, letter.link)


def announced(replies: Replies, letter: Letter) -> str:
    """Return the text of an announcement, with how to sign up and how to stop such notices."""
    named = letter.course
    course = replies.text("notices.announcement_class", number=named) if named else ""
    stop = replies.text("notices.announcement_stop")
    return lines(letter.title, letter.text, course, letter.link, stop)


def _fields(library: Library, kind: str, told: dict[str, str]) -> dict[str, dict[str, str]]:
    templates = library.templates
    return {channel: templates.values(kind, channel, told) for channel in (TEMPLATE, SUBSCRIPTION)}
