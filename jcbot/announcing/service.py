"""The life of an announcement: draft, approved, scheduled, sending, stopped or done.

`draft` waits for a second person where it goes to more than a set number, `scheduled` for its
hour; `sending` puts its recipients into the outbox and leaves the rest to the courier; `done` is
when the last of them is settled. The same content for the same audience is one announcement,
however often it is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, bindparam, case, cast, func, literal, select, update

from jcbot.announcing.letters import check_class
from jcbot.announcing.parsing import parse_audience
from jcbot.announcing.rows import (
    APPROVED,
    AT_ONCE,
    DONE,
    DRAFT,
    SAID,
    SCHEDULED,
    SENDING,
    STOPPED,
    WAITING,
    How,
    change,
    subject,
    take,
)
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

_A = announcements.c
_BY_DIGEST = select(announcements).where(_A.digest == bindparam("d"))
_ADD = Upsert(
    announcements, lambda insert: insert.on_conflict_do_nothing(index_elements=["digest"])
)
_REST = select(func.count()).where(
    outbox.c.announcement == bindparam("n"), outbox.c.state.in_(WAITING)
)
_FORGET = (
    update(outbox)
    .where(outbox.c.announcement.is_not(None), outbox.c.openid == bindparam("o"))
    .values(
        key=literal("erased:") + cast(outbox.c.id, Text),
        state=case((outbox.c.state.in_(WAITING), STOPPED), else_=outbox.c.state),
        settled=func.coalesce(outbox.c.settled, bindparam("at")),
    )
)


def narrowed(by: By, expression: str, words: Vocabulary) -> str:
    """Return the audience within reach of who writes: a county's clerk writes to it only.

    It has to be right by itself: brackets that do not match could reach round the county.
    """
    county = _county(by)
    by.require("announcements.write", county)
    parse_audience(expression, words)
    return f"({expression}) and county = {county}" if county else expression


def draft(  # noqa: PLR0913 - what, to whom, how
    conn: Connection, by: By, letter: Letter, audience: str, counts: Counts, *, how: How = AT_ONCE
) -> Row[Any]:
    """Write the draft, or find the same one that is there already; return its row.

    One that has not begun takes the new road and hour; approved for others, it waits again.
    """
    by.require("announcements.write", _county(by))
    check_class(conn, letter)
    digest = letter.digest(audience)
    row = {
        "digest": digest, "title": letter.title, "text": letter.text, "about": letter.about,
        "class_number": letter.course, "link": letter.link, "audience": audience,
        "county": _county(by), "state": DRAFT, "people": counts.meets, "recipients": counts.bound,
        "made": int(by.at.timestamp()), "made_by": by.actor, **how.as_row(),
    }  # fmt: skip
    fresh = _ADD.run(conn, row)
    found = conn.execute(_BY_DIGEST, {"d": digest}).one()
    if fresh:
        after = {"title": letter.title, "audience": audience, "people": counts.meets,
                 "recipients": counts.bound, **how.as_row()}  # fmt: skip
        by.note(conn, "announcements.write", subject(found.number), after=after)
        return found
    return _changed(conn, by, reachable(conn, by, found.number), how.as_row())


def _changed(conn: Connection, by: By, row: Row[Any], how: dict[str, Any]) -> Row[Any]:
    """Give one that has not begun another road or hour; it was approved only as it was."""
    before = {name: getattr(row, name) for name in how}
    if row.state not in (DRAFT, APPROVED, SCHEDULED) or before == how:
        return row
    change(conn, row.number, **how, state=DRAFT, approved=None, approved_by=None)
    by.note(conn, "announcements.change", subject(row.number),
            before=before | {"state": row.state}, after=how | {"state": DRAFT})  # fmt: skip
    return take(conn, row.number)


def approve(conn: Connection, by: By, number: int) -> None:
    """Approve what somebody else wrote; again by the same person it changes nothing."""
    by.require("announcements.approve")
    row = take(conn, number)
    if by.account is None:
        raise StaffError("批准要用账号：--as 名字，而且不能是写通知的人。")
    if row.made_by == by.actor:
        raise StaffError("不能批准自己写的通知，请另一个人批准。")
    if row.state != DRAFT:
        if row.approved_by == by.actor and row.state in (APPROVED, SCHEDULED, SENDING):
            return
        raise StaffError(f"第{number}号通知{SAID[row.state]}，不用批准。")
    change(conn, number, state=APPROVED, approved=int(by.at.timestamp()), approved_by=by.actor)
    after = {"title": row.title, "audience": row.audience, "recipients": row.recipients,
             "road": row.road, "starts": row.starts}  # fmt: skip
    by.note(conn, "announcements.approve", subject(number), before={"state": DRAFT}, after=after)


def begin(conn: Connection, by: By, number: int, recipients: int, most: int) -> str:
    """Let it start, or go on; return its state.

    That is `draft` where `recipients` are so many that it has to be approved, `scheduled` where
    its hour has not come, else `sending`.
    """
    row = reachable(conn, by, number)
    if row.state in (STOPPED, DONE):
        hint = "；要再发，改一下标题或正文"
        raise StaffError(f"第{number}号通知{SAID[row.state]}{hint}。")
    if row.state == SENDING:
        return SENDING
    if row.approved_by is None and recipients > most:
        change(conn, number, recipients=recipients)
        return DRAFT
    at = int(by.at.timestamp())
    if row.starts is None or row.starts <= at:
        return go(conn, by, row, SENDING, started=at, recipients=recipients)
    if row.state != SCHEDULED:
        go(conn, by, row, SCHEDULED, recipients=recipients)
    return SCHEDULED


def go(conn: Connection, by: By, row: Row[Any], state: str, **values: Any) -> str:
    """Move it on to a state, with its line in the log."""
    change(conn, row.number, state=state, **values)
    act = "announcements.send" if state == SENDING else "announcements.schedule"
    after = {"recipients": values.get("recipients", row.recipients), "starts": row.starts,
             "approved_by": row.approved_by}  # fmt: skip
    by.note(conn, act, subject(row.number), before={"state": row.state}, after=after)
    return state


def stop(conn: Connection, by: By, number: int) -> int:
    """Stop it: who is not written to yet never is; return how many those are.

    They stay in the outbox until `sending.take_back`, or the courier, sets them aside.
    """
    row = reachable(conn, by, number)
    if row.state in (STOPPED, DONE):
        raise StaffError(f"第{number}号通知{SAID[row.state]}，没有可停的。")
    return end(conn, by, row)


def end(conn: Connection, by: By, row: Row[Any]) -> int:
    """Stop one that is held; return how many are not written to any more."""
    at, number = int(by.at.timestamp()), row.number
    rest: int = conn.execute(_REST, {"n": number}).scalar_one()
    change(conn, number, state=STOPPED, ended=at, ended_by=by.actor)
    by.note(conn, "announcements.stop", subject(number), before={"state": row.state},
            after={"not_sent": rest})  # fmt: skip
    return rest


def reachable(conn: Connection, by: By, number: int) -> Row[Any]:
    """Return the row, held, if it is within reach of who acts."""
    row = take(conn, number)
    by.require("announcements.write", row.county)
    return row


def forget(conn: Connection, openid: str, now: dt.datetime) -> None:
    """Send nothing more to who is erased; what was sent names the person no longer."""
    conn.execute(_FORGET, {"o": openid, "at": int(now.timestamp())})


def _county(by: By) -> str:
    bound = by.account is not None and by.account.role.bound == "county"
    return by.account.county if by.account is not None and bound else ""
