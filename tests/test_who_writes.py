"""Consent, guessing, erasing through the simulator (rows I3, I5, I8, I10, I13, T4, V3, V6, V7)."""

from __future__ import annotations

import datetime as dt
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import MetaData, select

from bot.fresh import door_of, fill, fresh_config, serving
from bot.telephone import telephone
from jcbot.config import Config
from jcbot.people.identity import check_character
from jcbot.settings import Database, Identity
from jcbot.storage.identity_tables import strikes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from bot.app import Service
    from bot.telephone import Telephone
    from knowledge.library import Library

LISTS = Path(__file__).parent / "conversations" / "training"
ZHANG, LI, WANG = "990000198503120027", "990000197806050033", "990000199011200041"
NOBODY = "990000199503120021"
DESK = "人社部门工作人员"


@asynccontextmanager
async def world(
    library: Library, url: str = "sqlite://", **limits: Any
) -> AsyncIterator[tuple[Service, Telephone]]:
    """A service with the lists of people and classes, and a telephone to it."""
    base = Config.model_construct()
    config = fresh_config(base.model_copy(update={"identity": Identity(**limits)}))
    config = config.model_copy(update={"database": Database.model_validate({"url": url})})
    async with serving(config, library) as server, telephone(door_of(config, server.url)) as phone:
        await fill(server.service, LISTS)
        yield server.service, phone


async def talk(phone: Telephone, *lines: str) -> list[str]:
    return [await phone.enter(line) for line in lines]


async def bind(phone: Telephone, who: str, said: str) -> None:
    got = await talk(phone, f"/as {who}", "我在册吗", "同意", said)
    assert "核对好了" in got[-1], got


def counted(conn: Connection) -> int:
    """How many misses there are, over everybody."""
    rows = conn.execute(select(strikes)).all()
    return sum(row.misses for row in rows if bytes(row.key).startswith(b"minute"))


async def test_hit_miss_and_lock_read_the_same(library: Library) -> None:
    async with world(library) as (_, phone):
        await talk(phone, "我在册吗", "同意")
        said = [
            *await talk(phone, f"张三 {ZHANG}", f"李四 {ZHANG} 1234", f"李四 {NOBODY} 1234"),
            *await talk(phone, f"张三 {ZHANG} 0000", f"张三 {LI} 0000"),
            *await talk(phone, f"李秀英 {LI} 5678", f"李四 {NOBODY}"),  # locked: a hit and a miss
        ]
    assert len(set(said)) == 1, said
    assert "没核对上" in said[0]
    assert f"{DESK}：电话" in said[0]


async def test_an_impossible_number_is_named_and_not_counted(library: Library) -> None:
    async with world(library) as (service, phone):
        await talk(phone, "我在册吗", "同意")
        bad = ZHANG[:-1] + "8", NOBODY[:-1] + "2"
        said = [await phone.enter(f"张三 {number} 1234") for number in bad * 8]
        assert len(set(said)) == 1, "the same for a neighbour of a listed number and of none"
        assert "校验" in said[0]
        assert not await service.desk.database.run(counted)
        assert "核对好了" in await phone.enter(f"张三 {ZHANG} 1234")


SPELLINGS = [
    "李四 990000 19780605 0033 0001",
    "李四９９００００１９７８０６０５００３３ 0001",
    "王敏 九九零零零零一九七八零六零五零零三三 尾号0001",
    "/voice 我叫李四，身份证号990000197806050033，后四位0001",
    "李四\n990000-19780605-0033\n0001",
]


async def test_however_a_number_is_spelt_it_is_one_budget(library: Library) -> None:
    async with world(library) as (service, phone):
        await talk(phone, "/click CARD", "同意")
        for line in SPELLINGS:
            assert "没核对上" in await phone.enter(line), line
        assert await service.desk.database.run(counted) == 5
        for line in (f"李秀英 {LI} 5678", "/click CARD", f"李秀英 {LI} 5678", "/click MINE"):
            assert "核对好了" not in await phone.enter(line)
        await talk(phone, "/as other", "/click CARD", "同意")
        assert "没核对上" in await phone.enter(f"李秀英 {LI} 5678"), "the number is locked for all"


async def test_small_x_and_the_old_fifteen_digits(library: Library) -> None:
    bodies = (f"99000019850312{n:03}" for n in range(100, 200))
    body = next(each for each in bodies if check_character(each) == "X")
    async with world(library) as (service, phone):
        await talk(phone, "我在册吗", "同意")
        for last in "xXｘ":
            assert "没核对上" in await phone.enter(f"李四 {body}{last} 1234"), last
        assert await service.desk.database.run(counted) == 3
        assert "15位" in await phone.enter("李四 990000850312002")
        assert await service.desk.database.run(counted) == 3


async def test_unbinding_asks_first_and_then_shows_nothing(library: Library) -> None:
    async with world(library) as (_, phone):
        await bind(phone, "a", f"张三 {ZHANG} 1234")
        asked, kept, card = await talk(phone, "解绑", "不", "我的卡")
        assert "要解绑吗" in asked
        assert "没有解绑" in kept
        assert "高平市" in card
        await talk(phone, "解绑", "是")
        for line in ("我的卡", "我的培训", "查看我的资料", "我户口是啥", "/click MINE"):
            said = await phone.enter(line)
            assert "高平" not in said, line
            assert "张*" not in said, line


async def test_who_unfollows_and_follows_again_is_asked_for_consent_again(
    library: Library,
) -> None:
    async with world(library) as (_, phone):
        await bind(phone, "a", f"张三 {ZHANG} 1234")
        await talk(phone, "/unfollow")
        said, card = (await talk(phone, "/follow", "我的卡", "同意"))[1:]
        assert "1. 同意" in said
        assert "高平市" in card, "the binding itself waited"
        await talk(phone, "解绑", "是", "我的卡", f"张三 {NOBODY} 1234")
        await talk(phone, "/unfollow", "/follow")
        assert "1. 同意" in (await talk(phone, f"{ZHANG}"))[0], "nothing is looked up before"


async def test_another_notice_is_agreed_to_once(library: Library, version: Any) -> None:
    async with world(library) as (_, phone):
        await bind(phone, "a", f"张三 {ZHANG} 1234")
        await talk(phone, "/as b", "我在册吗", "同意")
        version("2027-01")
        assert "回复1同意" in await phone.enter(f"李秀英 {LI} 5678"), "proof waits for consent"
        assert "核对好了" in await phone.enter("同意")
        said = await talk(phone, "/as a", "我能领多少补贴", "附近有啥班", "查看我的资料")
        assert not any("按您登记" in each for each in said)
        assert "1. 同意" in said[-1]
        copy, card = await talk(phone, "同意", "我的卡")
        assert "尾号1234" in copy
        assert "高平市" in card, "asked once"


@pytest.fixture
def version(library: Library, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Change the version of the notice, as the office does with its wording."""
    text = type(library.replies).text

    def change(to: str) -> None:
        def other(self: Any, key: str, **values: object) -> str:
            return to if key == "identity.notice_version" else text(self, key, **values)

        monkeypatch.setattr(type(library.replies), "text", other)

    return change


async def test_consent_taken_back_ends_the_looking(library: Library) -> None:
    async with world(library) as (_, phone):
        await bind(phone, "a", f"张三 {ZHANG} 1234")
        await talk(phone, "撤回同意")
        for line in ("我的卡", "我的培训", "报名 DG-2026-12", "改登记"):
            said = await phone.enter(line)
            assert "1. 同意" in said, line
            await phone.enter("停")
        await talk(phone, "我的卡", "同意")
        assert "请在一条里发" in await phone.enter("我的卡"), "the binding went with it"


def traces(conn: Connection, *words: str) -> set[str]:
    """The tables that hold any of the words, in text or bytes."""
    meta = MetaData()
    meta.reflect(conn)
    wanted = [word.encode() for word in words]

    def has(cell: object) -> bool:
        raw = cell if isinstance(cell, bytes) else str(cell).encode()
        return any(word in raw for word in wanted)

    return {
        name
        for name, table in meta.tables.items()
        for row in conn.execute(select(table))
        if any(has(cell) for cell in row)
    }


async def test_erased_is_gone(library: Library) -> None:
    async with world(library) as (service, phone):
        run = service.desk.database.run
        await bind(phone, "mover", f"王建国 {WANG}")
        await talk(phone, "报名 DG-2026-13", "1", "解绑", "是")
        await bind(phone, "mover", f"李秀英 {LI} 5678")
        await talk(
            phone, "我换手机号了", "13900007777", "1", "报名 CC-2026-12", "1", "人工 我卡丢了"
        )
        await talk(phone, "/as thief", "查卡", "同意", f"李四 {LI} 0001")
        before = await run(lambda c: traces(c, "o-mover"))
        assert {"bindings", "consents", "enrolments", "outbox", "card_requests"} <= before
        got = await talk(phone, "/as mover", "删除我的资料", "是", "我的卡")
        assert "删好了" in got[2]
        await talk(phone, "删除我的资料", "是")
        assert await run(lambda c: traces(c, "o-mover")) <= {"followers"}
        key = service.desk.keys.people.id_key(LI)
        hexed = await run(lambda c: traces(c, key.hex()))
        assert not hexed, "nor by the key of the person"


async def test_erasing_wins_no_tries_back(library: Library) -> None:
    async with world(library, tries=3) as (_, phone):
        await talk(phone, "我在册吗", "同意")
        for n in range(3):
            await phone.enter(f"李四 {ZHANG} 000{n}")
        await talk(phone, "删除我的资料", "是", "我的卡", "同意")
        assert "没核对上" in await phone.enter(f"李秀英 {LI} 5678")


async def test_neither_state_nor_replies_keep_a_name_or_a_number(
    library: Library, tmp_path: Path
) -> None:
    """Whatever is sent on the way: the bytes of file and WAL hold it nowhere in clear."""
    file = tmp_path / "talk.db"
    async with world(library, f"sqlite:///{file}") as (_, phone):
        await bind(phone, "a", f"欧阳志强 {'990000198212300060'} 8888")
        await talk(phone, "我换手机号了", "13900007777", "1")
        await talk(phone, "/as b", "我叫李秀英，我在册吗", "李秀英", f"{LI}", "同意", "5678")
        await talk(phone, "/as c", "我要登记", "同意", "诸葛婉清 990000199308080028")
        await talk(phone, "高平", "马村镇", "1", "3", "13900002222", "叉车", "1")
        await talk(phone, "/as d", "我叫司徒雨涵想问问技师补贴", "没用", "人工", "司徒雨涵")
        await talk(phone, "/as e", f"王建国 {WANG}", "停", "菜单", "13900001234 给我打电话")
        names = ("欧阳志强", "李秀英", "诸葛婉清", "司徒雨涵", "王建国")
        numbers = ("990000198212300060", LI, WANG, "990000199308080028")
        phones = ("13900007777", "13900002222", "13900001234", "13900008888")
        found = {
            word
            for path in tmp_path.iterdir()  # noqa: ASYNC240 - a test has time
            if not path.name.endswith(".keys")
            for word in (*names, *numbers, *phones)
            for form in (word.encode(), ascii(word)[1:-1].encode(), word.encode("utf-16-le"))
            if form in path.read_bytes()
        }
    assert not found


async def test_the_year_turns_between_two_messages(library: Library) -> None:
    """Three this year by the registry and one seat: refused on 31 December, not on 1 January."""
    async with world(library) as (service, phone):
        late = dt.datetime(2026, 12, 31, 23, 59, 50, tzinfo=service.clock.now().tzinfo)
        await service.desk.database.run(_class_in_january)
        await bind(phone, "a", "欧阳志强 990000198212300060 8888")
        await talk(phone, "报名 ZS-2026-12", "1")
        assert "不超过3次" in await phone.enter("报名 DG-2026-13")
        service.clock.advance(late - service.clock.now())
        assert "确定报名吗" in await phone.enter("报名 NEW-2027-1")
        service.clock.advance(dt.timedelta(seconds=20))
        assert "报上了" in await phone.enter("1")
        assert "2027年免费培训您已经参加或者报了1次" in await phone.enter("我的培训")


def _class_in_january(conn: Connection) -> None:
    from jcbot.storage.training_tables import classes  # noqa: PLC0415 - one row copied

    row = dict(
        conn.execute(select(classes).where(classes.c.number == "DG-2026-13")).mappings().one()
    )
    first = dt.date(2027, 1, 20)
    row |= {"id": 900, "number": "NEW-2027-1", "occupation": "保育员", "first_day": first}
    row |= {"last_day": first + dt.timedelta(days=6), "deadline": 2**31 - 1}
    conn.execute(classes.insert(), row)
