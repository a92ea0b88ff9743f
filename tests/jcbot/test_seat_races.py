"""Many at once, from two servers; each race was seen to fail with its protection taken out."""

from __future__ import annotations

import asyncio
import datetime as dt
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from school import NOW, add_class, enter, limits, person, tally

from jcbot.errors import DatabaseBusyError
from jcbot.outbox import promised
from jcbot.training import seats
from jcbot.training.errors import NotSignedUpError, TrainingError
from jcbot.training.seats import cancel, change_seats, remove

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from jcbot.storage.database import Database

ROOT = Path(__file__).parent.parent.parent
Two = tuple["Database", "Database"]


async def insist(database: Database, work: Callable[[Connection], Any]) -> Any:
    """Come again after a polite refusal; a refusal by rule is an answer."""
    while True:
        try:
            return await database.run(work)
        except DatabaseBusyError:
            await asyncio.sleep(0.05)
        except TrainingError as fault:
            return type(fault).__name__


async def at_once(two: Two, *works: Callable[[Connection], Any]) -> list[Any]:
    return await asyncio.gather(*(insist(two[n % 2], work) for n, work in enumerate(works)))


def leave(who: int) -> Callable[[Connection], Any]:
    return lambda conn: cancel(conn, "DG-1", person(who).person, NOW, limits())


def told(conn: Connection) -> list[str]:
    return sorted(each.openid for each in promised(conn, 500) if each.kind == "seat_promoted")


async def race(two: Two) -> tuple[int, list[int]]:
    await two[0].run(partial(add_class, seats=5))
    await at_once(two, *(partial(enter, who=n) for n in range(60)))
    return await two[1].run(tally)


async def test_sixty_for_five_seats(two: Two) -> None:
    assert await race(two) == (5, list(range(1, 56)))


async def test_without_the_lock_postgresql_gives_too_many(
    new_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above is believed because this one, with the protection out, fails."""
    from jcbot.storage.database import open_database  # noqa: PLC0415 - opened twice only here

    monkeypatch.setattr(seats, "hold", lambda *_: False)
    two = open_database(new_postgresql), open_database(new_postgresql)
    await two[0].migrate()
    assert await race(two) != (5, list(range(1, 56)))
    for each in two:
        await each.close()


async def test_one_person_twenty_times_at_once(two: Two) -> None:
    await two[0].run(add_class)
    got = await at_once(two, *(partial(enter, who=person(1, openid=f"o{n}")) for n in range(20)))
    assert sorted(each.already for each in got) == [False] + [True] * 19
    assert await two[0].run(tally) == (1, [])


async def test_five_leave_at_once_and_the_first_five_in_line_are_told_once(two: Two) -> None:
    await two[0].run(partial(add_class, seats=10))
    for n in range(20):
        await two[0].run(partial(enter, who=n))
    await at_once(two, *(leave(n) for n in (0, 3, 5, 7, 9)))
    assert await two[0].run(tally) == (10, [1, 2, 3, 4, 5])
    assert await two[0].run(told) == [f"o{n}" for n in range(10, 15)]


async def test_leaving_and_coming_back_two_hundred_times(two: Two) -> None:
    await two[0].run(partial(add_class, seats=1))
    for n in range(100):
        got = await insist(two[n % 2], partial(enter, who=1))
        assert not got.already
        await insist(two[1 - n % 2], leave(1))
    assert await two[0].run(tally) == (0, [])


async def test_leaving_while_staff_take_the_same_one_out_promotes_one(two: Two) -> None:
    await two[0].run(partial(add_class, seats=1))
    for n in range(4):
        await two[0].run(partial(enter, who=n))
    out = partial(remove, number="DG-1", person=person(0).person, now=NOW, limits=limits())
    got = await at_once(two, leave(0), out, leave(0), out)
    assert got.count(NotSignedUpError.__name__) == 3
    assert await two[0].run(tally) == (1, [1, 2])
    assert await two[0].run(told) == ["o1"]


async def test_staff_change_the_seats_in_the_middle(two: Two) -> None:
    def seats_to(number: int) -> Callable[[Connection], Any]:
        return lambda conn: change_seats(conn, "DG-1", number, NOW, limits())

    await two[0].run(partial(add_class, seats=8))
    crowd = [partial(enter, who=n) for n in range(40)]
    await at_once(two, *crowd[:20], seats_to(4), *crowd[20:])
    confirmed, line = await two[0].run(tally)
    assert 4 <= confirmed <= 8
    assert line == list(range(1, 41 - confirmed))
    await two[0].run(seats_to(16))
    assert await two[0].run(tally) == (16, list(range(1, 25)))
    assert len(await two[0].run(told)) == 16 - confirmed


async def test_ten_classes_at_once_give_exactly_three_in_the_year(two: Two) -> None:
    def fill(conn: Connection) -> None:
        for n in range(10):
            first = dt.date(2026, 1 + n, 3)
            more = {"occupation": f"工种{n}", "first_day": first, "days": 3}
            add_class(conn, number=f"Y-{n}", deadline=2**31, **more)

    await two[0].run(fill)
    got = await at_once(two, *(partial(enter, who=1, number=f"Y-{n}") for n in range(10)))
    assert got.count("YearlyLimitError") == 7
    assert sum(each != "YearlyLimitError" and each.state == "confirmed" for each in got) == 3


@pytest.mark.parametrize("extra", [[], ["--promise-early"]])
def test_killed_in_the_middle_of_a_race(shared_url: str, extra: list[str]) -> None:
    """Nothing acknowledged is lost; one that answers before the commit does lose."""
    command = [sys.executable, "-m", "benchmarks.seats_crash", "--url", shared_url]
    done = subprocess.run(  # noqa: S603 - our own script
        [*command, "--kills", "3" if not extra else "4", *extra],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == (1 if extra else 0), done.stdout
