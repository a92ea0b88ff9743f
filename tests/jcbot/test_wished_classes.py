"""Who is told that a class opened which he wished for, and once only, over both databases."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from functools import partial
from typing import TYPE_CHECKING

import asyncpg
import pytest
from school import NOW, enter, limits, person
from sqlalchemy import select, update
from test_class_import import HEAD, ROW, import_

from jcbot.storage.training_tables import outbox
from jcbot.training import importing
from jcbot.training.class_list import read_classes
from jcbot.training.importing import put_in_all
from jcbot.training.seats import cancel_class
from jcbot.training.wished import KIND, still
from jcbot.wishes import WishService
from knowledge.training import load_training

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from sqlalchemy import Connection

    from jcbot.storage.database import Database

OTHER = "HG-1,焊工,,城区,2026-12-10,5,2,,"


async def wish(database: Database, who: str, county: str = "", trade: str = "") -> None:
    await database.run(lambda conn: WishService(conn, who, NOW).wish("classes", county, trade))


def told(conn: Connection) -> dict[str, list[list[str]]]:
    """Who is promised which classes, a list for each message."""
    found: dict[str, list[list[str]]] = {}
    query = select(outbox.c.openid, outbox.c.payload).where(outbox.c.kind == KIND)
    for openid, payload in conn.execute(query.order_by(outbox.c.due, outbox.c.id)):
        found.setdefault(openid, []).append(json.loads(payload)["classes"])
    return found


WISHES = [
    ("高平市", "电工", True),
    ("高平市", "", True),
    ("", "电工", True),
    ("", "低压电工", True),  # as the bot itself finds classes: alike is found
    ("", "电工证", True),
    ("", "电", True),
    ("阳城县", "电工", False),
    ("", "焊工", False),
    ("高平市", "焊工", False),
    ("", "", False),  # what staff announce reaches those
]


@pytest.mark.parametrize(("county", "trade", "fits"), WISHES)
async def test_a_wish_is_for_what_the_bot_would_show(
    database: Database, tmp_path: Path, county: str, trade: str, *, fits: bool
) -> None:
    await wish(database, "o1", county, trade)
    done = await import_(database, tmp_path, ROW, "HG-2,茶艺,,城区,2026-12-10,5,2,,")
    assert done.wished == fits
    assert await database.run(told) == ({"o1": [["DG-1"]]} if fits else {})


async def test_the_same_list_again_tells_nobody(database: Database, tmp_path: Path) -> None:
    await wish(database, "o1", "高平市", "电工")
    for changed in (ROW, ROW, ROW.replace("12-07", "12-14")):
        await import_(database, tmp_path, changed)
        assert await database.run(told) == {"o1": [["DG-1"]]}


async def test_who_refuses_and_who_wants_other_kinds_is_not_told(
    database: Database, tmp_path: Path
) -> None:
    await wish(database, "o1", "高平市")
    await database.run(lambda conn: WishService(conn, "o1", NOW).unwish(["classes"]))
    await database.run(lambda conn: WishService(conn, "o2", NOW).wish("policy", "高平市", "电工"))
    await import_(database, tmp_path, ROW)
    assert await database.run(told) == {}


async def test_a_class_that_is_over_is_not_told(database: Database, tmp_path: Path) -> None:
    await wish(database, "o1", "", "电工")
    await import_(database, tmp_path, ROW.replace("2026-12-07", "2026-11-20"))
    assert await database.run(told) == {}


async def test_a_list_of_many_units_is_one_message(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "TOGETHER", 2)
    await wish(database, "o1", "高平市")
    await wish(database, "o1", "", "电工")
    await wish(database, "o2", "", "焊工")
    rows = [ROW.replace("DG-1", f"DG-{n}") for n in range(1, 8)]
    (tmp_path / "l.csv").write_text("\n".join((HEAD, *rows, OTHER)), encoding="utf-8")
    found = read_classes(tmp_path / "l.csv", load_training())
    done = await put_in_all(database, found.rows.values(), NOW, limits())
    assert done.new == 8
    numbers = [f"DG-{n}" for n in range(1, 8)]
    assert await database.run(told) == {"o1": [numbers], "o2": [["HG-1"]]}


async def test_what_opens_after_todays_message_left_is_told_tomorrow(
    database: Database, tmp_path: Path
) -> None:
    """In a courier's hands or gone: nothing is added to it, and nothing gets lost."""
    await wish(database, "o1", "高平市")
    await import_(database, tmp_path, ROW)
    left = update(outbox).where(outbox.c.kind == KIND).values(state="sending", holder="c")
    await database.run(lambda conn: conn.execute(left))
    for n in (2, 3):
        await import_(database, tmp_path, ROW.replace("DG-1", f"DG-{n}"))
    assert await database.run(told) == {"o1": [["DG-1"], ["DG-2", "DG-3"]]}
    due = await database.run(lambda conn: list(conn.execute(select(outbox.c.due)).scalars()))
    tomorrow = dt.datetime.combine(NOW.date() + dt.timedelta(days=1), dt.time(), NOW.tzinfo)
    assert sorted(due) == [int(NOW.timestamp()), int(tomorrow.timestamp())]


async def test_a_courier_that_holds_todays_message_is_not_waited_for(
    postgresql: Database, new_postgresql: str, tmp_path: Path
) -> None:
    """Without SKIP LOCKED the import would stand still here, and a courier and it could lock up."""
    await wish(postgresql, "o1", "高平市")
    await import_(postgresql, tmp_path, ROW)
    courier = await asyncpg.connect(new_postgresql)
    async with courier.transaction():
        await courier.execute("SELECT id FROM outbox FOR UPDATE")
        async with asyncio.timeout(10):
            await import_(postgresql, tmp_path, ROW.replace("DG-1", "DG-2"))
    await courier.close()
    assert await postgresql.run(told) == {"o1": [["DG-1"], ["DG-2"]]}


async def test_when_it_leaves_it_says_what_holds_then(database: Database, tmp_path: Path) -> None:
    await wish(database, "o1", "高平市")
    await wish(database, "o1", "", "焊工")
    await import_(database, tmp_path, ROW, ROW.replace("DG-1", "DG-2"), OTHER)
    payload = {"classes": ["DG-1", "DG-2", "HG-1"]}

    async def left(day: int = 0) -> Any:
        now = NOW + dt.timedelta(days=day)
        found = await database.run(partial(still, openid="o1", payload=payload, now=now))
        return found and found["classes"]

    assert await left() == ["DG-1", "DG-2", "HG-1"]
    assert await left(15) == ["HG-1"], "the others begin before"
    assert await left(18) is None
    await database.run(partial(enter, who=person("a", openid="o1"), number="DG-1"))
    assert await left() == ["DG-2", "HG-1"], "he signed up"
    await database.run(lambda conn: cancel_class(conn, "DG-2", NOW))
    assert await left() == ["HG-1"], "called off"
    await database.run(lambda conn: WishService(conn, "o1", NOW).drop("classes", "", "焊工"))
    assert await left() is None, "wished for no more"
