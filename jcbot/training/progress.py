"""How far somebody has come in each of his classes (我的培训): data only, no words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from jcbot.people.identity import mask_paper
from jcbot.storage.progress_tables import attendance, outcomes
from jcbot.storage.training_tables import classes, enrolments
from jcbot.training.model import CANCELLED
from jcbot.training.reading import course_of, courses_with

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.training.keys import TrainingKeys
    from jcbot.training.model import Course

_E, _O, _A = enrolments.c, outcomes.c, attendance.c
_COUNTED = (
    select(func.count()).select_from(attendance).where(_A.enrolment == _E.id).correlate(enrolments)
).scalar_subquery()
_MORE = (
    _E.id.label("enrolment"), _E.state.label("held"), _E.place.label("line"),
    func.coalesce(_O.attended, _COUNTED).label("attended"), _O.exam,
    _O.certificate_type, _O.certificate_level, _O.certificate, _O.job, _O.subsidy,
)  # fmt: skip
_ALL = (
    courses_with(*_MORE)
    .join(enrolments, _E.class_id == classes.c.id)
    .outerjoin(outcomes, _O.enrolment == _E.id)
    .where(_E.person == bindparam("p"), _E.state != CANCELLED)
    .order_by(classes.c.first_day, classes.c.id)
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate: codes of type and level ("": none), its number masked."""

    type: str
    level: str
    number: str


@dataclass(frozen=True, slots=True)
class Progress:
    """One class of a person's: seat confirmed, or waiting at `place`; what came after it.

    `attended` of `course.days` days; exam, job and subsidy are codes of results.toml, "" where
    nothing is entered yet.
    """

    course: Course
    state: str
    place: int | None
    attended: int
    exam: str
    certificate: Certificate | None
    job: str
    subsidy: str


def progress(conn: Connection, keys: TrainingKeys, person: bytes) -> list[Progress]:
    """Return all classes somebody holds or has held to the end, by first day."""
    return [_progress(row, keys) for row in conn.execute(_ALL, {"p": person})]


def _progress(row: Any, keys: TrainingKeys) -> Progress:
    certificate = None
    if row.certificate:
        number = mask_paper(keys.open(row.certificate, row.enrolment))
        certificate = Certificate(row.certificate_type, row.certificate_level, number)
    return Progress(
        course_of(row), row.held, row.line, row.attended,
        row.exam or "", certificate, row.job or "", row.subsidy or "",
    )  # fmt: skip
