"""What must hold before a result is entered: each step follows from the one before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, select

from jcbot.storage.progress_tables import outcomes
from jcbot.storage.training_tables import enrolments
from jcbot.training.model import PASSED

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from jcbot.training.keys import TrainingKeys
    from jcbot.training.model import Course

PAID = "paid"
_OTHERS = (
    select(enrolments.c.id)
    .join(outcomes, outcomes.c.enrolment == enrolments.c.id)
    .where(outcomes.c.certificate_key == bindparam("k"), enrolments.c.person != bindparam("p"))
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Result:
    """What is entered about one person in one class; None leaves what is kept.

    `person` is the keyed hash of the ID number; the others are codes of results.toml.
    """

    number: str
    person: bytes = field(repr=False)
    attended: int | None = None
    exam: str | None = None
    certificate_type: str | None = None
    certificate_level: str | None = None
    certificate: str | None = field(default=None, repr=False)
    job: str | None = None
    subsidy: str | None = None


class Slip(NamedTuple):
    """What does not go: the column by key, why, and how to mend it ("": as its column says)."""

    column: str
    reason: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One result with what is `kept` of it already (the columns of `outcomes`)."""

    keys: TrainingKeys
    result: Result
    course: Course
    kept: dict[str, Any]
    now: dt.datetime

    def after(self, name: str) -> Any:
        """Return a column as it will be."""
        given = getattr(self.result, name)
        return self.kept[name] if given is None else given


def check(conn: Connection, case: Check) -> tuple[tuple[Slip, ...], tuple[Slip, ...]]:
    """Return what forbids entering, and what somebody should look at all the same."""
    slips = [*_days(case), *_certificate(case), *_subsidy(case), *_somebody_else_s(conn, case)]
    return tuple(slips), tuple(_early(case))


def _days(case: Check) -> Iterator[Slip]:
    if (case.result.attended or 0) > case.course.days:
        yield Slip("attended", f"比班级的{case.course.days}天还多")


def _certificate(case: Check) -> Iterator[Slip]:
    """Type and number go together, and behind them stands a passed exam."""
    kind, number = case.after("certificate_type"), case.after("certificate")
    if number and not kind:
        yield Slip("certificate_type", "有证书编号，没有证书类型")
    if not number and (kind or case.after("certificate_level")):
        yield Slip("certificate", "有证书类型或者等级，没有证书编号")
    if (number or kind) and case.after("exam") != PASSED:
        if case.result.certificate is None and case.result.certificate_type is None:
            yield Slip("exam", "已经登记了证书，考试不能改成没有合格", "先核对证书是不是登记错了人")
        else:
            yield Slip("exam", "考试没有合格，不能登记证书", "先登记考试合格，再登记证书")


def _subsidy(case: Check) -> Iterator[Slip]:
    if case.after("subsidy") == PAID and not case.after("certificate"):
        yield Slip("subsidy", "还没有登记证书，补贴不能是已发放", "先登记证书，再登记补贴")


def _somebody_else_s(conn: Connection, case: Check) -> Iterator[Slip]:
    if case.result.certificate is None:
        return
    row = {"k": case.keys.certificate(case.result.certificate), "p": case.result.person}
    if conn.execute(_OTHERS, row).first():
        yield Slip("certificate", "这个编号已经登记给别人了", "照证书核对编号")


def _early(case: Check) -> Iterator[Slip]:
    if case.result.exam is not None and case.now.date() < case.course.last_day:
        last = f"{case.course.last_day:%Y-%m-%d}"
        yield Slip("exam", f"班要到{last}才结束，现在就有考试结果", "看看是不是填错了班")
