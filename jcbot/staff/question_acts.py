"""What staff do with a worker's open question (答复提问): one answer, promised to the asker."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from jcbot import questions
from jcbot.clock import SHANGHAI
from jcbot.outbox import Promise, promise
from jcbot.pushed_text import unfit
from jcbot.staff.model import StaffError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Row

    from jcbot.staff.model import By
    from knowledge.asked import Asked

ANSWER, READ = "questions.answer", "questions.read"
KIND = "question_answered"


def answer_question(  # noqa: PLR0913 - who, which, what, and by which rules
    conn: Connection, by: By, number: int, text: str, *, book: Asked, sensitive: Iterable[str]
) -> str:
    """Answer a question once and promise the asker to hear it; return what was asked, masked.

    `StaffError` for a text that may not be sent, a second answer, or an asker who is gone.
    """
    by.require(ANSWER)
    said = tidy(text, book.answer, sensitive)
    row = questions.take(conn, number)
    if row is None:
        raise StaffError(f"没有第{number}号问题。")
    if row.answered is not None:
        raise StaffError(f"第{number}号问题{row.answered_by}已经答复过了，不能再答复。")
    if not row.openid:
        raise StaffError(f"第{number}号问题没有人可以答复了：本人删了资料，或者问得太久。")
    questions.answer(conn, number, said, by.actor, by.at)
    asked = _cut(row, book.shown)
    day = dt.datetime.fromtimestamp(row.at, SHANGHAI).date().isoformat()
    payload = {"said": asked, "answer": said, "made": day}
    promise(conn, Promise(f"{questions.KEY}{number}", KIND, row.openid, payload, by.at))
    after = {"reason": row.reason, "characters": len(said)}
    by.note(conn, ANSWER, f"{questions.KEY}{number}", after=after)
    return asked


def tidy(text: str, most: int, sensitive: Iterable[str]) -> str:
    """Return the answer without what cannot be shown; `StaffError` where it may not be sent."""
    said = "".join(char for char in text if char.isprintable() or char == "\n").strip()
    if not said:
        raise StaffError("答复不能是空的。")
    if fault := unfit(said, most, sensitive):
        raise StaffError(f"答复{fault}。")
    return said


def _cut(row: Row[tuple[str]], most: int) -> str:
    """What was asked, on one line and no longer than serves to know it again."""
    asked = " ".join(row.text.split())
    return asked if len(asked) <= most else asked[:most] + "…"
