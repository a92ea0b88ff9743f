"""After the sign-up: attendance, exam, certificate, job, subsidy, each step checked."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from lists import NEW, OLD
from school import FIRST, NOW, add_class, enter, limits, moment, person
from sqlalchemy import select

from jcbot.outbox import promised
from jcbot.sealing import SealError
from jcbot.storage.progress_tables import attendance, outcomes
from jcbot.storage.training_tables import outbox
from jcbot.training import demands, rotation
from jcbot.training import outcomes as service
from jcbot.training.attendance import attend, check_in, check_in_code, living_allowance_days
from jcbot.training.checks import Result
from jcbot.training.erasing import forget
from jcbot.training.errors import NotClassDayError, NotInClassError, WrongCodeError
from jcbot.training.keys import TrainingKeys
from jcbot.training.outcomes import Setting
from jcbot.training.progress import Certificate, progress

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.storage.database import Database
    from jcbot.training.outcomes import Judged
    from jcbot.training.progress import Progress

DAY = dt.timedelta(days=1)
AFTER = moment(FIRST + 10 * DAY, 9)
KEYS = TrainingKeys(OLD)
SETTING = Setting(KEYS, AFTER, limits())
WHO = person(1).person
PAPER = "T1405000099000001"
FULL = {"exam": "passed", "certificate_type": "vocational", "certificate_level": "junior"} | {
    "certificate": PAPER
}


def result(who: int = 1, **more: Any) -> Result:
    return Result("DG-1", person(who).person, **more)


@pytest.fixture
async def school(database: Database) -> Database:
    """Two have a seat in DG-1, one waits; the class ended long ago at `AFTER`."""
    await database.run(add_class)
    for n in (1, 2, 3):
        await database.run(partial(enter, who=n))
    return database


async def entered(database: Database, given: Result, setting: Setting = SETTING) -> Judged:
    return await database.run(lambda conn: service.enter(conn, setting, given))


async def refused(database: Database, given: Result, setting: Setting = SETTING) -> list[str]:
    before = await database.run(everything)
    judged = await entered(database, given, setting)
    assert judged.changes == {}
    assert await database.run(everything) == before
    return [slip.column for slip in judged.slips]


def everything(conn: Connection) -> list[Any]:
    return [*conn.execute(select(outcomes)), *conn.execute(select(outbox).order_by(outbox.c.id))]


def told(conn: Connection) -> list[str]:
    return [each.kind for each in promised(conn) if each.kind != "class_reminder"]


async def mine(database: Database, keys: TrainingKeys = KEYS) -> Progress:
    (one,) = await database.run(lambda conn: progress(conn, keys, WHO))
    return one


async def test_step_by_step_to_the_subsidy(school: Database) -> None:
    one = await mine(school)
    assert (one.state, one.attended, one.exam, one.certificate) == ("confirmed", 0, "", None)
    await entered(school, result(attended=4))
    await entered(school, result(exam="passed"))
    await entered(school, result(certificate_type="vocational", certificate=PAPER))
    await entered(school, result(job="enterprise", subsidy="reviewing"))
    one = await mine(school)
    assert (one.attended, one.exam, one.job, one.subsidy) == (
        (4, "passed", "enterprise", "reviewing")
    )  # fmt: skip
    assert one.certificate == Certificate("vocational", "", "*" * 13 + "0001")
    await entered(school, result(subsidy="paid"))
    assert (await mine(school)).subsidy == "paid"


async def test_the_same_again_changes_and_tells_nothing(school: Database) -> None:
    assert (await entered(school, result(attended=4, **FULL))).changes
    before = await school.run(everything)
    later = replace(SETTING, now=AFTER + DAY)
    assert (await entered(school, result(attended=4, **FULL), later)).changes == {}
    assert await school.run(everything) == before


async def test_what_is_left_out_stays(school: Database) -> None:
    await entered(school, result(attended=4, job="none", **FULL))
    await entered(school, result(job="flexible"))
    one = await mine(school)
    assert (one.attended, one.exam, one.job) == (4, "passed", "flexible")
    assert one.certificate


@pytest.mark.parametrize(
    ("given", "column"),
    [
        ({"attended": 6}, "attended"),
        ({"exam": "failed", "certificate_type": "other", "certificate": "A-001"}, "exam"),
        ({"certificate_type": "other", "certificate": "A-001"}, "exam"),
        ({"exam": "absent", "certificate_type": "other", "certificate": "A-001"}, "exam"),
        ({"exam": "passed", "certificate_type": "other"}, "certificate"),
        ({"exam": "passed", "certificate_level": "junior"}, "certificate"),
        ({"exam": "passed", "certificate": "A-001"}, "certificate_type"),
        ({"exam": "passed", "subsidy": "paid"}, "subsidy"),
    ],
)
async def test_no_step_before_the_one_it_follows_from(
    school: Database, given: dict[str, Any], column: str
) -> None:
    assert await refused(school, result(**given)) == [column]


async def test_only_who_has_a_seat_in_a_class_that_has_begun(school: Database) -> None:
    assert await refused(school, result(3, attended=1)) == ["person"]
    assert await refused(school, result(9, attended=1)) == ["person"]
    assert await refused(school, Result("X-1", WHO, attended=1)) == ["number"]
    early = replace(SETTING, now=NOW)
    assert await refused(school, result(attended=1), early) == ["number"]


async def test_an_exam_before_the_last_day_is_entered_and_doubted(school: Database) -> None:
    during = replace(SETTING, now=moment(FIRST + DAY, 9))
    judged = await entered(school, result(exam="passed"), during)
    assert [slip.column for slip in judged.doubts] == ["exam"]
    assert (await mine(school)).exam == "passed"
    assert (await entered(school, result(2, exam="passed"))).doubts == ()


async def test_a_number_belongs_to_one_person(school: Database) -> None:
    await entered(school, result(**FULL))
    assert await refused(school, result(2, **FULL)) == ["certificate"]
    assert (await entered(school, result(2, **FULL | {"certificate": "T-2"}))).changes


async def test_a_passed_exam_behind_a_certificate_stays_passed(school: Database) -> None:
    await entered(school, result(**FULL))
    assert await refused(school, result(exam="failed")) == ["exam"]


async def test_numbers_are_sealed_and_found_by_their_hash(school: Database) -> None:
    await entered(school, result(**FULL))
    (row,) = await school.run(lambda conn: conn.execute(select(outcomes)).all())
    assert PAPER.encode() not in row.certificate + row.certificate_key
    assert KEYS.open(row.certificate, row.enrolment) == PAPER
    with pytest.raises(SealError):
        KEYS.open(row.certificate, row.enrolment + 1)
    assert PAPER not in repr(result(**FULL))


async def test_rotation_seals_them_anew(school: Database) -> None:
    await entered(school, result(**FULL))
    keys = TrainingKeys(NEW)
    assert await rotation.rotate(school, keys) == 1
    assert await rotation.rotate(school, keys) == 0
    only_new = TrainingKeys(replace(NEW, keys={"k2": NEW.keys["k2"]}))
    assert (await mine(school, only_new)).certificate == (await mine(school, keys)).certificate


async def test_he_is_told_of_the_exam_or_of_the_certificate(school: Database) -> None:
    await entered(school, result(attended=5))
    assert await school.run(told) == []
    await entered(school, result(exam="failed"))
    await entered(school, result(exam="passed"), replace(SETTING, now=AFTER + DAY))
    assert await school.run(told) == ["result_entered", "result_entered"]
    await entered(school, result(2, **FULL))
    assert sorted(await school.run(told)) == [
        "certificate_entered", "result_entered", "result_entered",
    ]  # fmt: skip
    found = await school.run(promised)
    assert all("passed" not in f"{each.key}{each.payload}" for each in found)


POST = {
    "enterprise": "甲公司", "county": "高平市", "post": "电工", "occupation": "低压电工",
    "level": "", "headcount": 3, "wage": "5000元", "contact": "王经理", "phone": "0356-1",
    "until": AFTER.date() + DAY,
}  # fmt: skip


async def test_who_passed_is_told_of_jobs_once(school: Database) -> None:
    await school.run(lambda conn: demands.put_in(conn, [POST], AFTER))
    await entered(school, result(exam="passed"))
    await entered(school, result(**FULL))
    (message,) = [m for m in await school.run(promised) if m.kind == "jobs_found"]
    assert message.openid == "o1"
    assert [(job["enterprise"], job["headcount"]) for job in message.payload["jobs"]] == [
        ("甲公司", 3)
    ]
    await school.run(lambda conn: demands.put_in(conn, [POST | {"level": "senior"}], AFTER))
    await entered(school, result(2, exam="passed"))
    assert (await school.run(told)).count("jobs_found") == 1


async def test_jobs_are_taken_back_with_an_exam_entered_by_mistake(school: Database) -> None:
    await school.run(lambda conn: demands.put_in(conn, [POST], AFTER))
    await entered(school, result(exam="passed"))
    await entered(school, result(exam="failed"))
    assert "jobs_found" not in await school.run(told)


async def test_a_second_scan_tells_when_the_first_was(school: Database) -> None:
    first, second = moment(FIRST, 8, 30), moment(FIRST, 14)
    got = await school.run(lambda conn: attend(conn, "DG-1", WHO, FIRST, first))
    assert (got.at, got.again) == (first, False)
    got = await school.run(lambda conn: attend(conn, "DG-1", WHO, FIRST, second))
    assert (got.at, got.again) == (first, True)
    await school.run(lambda conn: attend(conn, "DG-1", WHO, FIRST + DAY, AFTER))
    assert (await mine(school)).attended == 2


async def test_nobody_is_there_without_a_seat_or_on_another_day(school: Database) -> None:
    def note(who: int, day: dt.date, now: dt.datetime, conn: Connection) -> Any:
        return attend(conn, "DG-1", person(who).person, day, now)

    for who in (3, 9):
        with pytest.raises(NotInClassError, match="签不了到"):
            await school.run(partial(note, who, FIRST, AFTER))
    for day in (FIRST - DAY, FIRST + 5 * DAY):
        with pytest.raises(NotClassDayError, match="不能签到"):
            await school.run(partial(note, 1, day, AFTER))
    with pytest.raises(NotClassDayError, match="还没有到"):
        await school.run(partial(note, 1, FIRST + DAY, moment(FIRST, 9)))
    assert (await mine(school)).attended == 0


async def test_what_staff_entered_wins_over_what_was_counted(school: Database) -> None:
    def days(conn: Connection) -> int:
        return living_allowance_days(conn, "DG-1", WHO)

    for n in range(3):
        await school.run(lambda conn, n=n: attend(conn, "DG-1", WHO, FIRST + n * DAY, AFTER))
    assert await school.run(days) == (await mine(school)).attended == 3
    await entered(school, result(attended=2))
    assert await school.run(days) == (await mine(school)).attended == 2
    other = person(3).person
    assert await school.run(lambda conn: living_allowance_days(conn, "DG-1", other)) == 0


async def test_the_code_on_the_wall_holds_for_one_class_and_one_day(school: Database) -> None:
    code, at = check_in_code(KEYS, "DG-1", FIRST), moment(FIRST, 8)

    def scan(said: str, now: dt.datetime, who: int = 1) -> Any:
        return school.run(lambda conn: check_in(conn, KEYS, said, person(who).person, now))

    assert len(code) == 8
    got = await scan(f" {code.lower()} ", at)
    assert (got.course.number, got.at, got.again) == ("DG-1", at, False)
    for said, now, who in (
        (code, at + DAY, 1),
        (check_in_code(KEYS, "DG-2", FIRST), at, 1),
        (check_in_code(TrainingKeys(replace(OLD, index_key=b"j" * 32)), "DG-1", FIRST), at, 1),
        (code, at, 9),
        ("码", at, 1),
    ):
        with pytest.raises(WrongCodeError, match="签到码"):
            await scan(said, now, who)


async def test_erasing_leaves_nothing_of_it(school: Database) -> None:
    await school.run(lambda conn: demands.put_in(conn, [POST], AFTER))
    await school.run(lambda conn: attend(conn, "DG-1", WHO, FIRST, AFTER))
    await entered(school, result(**FULL))
    await entered(school, result(2, **FULL | {"certificate": "T-2"}))
    await school.run(lambda conn: forget(conn, WHO, AFTER, limits()))
    rows = await school.run(lambda conn: conn.execute(select(outcomes)).all())
    assert len(rows) == 1
    assert await school.run(lambda conn: conn.execute(select(attendance)).all()) == []
    assert {each.openid for each in await school.run(promised)} == {"o2"}


async def test_two_who_enter_one_number_at_once(two: tuple[Database, Database]) -> None:
    await two[0].run(partial(add_class, seats=9))
    for n in range(1, 7):
        await two[0].run(partial(enter, who=n))
    given = [entered(two[n % 2], result(n, **FULL)) for n in range(1, 7)]
    done = await asyncio.gather(*given)
    assert sorted(bool(each.changes) for each in done) == [False] * 5 + [True]


async def test_many_scans_of_one_person_at_once_are_one_day(two: tuple[Database, Database]) -> None:
    await two[0].run(add_class)
    await two[0].run(partial(enter, who=1))
    scans = [two[n % 2].run(lambda conn: attend(conn, "DG-1", WHO, FIRST, AFTER)) for n in range(8)]
    assert sorted(each.again for each in await asyncio.gather(*scans)) == [False] + [True] * 7
