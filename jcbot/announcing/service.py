"""The life of an announcement: draft, approved, sending, stopped or done; forward only.

`draft` waits for a second person where it goes to more than a set number; `sending` puts its
recipients into the outbox and leaves the rest to the courier; `done` is when the last of them is
settled. The same content for the same audience is one announcement, however often it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, bindparam, case, cast, func, literal, select, update

from jcbot.announcing.letters import check_class
from jcbot.announcing.parsing import parse_audience
from jcbot.ledger import SENDING as CALLING
from jcbot.ledger import STOPPED
from jcbot.outbox import PROMISED
from jcbot.staff.model import By, StaffError
from jcbot.storage.dialects import Upsert
from jcbot.storage.notice_tables import announcements
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection, Row

    from jcbot.announcing.counting import Counts
    from jcbot.announcing.letters import Letter
    from jcbot.announcing.parsing import Vocabulary

DRAFT, APPROVED, SENDING, DONE = "draft", "approved", "sending", "done"
OPEN = (PROMISED, CALLING)
_A = announcements.c
_TAKE = select(announcements).where(_A.number == bindparam("n")).with_for_update()
_BY_DIGEST = select(announcements).where(_A.digest == bindparam("d"))
_ADD = Upsert(
    announcements, lambda insert: insert.on_conflict_do_nothing(index_elements=["digest"])
)
_LATEST = select(announcements).order_by(_A.number.desc()).limit(bindparam("most"))
_STATES = (
    select(outbox.c.state, outbox.c.reason, func.count())
    .where(outbox.c.announcement == bindparam("n"))
    .group_by(outbox.c.state, outbox.c.reason)
)
_STOP_REST = (
    update(outbox)
    .where(outbox.c.announcement == bindparam("n"), outbox.c.state == PROMISED)
    .values(state=STOPPED, settled=bindparam("at"), reason=bindparam("why"))
)
_FORGET = (
    update(outbox)
    .where(outbox.c.announcement.is_not(None), outbox.c.openid == bindparam("o"))
    .values(
        key=literal("erased:") + cast(outbox.c.id, Text),
        state=case((outbox.c.state == PROMISED, STOPPED), else_=outbox.c.state),
        settled=func.coalesce(outbox.c.settled, bindparam("at")),
    )
)


@dataclass(frozen=True, slots=True)
class Status:
    """An announcement's row, and its recipients by state and by (state, reason)."""

    row: Row[Any]
    states: dict[str, int] = field(default_factory=dict)
    reasons: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def recipients(self) -> int:
        """How many are in the outbox, or were."""
        return sum(self.states.values())


def narrowed(by: By, expression: str, words: Vocabulary) -> str:
    """Return the audience within reach of who writes: a county's clerk writes to it only.

    It has to be right by itself: brackets that do not match could reach round the county.
    """
    county = _county(by)
    by.require("announcements.write", county)
    parse_audience(expression, words)
    return f"({expression}) and county = {county}" if county else expression


def draft(conn: Connection, by: By, letter: Letter, audience: str, counts: Counts) -> Row[Any]:
    """Write the draft, or find the same one that is there already; return its row."""
    by.require("announcements.write", _county(by))
    check_class(conn, letter)
    digest = letter.digest(audience)
    row = {
        "digest": digest, "title": letter.title, "text": letter.text, "about": letter.about,
        "class_number": letter.course, "link": letter.link, "audience": audience,
        "county": _county(by), "state": DRAFT, "people": counts.meets, "recipients": counts.bound,
        "made": int(by.at.timestamp()), "made_by": by.actor,
    }  # fmt: skip
    fresh = _ADD.run(conn, row)
    found = conn.execute(_BY_DIGEST, {"d": digest}).one()
    if fresh:
        after = {"title": letter.title, "audience": audience, "people": counts.meets,
                 "recipients": counts.bound}  # fmt: skip
        by.note(conn, "announcements.write", _subject(found.number), after=after)
    return found


def approve(conn: Connection, by: By, number: int) -> None:
    """Approve what somebody else wrote; again by the same person it changes nothing."""
    by.require("announcements.approve")
    row = take(conn, number)
    if by.account is None:
        raise StaffError("批准要用账号：--as 名字，而且不能是写通知的人。")
    if row.made_by == by.actor:
        raise StaffError("不能批准自己写的通知，请另一个人批准。")
    if row.state != DRAFT:
        if row.approved_by == by.actor and row.state in (APPROVED, SENDING):
            return
        raise StaffError(f"第{number}号通知{SAID[row.state]}，不用批准。")
    _set(conn, number, state=APPROVED, approved=int(by.at.timestamp()), approved_by=by.actor)
    after = {"title": row.title, "audience": row.audience, "recipients": row.recipients}
    by.note(conn, "announcements.approve", _subject(number), before={"state": DRAFT}, after=after)


def begin(conn: Connection, by: By, number: int, recipients: int, most: int) -> bool:
    """Let it start, or go on; False where `recipients` are so many that it has to be approved."""
    row = reachable(conn, by, number)
    if row.state in (STOPPED, DONE):
        hint = "；要再发，改一下标题或正文"
        raise StaffError(f"第{number}号通知{SAID[row.state]}{hint}。")
    if row.state == SENDING:
        return True
    if row.approved_by is None and recipients > most:
        _set(conn, number, recipients=recipients)
        return False
    _set(conn, number, state=SENDING, started=int(by.at.timestamp()), recipients=recipients)
    after = {"recipients": recipients, "approved_by": row.approved_by}
    by.note(conn, "announcements.send", _subject(number), before={"state": row.state}, after=after)
    return True


def stop(conn: Connection, by: By, number: int) -> int:
    """Stop it: who is not written to yet never is; return how many those are."""
    row = reachable(conn, by, number)
    if row.state in (STOPPED, DONE):
        raise StaffError(f"第{number}号通知{SAID[row.state]}，没有可停的。")
    at = int(by.at.timestamp())
    rest = conn.execute(_STOP_REST, {"n": number, "at": at, "why": "stopped by staff"}).rowcount
    _set(conn, number, state=STOPPED, ended=at, ended_by=by.actor)
    by.note(conn, "announcements.stop", _subject(number), before={"state": row.state},
            after={"not_sent": rest})  # fmt: skip
    return rest


def status(conn: Connection, number: int, now: int) -> Status:
    """Return how far it is; when the last recipient is settled it is done."""
    row = take(conn, number)
    found = Status(row)
    for state, reason, count in conn.execute(_STATES, {"n": number}):
        found.states[state] = found.states.get(state, 0) + count
        found.reasons[state, reason or ""] = count
    if row.state == SENDING and row.queued and not any(s in found.states for s in OPEN):
        _set(conn, number, state=DONE, ended=now)
        return Status(take(conn, number), found.states, found.reasons)
    return found


def reachable(conn: Connection, by: By, number: int) -> Row[Any]:
    """Return the row, held, if it is within reach of who acts."""
    row = take(conn, number)
    by.require("announcements.write", row.county)
    return row


def forget(conn: Connection, openid: str, now: dt.datetime) -> None:
    """Send nothing more to who is erased; what was sent names the person no longer."""
    conn.execute(_FORGET, {"o": openid, "at": int(now.timestamp())})


def latest(conn: Connection, most: int) -> list[Row[Any]]:
    """Return the last announcements, the newest first."""
    return list(conn.execute(_LATEST, {"most": most}))


def take(conn: Connection, number: int) -> Row[Any]:
    """Return the row, held to the end of the transaction; `StaffError` for one that is none."""
    row = conn.execute(_TAKE, {"n": number}).first()
    if row is None:
        raise StaffError(f"没有第{number}号通知。")
    return row


SAID = {
    DRAFT: "等着批准",
    APPROVED: "已经批准",
    SENDING: "正在发",
    STOPPED: "已经停发",
    DONE: "已经发完",
}
"""What a state is called to staff, after 第N号通知."""


def _county(by: By) -> str:
    bound = by.account is not None and by.account.role.bound == "county"
    return by.account.county if by.account is not None and bound else ""


def _subject(number: int) -> str:
    return f"announcement:{number}"


def _set(conn: Connection, number: int, **values: Any) -> None:
    conn.execute(update(announcements).where(_A.number == number).values(**values))
