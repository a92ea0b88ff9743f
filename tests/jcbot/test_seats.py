"""Seats, the line and the limits, as services over both databases."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from school import FIRST, NOW, add_class, enter, limits, moment, person, tally
from sqlalchemy import select

from jcbot.outbox import promised
from jcbot.storage.training_tables import enrolments, outbox
from jcbot.training import browsing, errors
from jcbot.training.erasing import forget
from jcbot.training.seats import cancel, cancel_class, change_seats, remove

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from jcbot.storage.database import Database
    from jcbot.training.model import Applicant

TEN = limits().groups[0].members
DAY = dt.timedelta(days=1)


def promises(conn: Connection) -> list[tuple[str, str]]:
    return [(each.kind, each.openid) for each in promised(conn)]


async def test_seats_then_the_line_then_the_same_again(database: Database) -> None:
    await database.run(add_class)
    got = [await database.run(partial(enter, who=n)) for n in (1, 2, 3, 4, 3, 1)]
    assert [(each.state, each.place, each.already) for each in got] == [
        ("confirmed", None, False),
        ("confirmed", None, False),
        ("waiting", 1, False),
        ("waiting", 2, False),
        ("waiting", 1, True),
        ("confirmed", None, True),
    ]


async def test_one_person_with_two_phones_has_one_seat(database: Database) -> None:
    await database.run(add_class)
    first = await database.run(partial(enter, who=person(1, openid="oa")))
    second = await database.run(partial(enter, who=person(1, openid="ob")))
    assert (first.already, second.already) == (False, True)
    assert await database.run(tally) == (1, [])


async def test_who_cancels_makes_room_for_the_first_in_line_and_he_is_told(
    database: Database,
) -> None:
    await database.run(add_class)
    for n in range(1, 6):
        await database.run(partial(enter, who=n))
    gone = await database.run(lambda c: cancel(c, "DG-1", person(1).person, NOW, limits()))
    assert (gone.state, gone.promoted) == ("confirmed", 1)
    assert await database.run(tally) == (2, [1, 2])
    assert await database.run(promises) == [
        ("seat_promoted", "o3"),
        ("class_reminder", "o2"),
        ("class_reminder", "o3"),
    ]


async def test_who_leaves_the_line_lets_those_behind_move_up(database: Database) -> None:
    await database.run(partial(add_class, seats=0))
    for n in range(1, 5):
        await database.run(partial(enter, who=n))
    gone = await database.run(lambda c: cancel(c, "DG-1", person(2).person, NOW, limits()))
    assert (gone.state, gone.promoted) == ("waiting", 0)
    assert [(await database.run(partial(enter, who=n))).place for n in (1, 3, 4)] == [1, 2, 3]


async def test_cancelling_and_signing_up_again_goes_to_the_end_of_the_line(
    database: Database,
) -> None:
    await database.run(partial(add_class, seats=1))
    for n in (1, 2):
        await database.run(partial(enter, who=n))
    for who in (1, 2) * 10:
        await database.run(lambda c, w=who: cancel(c, "DG-1", person(w).person, NOW, limits()))
        assert (await database.run(partial(enter, who=who))).place == 1
        assert await database.run(tally) == (1, [1])


async def test_the_reminder_stands_for_the_day_before_at_five(database: Database) -> None:
    await database.run(add_class)
    await database.run(partial(enter, who=1))
    (reminder,) = await database.run(promised)
    assert reminder.due == moment(FIRST - DAY, 17)
    assert reminder.payload == {"class": "DG-1", "occupation": "电工", "first_day": "2026-12-07"}
    await database.run(partial(enter, who=2, now=moment(FIRST - DAY, 17)))
    assert len(await database.run(promised)) == 1


async def test_staff_take_somebody_out_and_he_is_told(database: Database) -> None:
    await database.run(partial(add_class, seats=1))
    for n in (1, 2):
        await database.run(partial(enter, who=n))
    gone = await database.run(lambda c: remove(c, "DG-1", person(1).person, NOW, limits()))
    assert gone.promoted == 1
    assert set(await database.run(promises)) >= {("seat_promoted", "o2"), ("seat_removed", "o1")}
    with pytest.raises(errors.NotSignedUpError):
        await database.run(lambda c: cancel(c, "DG-1", person(1).person, NOW, limits()))
    assert await database.run(tally) == (1, [])


async def test_fewer_seats_drop_nobody_and_more_take_from_the_line(database: Database) -> None:
    await database.run(partial(add_class, seats=3))
    for n in range(1, 8):
        await database.run(partial(enter, who=n))
    fewer = await database.run(lambda c: change_seats(c, "DG-1", 2, NOW, limits()))
    assert (fewer.promoted, fewer.over) == (0, 1)
    await database.run(lambda c: cancel(c, "DG-1", person(1).person, NOW, limits()))
    assert await database.run(tally) == (2, [1, 2, 3, 4])
    more = await database.run(lambda c: change_seats(c, "DG-1", 5, NOW, limits()))
    assert (more.promoted, more.over) == (3, 0)
    assert await database.run(tally) == (5, [1])
    told = [who for kind, who in await database.run(promises) if kind == "seat_promoted"]
    assert told == ["o4", "o5", "o6"]


async def test_a_class_called_off_tells_everybody_once(database: Database) -> None:
    await database.run(add_class)
    for n in (1, 2, 3):
        await database.run(partial(enter, who=n))
    assert await database.run(lambda c: cancel_class(c, "DG-1", NOW)) == 3
    assert await database.run(lambda c: cancel_class(c, "DG-1", NOW)) == 0
    assert await database.run(promises) == [("class_cancelled", f"o{n}") for n in (1, 2, 3)]
    with pytest.raises(errors.ClassCancelledError, match="已经取消"):
        await database.run(partial(enter, who=4))
    (mine,) = await database.run(lambda c: browsing.mine(c, person(1).person, NOW))
    assert mine.state == mine.course.state == "cancelled"


async def refused(database: Database, work: Callable[[Connection], Any], kind: type) -> Any:
    with pytest.raises(kind) as caught:
        await database.run(work)
    assert caught.value.sentence.endswith("。")
    return caught.value


async def test_signing_up_ends_to_the_second(database: Database) -> None:
    await database.run(partial(add_class, deadline=int(moment(FIRST - DAY).timestamp())))
    await database.run(partial(add_class, number="DG-2", first_day=FIRST + 7 * DAY))
    last = moment(FIRST - 2 * DAY, 23, 59, 59)
    assert (await database.run(partial(enter, who=1, now=last))).state == "confirmed"
    late = partial(enter, who=2, now=last + dt.timedelta(seconds=1))
    fault = await refused(database, late, errors.DeadlinePassedError)
    assert "2026年12月5日截止" in fault.sentence
    assert "DG-2" in fault.sentence


async def test_cancelling_ends_when_the_first_day_begins(database: Database) -> None:
    await database.run(partial(add_class, first_day=dt.date(2028, 2, 29), phone="13900000001"))
    await database.run(partial(enter, who=1))
    begun = moment(dt.date(2028, 2, 29))
    gone = lambda now: lambda c: cancel(c, "DG-1", person(1).person, now, limits())  # noqa: E731
    await refused(database, gone(begun), errors.CancelTooLateError)
    await database.run(gone(begun - dt.timedelta(seconds=1)))


GROUP_CASES: list[tuple[dict[str, bool], str, tuple[str, ...] | None]] = [
    ({"veteran": True}, "inclusive", ()),
    ({}, "inclusive", ("groups",)),
    (dict.fromkeys(TEN[:-1], False), "inclusive", ("groups",)),
    (dict.fromkeys(TEN, False), "inclusive", None),
    (dict.fromkeys(TEN, False) | {"registered_unemployed": True}, "inclusive", None),
    (dict.fromkeys(TEN, False) | {"registered_unemployed": True}, "startup", ()),
    ({"two_later": False}, "labor_prep", None),
    (dict.fromkeys(TEN, False), "skill_upgrade", ()),
]


@pytest.mark.parametrize(("groups", "kind", "marks"), GROUP_CASES)
async def test_only_a_known_no_refuses(
    database: Database, groups: dict[str, bool], kind: str, marks: tuple[str, ...] | None
) -> None:
    await database.run(partial(add_class, kind=kind))
    work = partial(enter, who=person(1, groups=groups))
    if marks is None:
        await refused(database, work, errors.NotInGroupsError)
    else:
        assert (await database.run(work)).to_verify == marks


@pytest.mark.parametrize(
    ("birth", "marks"),
    [
        (dt.date(2010, 12, 7), ()),
        (dt.date(2010, 12, 8), ("age",)),
        (dt.date(1965, 12, 8), ()),
        (dt.date(1965, 12, 7), ("age",)),
        (dt.date(2004, 2, 29), ()),
        (None, ("age",)),
    ],
)
async def test_another_age_is_looked_at_not_refused(
    database: Database, birth: dt.date | None, marks: tuple[str, ...]
) -> None:
    await database.run(add_class)
    assert (await database.run(partial(enter, who=person(1, birth=birth)))).to_verify == marks


async def attend(database: Database, *wanted: tuple[str, dt.date], **more: Any) -> None:
    """Sign person 1 up for classes of these occupations, each on its day."""
    for n, (occupation, first) in enumerate(wanted):
        kind = {"occupation": occupation, "first_day": first} | more
        await database.run(partial(add_class, number=f"A-{n}", **kind))
        now = moment(first - DAY, 9)
        await database.run(lambda c, n=n, now=now: enter(c, 1, f"A-{n}", now))


async def test_the_third_in_a_year_is_allowed_and_the_fourth_is_not(database: Database) -> None:
    days = [dt.date(2026, month, 1) for month in (2, 4, 6)]
    await attend(database, *zip("甲乙丙", days, strict=True))
    await database.run(partial(add_class, first_day=dt.date(2026, 12, 31)))
    await database.run(partial(add_class, number="DG-2", first_day=dt.date(2027, 1, 1)))
    fault = await refused(database, partial(enter, who=1), errors.YearlyLimitError)
    assert fault.since == dt.date(2027, 1, 1)
    assert "不超过3次" in fault.sentence
    assert "DG-2" in fault.sentence
    last_second = moment(dt.date(2026, 12, 31), 23, 59, 59)
    got = await database.run(lambda c: enter(c, 1, "DG-2", last_second))
    assert got.state == "confirmed"


async def test_a_place_given_back_does_not_count(database: Database) -> None:
    days = [dt.date(2026, 12, day) for day in (1, 10, 20)]
    await attend(database, *zip("甲乙丙", days, strict=True), days=2)
    await database.run(partial(add_class, first_day=dt.date(2026, 12, 28)))
    fault = await refused(database, partial(enter, who=1), errors.YearlyLimitError)
    assert "先取消" in fault.sentence
    await database.run(lambda c: cancel(c, "A-2", person(1).person, NOW, limits()))
    assert (await database.run(partial(enter, who=1))).state == "confirmed"


@pytest.mark.parametrize(
    ("first", "level", "allowed"),
    [
        (dt.date(2026, 11, 30), "junior", False),
        (dt.date(2026, 12, 1), "junior", True),
        (dt.date(2026, 11, 30), "senior", True),
        (dt.date(2026, 11, 30), "", True),
    ],
)
async def test_the_same_again_within_twelve_months(
    database: Database, first: dt.date, level: str, *, allowed: bool
) -> None:
    await attend(database, ("电工", dt.date(2025, 12, 1)))
    await database.run(partial(add_class, first_day=first, level=level))
    if not allowed:
        fault = await refused(database, partial(enter, who=1), errors.RepeatedCourseError)
        assert fault.since == dt.date(2026, 12, 1)
    else:
        marks = ("repetition",) if not level else ()
        assert (await database.run(partial(enter, who=1))).to_verify == marks


async def test_days_that_overlap(database: Database) -> None:
    await attend(database, ("焊工", FIRST), days=3)
    await database.run(partial(add_class, first_day=FIRST + 2 * DAY))
    await database.run(partial(add_class, number="DG-2", first_day=FIRST + 3 * DAY))
    fault = await refused(database, partial(enter, who=1), errors.OverlapError)
    assert fault.since == FIRST + 3 * DAY
    assert "DG-2" in fault.sentence
    assert (await database.run(lambda c: enter(c, 1, "DG-2"))).state == "confirmed"


async def test_no_such_class(database: Database) -> None:
    await refused(database, partial(enter, who=1), errors.NoSuchClassError)


async def test_browsing_by_county_occupation_and_days(database: Database) -> None:
    def fill(conn: Connection) -> None:
        for n in range(12):
            county = "高平市" if n % 2 else "阳城县"
            occupation = "维修电工" if n % 3 else "焊工"
            first = FIRST + n * DAY
            add_class(conn, number=f"C-{n}", county=county, occupation=occupation, first_day=first)
        add_class(conn, number="OFF", state="cancelled")
        add_class(conn, number="PAST", first_day=FIRST - 60 * DAY)

    def look(*wanted: Any, page: int = 1) -> Callable[[Connection], browsing.Page]:
        county, occupation, days = wanted
        return lambda conn: browsing.browse(conn, (county, occupation, ""), days, page, NOW)

    await database.run(fill)
    all_ = await database.run(look("", "", (None, None), page=9))
    assert (all_.total, all_.pages, all_.number, len(all_.courses)) == (12, 3, 3, 2)
    some = await database.run(look("高平市", "电工", (FIRST + 5 * DAY, FIRST + 11 * DAY)))
    assert [each.number for each in some.courses] == ["C-5", "C-7", "C-11"]
    none = await database.run(look("陵川县", "%", (None, None)))
    assert (none.total, none.pages, none.courses) == (0, 1, ())


async def test_ones_own_classes(database: Database) -> None:
    await database.run(partial(add_class, seats=0))
    await database.run(
        partial(add_class, number="B-1", occupation="焊工", first_day=FIRST + 20 * DAY)
    )
    me: Applicant = person(1, groups={})
    for number in ("B-1", "DG-1"):
        await database.run(lambda c, n=number: enter(c, me, n))
    mine = await database.run(lambda c: browsing.mine(c, me.person, NOW))
    assert [(m.course.number, m.state, m.place, m.to_verify) for m in mine] == [
        ("DG-1", "waiting", 1, ("groups",)),
        ("B-1", "confirmed", None, ("groups",)),
    ]


async def test_a_person_erased_leaves_nothing_and_the_line_moves_up(database: Database) -> None:
    def rows(conn: Connection) -> set[str]:
        found = (conn.execute(select(table.c.openid)).scalars() for table in (enrolments, outbox))
        return {openid for part in found for openid in part}

    await attend(database, ("焊工", dt.date(2026, 3, 2)))
    await database.run(partial(add_class, seats=1))
    for n in (1, 2, 3):
        await database.run(partial(enter, who=n))
    assert await database.run(lambda c: forget(c, person(1).person, NOW, limits())) == 2
    assert await database.run(tally) == (1, [1])
    assert await database.run(rows) == {"o2", "o3"}
    assert await database.run(lambda c: forget(c, person(9).person, NOW, limits())) == 0


def test_a_person_shows_nothing_of_himself() -> None:
    assert repr(person(1)) == "Applicant()"
