"""What employers ask for: replaced by enterprise and post, found by occupation and level."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any

from school import NOW, add_class, enter
from sqlalchemy import insert

from jcbot.storage.people_tables import generations, people
from jcbot.training.demands import jobs_for, put_in
from jcbot.training.model import LEVELS, Need
from jcbot.training.needs import needs
from knowledge.facts import FactBook
from knowledge.training import load_training

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.storage.database import Database

TODAY = NOW.date()
DAY = dt.timedelta(days=1)


def post(enterprise: str = "甲公司", **more: Any) -> dict[str, Any]:
    texts = dict.fromkeys(("level", "wage", "contact", "phone"), "")
    return texts | {
        "enterprise": enterprise, "county": "高平市", "post": "维修", "occupation": "维修电工",
        "headcount": 1, "until": TODAY + DAY,
    } | more  # fmt: skip


async def take(database: Database, *rows: dict[str, Any]) -> int:
    return await database.run(lambda conn: put_in(conn, rows, NOW))


async def found(
    database: Database, occupation: str = "电工", level: str | None = None, county: str = "高平市"
) -> list[str]:
    jobs = await database.run(lambda conn: jobs_for(conn, occupation, level, county, NOW))
    return [job.enterprise for job in jobs]


async def test_a_new_list_replaces_the_same_post_of_the_same_enterprise(
    database: Database,
) -> None:
    await take(database, post(), post(county="城区"), post(post="焊接", occupation="焊工"))
    assert await take(database, post(headcount=9)) == 2
    assert await take(database, post("乙公司")) == 0
    jobs = await database.run(lambda conn: jobs_for(conn, "电工证", None, "", NOW))
    assert [(job.enterprise, job.headcount) for job in jobs] == [("甲公司", 9), ("乙公司", 1)]
    assert await found(database, "电焊") == ["甲公司"]
    assert await take(database) == 0


async def test_own_county_first_then_the_soonest_and_none_that_has_passed(
    database: Database,
) -> None:
    await take(
        database,
        post("远", county="城区"),
        post("晚", until=TODAY + 9 * DAY),
        post("早", until=TODAY),
        post("过", until=TODAY - DAY),
    )
    assert await found(database) == ["早", "晚", "远"]
    assert (await found(database, county="城区"))[0] == "远"
    assert await found(database, "茶艺") == []


async def test_nobody_is_shown_a_post_above_his_level(database: Database) -> None:
    levels = ("", *LEVELS)
    await take(database, *(post(f"要{level}", level=level) for level in levels))
    assert await found(database, level="") == ["要"]
    assert await found(database, level="intermediate") == ["要", "要junior", "要intermediate"]
    assert len(await found(database)) == len(levels)


def test_levels_and_certificates_are_those_of_the_knowledge() -> None:
    book, facts = load_training(), FactBook.load()
    assert tuple(book.columns.columns["level"].shown) == LEVELS
    choices = {code for code, _ in facts.specs["certificate_type"].choices}
    assert set(book.results.columns["certificate_type"].shown) == choices


def register(conn: Connection, wishes: list[tuple[str | None, str | None]]) -> None:
    row = {"row": 1, "keyed": 0, "people": 1, "faulty": 0, "beat": 0, "started": 0, "source": ""}
    for number, state in ((1, "previous"), (2, "live")):
        values = row | {"number": number, "state": state, "file_hash": ""}
        conn.execute(insert(generations).values(values))
    for place, (county, wish) in enumerate(wishes, start=1):
        for number in (1, 2):
            cells = {"id": number << 24 | place, "generation": number, "id_key": bytes([place])}
            cells |= {"name": b"", "id_number": b"", "birth": TODAY, "sex": "male", "at": 0}
            cells |= {"county": county, "training_wish": wish, "source": ""}
            conn.execute(insert(people).values(cells))


async def test_wishes_demand_and_classes_side_by_side(database: Database) -> None:
    wishes = [
        ("高平市", "电工、月嫂"),
        ("高平市", "低压电工证"),
        ("高平市", "暂无"),
        (None, "焊工"),
    ]
    await database.run(partial(register, wishes=[*wishes, ("城区", None)]))
    await database.run(partial(add_class, occupation="低压电工", seats=3))
    await database.run(partial(add_class, number="OFF", occupation="电工", state="cancelled"))
    await database.run(partial(enter, who=1))
    await take(
        database, post(headcount=4), post("乙公司", headcount=5), post("丙", until=TODAY - DAY)
    )
    assert await database.run(lambda conn: needs(conn, NOW)) == [
        Need("", "焊工", 1, 0, 0, 0),
        Need("高平市", "电工", 2, 9, 1, 2),
        Need("高平市", "母婴护理", 1, 0, 0, 0),
    ]
    assert await database.run(lambda conn: needs(conn, NOW, "城区")) == []
