"""What became of somebody in a class (结果), entered step by step: each step is checked.

Days, exam, certificate, job, subsidy. What is left out stays as it is; entering the same again
changes nothing. Whoever is told of it is promised word in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, insert, select, update

from jcbot.people.registry import county_of
from jcbot.storage.locks import hold
from jcbot.storage.progress_tables import outcomes
from jcbot.training import notices
from jcbot.training.checks import Check, Slip, check
from jcbot.training.demands import jobs_for
from jcbot.training.errors import NoSuchClassError
from jcbot.training.model import CONFIRMED, OPEN, PASSED, WAITING
from jcbot.training.reading import find, held

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from jcbot.training.checks import Result
    from jcbot.training.keys import TrainingKeys
    from jcbot.training.model import Course
    from knowledge.training import Limits

_O = outcomes.c
_KEPT = select(outcomes).where(_O.enrolment == bindparam("e"))
NOTHING = {
    "attended": None, "exam": "", "certificate_type": "", "certificate_level": "",
    "certificate": None, "certificate_key": None, "job": "", "subsidy": "",
}  # fmt: skip
"""What is kept of an enrolment before anything is entered."""
PLAIN = ("attended", "exam", "certificate_type", "certificate_level", "job", "subsidy")


@dataclass(frozen=True, slots=True)
class Setting:
    """What entering works with: the keys, the moment, the limits."""

    keys: TrainingKeys
    now: dt.datetime
    limits: Limits


class Place(NamedTuple):
    """Whose result it is: the class, his enrolment, and whether nothing is kept of it yet."""

    course: Course
    enrolment: int
    openid: str
    new: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """What entering would do: `slips` forbid it, `doubts` do not; `changes` by column."""

    slips: tuple[Slip, ...] = ()
    doubts: tuple[Slip, ...] = ()
    changes: dict[str, Any] = field(default_factory=dict, repr=False)


def judge(conn: Connection, setting: Setting, result: Result) -> Judged:
    """Check one result against the class, the seat and what is kept; nothing is written.

    Only who has a seat counts: whom staff took out has none.
    """
    return _judge(conn, setting, result)[0]


def enter(conn: Connection, setting: Setting, result: Result) -> Judged:
    """Enter one result if nothing forbids it, and promise word of it; see `judge`.

    One writer of results at a time: no number goes to two people. The class is held as well, so
    that nobody is erased meanwhile; several in one transaction go in the order of their classes.
    """
    hold(conn, "training results")
    hold(conn, "class", result.number)
    judged, place = _judge(conn, setting, result)
    if place is None or not judged.changes:
        return judged
    row = judged.changes | {"at": int(setting.now.timestamp())}
    if place.new:
        conn.execute(insert(outcomes).values(NOTHING | row | {"enrolment": place.enrolment}))
    else:
        conn.execute(update(outcomes).where(_O.enrolment == place.enrolment).values(row))
    _tell(conn, setting, place, result.person, judged.changes)
    return judged


def _judge(conn: Connection, setting: Setting, result: Result) -> tuple[Judged, Place | None]:
    try:
        course = find(conn, result.number)
    except NoSuchClassError:
        return Judged((Slip("number", "没有这个编号的班"),)), None
    holder = held(conn, course, result.person)
    slip = _no_place(course, holder.state if holder else "", setting.now)
    if slip or holder is None:
        return Judged((slip,) if slip else ()), None
    row = conn.execute(_KEPT, {"e": holder.id}).mappings().first()
    kept = dict(row) if row else dict(NOTHING)
    slips, doubts = check(conn, Check(setting.keys, result, course, kept, setting.now))
    changes = {} if slips else _changes(setting.keys, result, holder.id, kept)
    return Judged(slips, doubts, changes), Place(course, holder.id, holder.openid, row is None)


def _no_place(course: Course, state: str, now: dt.datetime) -> Slip | None:
    if course.state != OPEN:
        return Slip("number", "这个班已经取消了")
    if not course.begun(now):
        return Slip("number", "这个班还没有开班", "开班以后再登记")
    if state == WAITING:
        return Slip("person", "这个人在这个班只是候补，没有名额", "核对班级编号和身份证号")
    if state != CONFIRMED:
        return Slip("person", "这个人没有这个班的名额", "核对班级编号和身份证号")
    return None


def _changes(
    keys: TrainingKeys, result: Result, enrolment: int, kept: dict[str, Any]
) -> dict[str, Any]:
    """Return the columns that become something else; the number is told by its keyed hash."""
    given = {name: getattr(result, name) for name in PLAIN}
    changes = {k: v for k, v in given.items() if v is not None and v != kept[k]}
    if result.certificate is not None:
        key = keys.certificate(result.certificate)
        if key != kept["certificate_key"]:
            sealed = keys.seal(result.certificate, enrolment)
            changes |= {"certificate": sealed, "certificate_key": key}
    return changes


def _tell(
    conn: Connection, setting: Setting, place: Place, person: bytes, changes: dict[str, Any]
) -> None:
    """Promise word of the exam or, in its place, of the certificate; and of jobs, once."""
    to, course, now = (place.enrolment, place.openid), place.course, setting.now
    certified = "certificate_key" in changes
    if certified:
        notices.tell_again(conn, notices.CERTIFICATE, to, course, now)
    elif "exam" in changes:
        notices.tell_again(conn, notices.RESULT, to, course, now)
    if changes.get("exam", PASSED) != PASSED:  # entered by mistake before
        notices.take_back_jobs(conn, place.enrolment)
    elif certified or "exam" in changes:
        kept = conn.execute(_KEPT, {"e": place.enrolment}).mappings().one()
        level = kept["certificate_level"] or course.level
        county = county_of(conn, person) or course.county
        jobs = jobs_for(conn, course.occupation, level, county, now)
        notices.tell_jobs(conn, to, course, jobs[: setting.limits.jobs_told], now)
