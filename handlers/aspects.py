"""One thing asked of a class (几点、在哪、带啥、找谁、管饭不): that thing, not the whole sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import class_words, cues

if TYPE_CHECKING:
    from handlers.turn import Turn
    from jcbot.training.model import Course

ASPECTS = (
    "when", "where", "bring", "who", "teacher", "plan", "seats", "fee", "board", "late",
)  # fmt: skip


def asked(turn: Turn) -> list[str]:
    """Return which things the message asks of a class."""
    return [name for name in ASPECTS if cues.says(turn, f"ask_{name}")]


def tell(turn: Turn, course: Course, names: list[str]) -> list[str]:
    """Return a line for each of these things; where nothing is written, whom to ask."""
    return [_line(turn, course, name) for name in names]


def _line(turn: Turn, course: Course, name: str) -> str:
    known = {
        "when": class_words.when(turn, course),
        "where": class_words.part(turn, "where", place=course.place or course.county),
        "bring": class_words.part(turn, "bring", bring=course.bring),
        "who": class_words.part(turn, "who", who=class_words.who(turn, course)),
        "teacher": class_words.part(turn, "teachers", teachers=course.teachers),
        "plan": class_words.part(turn, "plan", plan=course.plan),
        "seats": class_words.seats(turn, course),
        "fee": class_words.fee(turn, course),
    }
    return known.get(name) or turn.say(f"training.aspect_{name}", who=class_words.who(turn, course))
