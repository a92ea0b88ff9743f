"""What the bot could not answer or handed to a person, for the staff to read and to answer (提问).

The words are masked, askers are told apart by a hash; the openid is there only to bring an answer
and is shown to nobody. Who is erased leaves an empty row, so that its number never is another's.
"""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, bindparam, cast, delete, func, insert, literal, select, update

from jcbot.clock import SHANGHAI
from jcbot.masking import mask
from jcbot.storage.tables import questions
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

LONGEST = 500
A_DAY = 20  # one asker's questions kept in 24 hours; the rest would only bury the others'
KEY = "question:"
"""How the key of the promise of an answer begins; the question's number follows."""

_Q = questions.c
_WRITE = insert(questions)
_COUNT = select(func.count()).where(_Q.asker == bindparam("a"), _Q.at > bindparam("since"))
_ITS_KEY = literal(KEY) + cast(_Q.id, Text)
_LATEST = (
    select(questions, outbox.c.state.label("sent"), outbox.c.reason.label("why"))
    .outerjoin(outbox, outbox.c.key == _ITS_KEY)
    .where(_Q.text != "")
    .order_by(_Q.id.desc())
    .limit(bindparam("most"))
)
_TAKE = select(questions).where(_Q.id == bindparam("n")).with_for_update()
_ANSWER = (
    update(questions)
    .where(_Q.id == bindparam("n"))
    .values(answer=bindparam("said"), answered=bindparam("when"), answered_by=bindparam("who"))
)
_KEYS = select(_ITS_KEY).where(_Q.asker == bindparam("a"))
_TAKE_BACK = delete(outbox).where(outbox.c.key.in_(_KEYS.scalar_subquery()))
_FORGET = (
    update(questions)
    .where(_Q.asker == bindparam("a"))
    .values(asker=b"", openid=None, text="", answer=None)
)
_OLD = (
    select(_Q.id)
    .where(_Q.at < bindparam("before"), _Q.openid.is_not(None))
    .limit(bindparam("most"))
)
_LET_GO = update(questions).where(_Q.id.in_(_OLD.scalar_subquery())).values(openid=None)


@dataclass(frozen=True, slots=True)
class Question:
    """One line of the staff's list; `answered` and what it comes with are empty while it is open.

    `sent` is the state in the outbox of the answer's message, `why` the reason for it.
    """

    number: int
    asker: bytes = field(repr=False)
    text: str
    reason: str
    at: dt.datetime
    answer: str = ""
    answered: dt.datetime | None = None
    answered_by: str = ""
    sent: str = ""
    why: str = ""


def asker(openid: str, index_key: bytes) -> bytes:
    """Name an asker so that two questions of one person are seen as such, and no more."""
    return hmac.digest(index_key, b"asker\0" + openid.encode("utf-8", "replace"), "sha256")


def ask_staff(  # noqa: PLR0913 - a row's columns
    conn: Connection,
    who: bytes,
    text: str,
    reason: str,
    now: dt.datetime,
    *,
    openid: str | None = None,
) -> bool:
    """Keep a question for the staff; False if this asker has filled the day's share.

    `who` comes from `asker`. The text is masked and cut here, whatever the caller did. Without
    an `openid` it can be read, but not answered.
    """
    at = int(now.timestamp())
    if conn.execute(_COUNT, {"a": who, "since": at - 86_400}).scalar_one() >= A_DAY:
        return False
    row = {"asker": who, "text": _storable(mask(text)), "reason": _storable(reason), "at": at}
    conn.execute(_WRITE, row | {"openid": openid})
    return True


def latest(conn: Connection, most: int = 100, *, unanswered: bool = False) -> list[Question]:
    """Return the newest questions, newest first, or of them the open ones only."""
    query = _LATEST.where(_Q.answered.is_(None)) if unanswered else _LATEST
    return [
        Question(
            row.id, row.asker, row.text, row.reason, _moment(row.at), row.answer or "",
            _moment(row.answered) if row.answered else None, row.answered_by or "",
            row.sent or "", row.why or "",
        )
        for row in conn.execute(query, {"most": most})
    ]  # fmt: skip


def take(conn: Connection, number: int) -> Row[Any] | None:
    """Return a question's row, held to the end of the transaction; None for one that is none."""
    return conn.execute(_TAKE, {"n": number}).first()


def answer(conn: Connection, number: int, said: str, who: str, now: dt.datetime) -> None:
    """Keep the answer to a question that was taken in this transaction and is open."""
    values = {"n": number, "said": said, "who": who, "when": int(now.timestamp())}
    conn.execute(_ANSWER, values)


def forget(conn: Connection, who: bytes) -> None:
    """Drop what one asker asked and was answered, and the promises to say so."""
    conn.execute(_TAKE_BACK, {"a": who})
    conn.execute(_FORGET, {"a": who})


def let_go(conn: Connection, before: dt.datetime, most: int = 500) -> int:
    """Forget whom to answer at most `most` questions asked before `before`; return how many."""
    return conn.execute(_LET_GO, {"before": int(before.timestamp()), "most": most}).rowcount


def _moment(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, SHANGHAI)


def _storable(text: str) -> str:
    """Cut to length and take out what a database cannot hold: NUL and lone surrogates."""
    return text[:LONGEST].replace("\0", "").encode("utf-8", "replace").decode("utf-8")
