"""Staff bind their own WeChat by a code and send an announcement to themselves first.

Commands beside a running service, a courier and the pretend WeChat; with -s it reads as a talk.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pytest
from couriers import MONDAY
from services import a_service, deliver, rows
from sqlalchemy import insert, select
from test_announce import NOTICE, TEXT
from test_wished_class import CLASSES, enter
from typer.testing import CliRunner

from bot import announce, audit, staff, training
from bot.telephone import telephone
from jcbot.errors import JcbotError
from jcbot.ledger import SENT, UNREACHABLE
from jcbot.staff import wechats
from jcbot.storage.notice_tables import announcements
from jcbot.storage.staff_tables import staff as table
from jcbot.storage.staff_tables import staff_wechats

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.app import Service
    from bot.telephone import Telephone
    from bot.wechat.pretend.world import Pretend
    from jcbot.storage.database import Database
    from knowledge.library import Library

GROUPS = {"staff": staff, "announce": announce, "audit": audit, "training": training}
OLD = "这个码不能用了"
AUDIENCE = ("--audience", "followers")


@dataclass
class Office:
    """A service with one phone, and its commands."""

    service: Service
    pretend: Pretend
    phone: Telephone
    folder: Path
    wechat: str = ""

    async def jcbot(self, group: str, *words: str, given: str = "") -> str:
        """What a command says; a fault is its sentence."""
        settings = self.service.config
        (self.folder / "config.toml").write_text(
            f'[database]\nurl = "{settings.database.url.get_secret_value()}"\n'
            f'[clock]\nfixed = "{self.service.clock.now().isoformat()}"\n{self.wechat}',
            encoding="utf-8",
        )
        words = (*words, "--config", str(self.folder / "config.toml"))
        app = GROUPS[group].app
        done = await asyncio.to_thread(CliRunner().invoke, app, words, input=given)
        if isinstance(done.exception, JcbotError):
            return str(done.exception)
        print(f"$ jcbot {group} {' '.join(words[:-2])}\n{done.output}".rstrip())  # noqa: T201
        return done.output

    async def scene(self, *more: str) -> str:
        said = await self.jcbot("staff", "wechat", "liwei", *more)
        found = re.search(r"/scan (staff_[0-9a-f]{24})，10分钟", said)
        assert found, said
        return found[1]

    async def arrive(self) -> list[tuple[str, str]]:
        """What the courier brings now, to whom."""
        before = len(self.pretend.journal.received())
        await deliver(self.service)
        await self.pretend.settled()
        new = [(each.openid, each.text) for each in self.pretend.journal.received()[before:]]
        print("".join(f"[{openid}] {text}\n" for openid, text in new).rstrip())  # noqa: T201
        return new

    async def actions(self) -> list[str]:
        said = await self.jcbot("audit", "list", "--last", "50")
        assert "完好" in await self.jcbot("audit", "verify")
        return said.splitlines()


@asynccontextmanager
async def an_office(library: Library, folder: Path) -> AsyncIterator[Office]:
    async with (
        a_service(library, url=f"sqlite:///{folder}/t.db") as (service, pretend, phone),
        telephone(phone.door) as worker,
    ):
        made = Office(service, pretend, worker, folder)
        (folder / "n.toml").write_text(NOTICE.replace("2026-12", "2026-20"), encoding="utf-8")
        (folder / "c.csv").write_text(CLASSES, encoding="utf-8")
        await made.jcbot("training", "import", str(folder / "c.csv"))
        words = ("add", "liwei", "--role", "市管理员", "--password-stdin")
        await made.jcbot("staff", *words, given="tractor-moon-71\n")
        yield made


def words_of(office: Office) -> tuple[str, ...]:
    return (str(office.folder / "n.toml"), *AUDIENCE, "--test", "--as", "liwei")


async def test_bound_by_scanning_then_tried_on_oneself(library: Library, tmp_path: Path) -> None:
    async with an_office(library, tmp_path) as office:
        words = words_of(office)
        said = await office.jcbot("announce", *words)
        assert "账号liwei还没有绑定微信。先运行 jcbot staff wechat liwei" in said
        scene = await office.scene()
        assert "绑好了" in await enter(office.phone, f"/scan {scene}")
        await office.phone.enter("/as other")
        assert OLD in await enter(office.phone, f"/scan {scene}"), "it serves once"
        await office.phone.enter("/as worker")
        await enter(office.phone, "好的")
        office.pretend.wrote("o-worker")
        text = TEXT.replace("2026-12", "2026-20")
        for _ in range(2):  # as often as one likes
            said = await office.jcbot("announce", *words)
            assert "测试放进发件箱了" in said
            assert await office.arrive() == [("o-worker", text)]
        assert [row.state for row in await rows(office.service)] == [SENT, SENT]
        assert all(row.announcement is None for row in await rows(office.service))
        query = select(announcements)
        database = office.service.desk.database
        assert await database.run(lambda conn: list(conn.execute(query))) == []
        told = "\n".join(await office.actions())
        for action in ("做绑定微信的码", "扫码绑定了微信", "把通知测试发给自己"):
            assert action in told
        assert "o-worker" not in told
        assert scene.removeprefix("staff_") not in told


async def test_a_real_code_is_asked_of_wechat_and_drawn(library: Library, tmp_path: Path) -> None:
    async with an_office(library, tmp_path) as office:
        office.wechat = (
            f'[wechat]\napp_id = "wx1"\napp_secret = "s"\napi_base = "{office.pretend.url}"\n'
        )
        said = await office.jcbot("staff", "wechat", "liwei")
        assert "█" in said
        assert "10分钟内有效，只能用一次" in said
        file = tmp_path / "码.svg"
        assert "码.svg" in await office.jcbot("staff", "wechat", "liwei", "--out", str(file))
        assert b"<svg" in file.read_bytes()
        first, second = office.pretend.account.scenes.values()
        assert first not in said
        assert OLD in await enter(office.phone, f"/scan {first}"), "the newest code counts"
        assert "绑好了" in await enter(office.phone, f"/scan {second}")
        assert ".png 或 .svg" in await office.jcbot("staff", "wechat", "liwei", "--out", "a.gif")


async def test_a_code_that_is_none_says_nothing_of_anybody(
    library: Library, tmp_path: Path
) -> None:
    async with an_office(library, tmp_path) as office:
        scene = await office.scene()
        said = {await enter(office.phone, f"/scan staff_{code}") for code in ("0" * 24, "liwei")}
        await office.phone.enter("/time +10m")
        said.add(await enter(office.phone, f"/scan {scene}"))
        assert len(said) == 1
        assert "liwei" not in said.pop()
        assert not await bound(office.service.desk.database)


async def test_who_scans_last_has_it(library: Library, tmp_path: Path) -> None:
    async with an_office(library, tmp_path) as office:
        for who in ("old", "new"):
            await office.phone.enter(f"/as {who}")
            assert "绑好了" in await enter(office.phone, f"/scan {await office.scene()}")
        assert await bound(office.service.desk.database) == ["o-new"]
        office.pretend.wrote("o-old")
        office.pretend.wrote("o-new")
        await office.jcbot("announce", *words_of(office))
        assert [openid for openid, _ in await office.arrive()] == ["o-new"]


@pytest.mark.parametrize("how", ["--remove", "disable", "删除我的资料"])
async def test_it_comes_off(library: Library, tmp_path: Path, how: str) -> None:
    """And a test that waits is not sent any more, nor does a code that waits bind again."""
    async with an_office(library, tmp_path) as office:
        await enter(office.phone, f"/scan {await office.scene()}")
        await office.jcbot("announce", *words_of(office))
        waiting = await office.scene()
        if how == "--remove":
            assert "解绑了" in await office.jcbot("staff", "wechat", "liwei", "--remove")
            assert "没有绑定微信" in await office.jcbot("staff", "wechat", "liwei", "--remove")
        elif how == "disable":
            await office.jcbot("staff", "disable", "liwei")
            assert "停用了" in await office.jcbot("staff", "wechat", "liwei")
        else:
            await office.phone.enter(how)
            assert "删好了" in await office.phone.enter("是")
        assert await bound(office.service.desk.database) == []
        assert await rows(office.service) == []
        assert OLD in await enter(office.phone, f"/scan {waiting}")
        action = "停用账号" if how == "disable" else "解绑微信"
        assert any(action in line for line in await office.actions())


async def test_who_wrote_too_long_ago_is_not_reached_and_it_is_said(
    library: Library, tmp_path: Path
) -> None:
    async with an_office(library, tmp_path) as office:
        await enter(office.phone, f"/scan {await office.scene()}")
        await office.phone.enter("/time +3d")
        said = await office.jcbot("announce", *words_of(office))
        assert "先随便发一句再测试" in said
        assert await office.arrive() == []
        assert [row.state for row in await rows(office.service)] == [UNREACHABLE]


async def test_what_a_test_needs(library: Library, tmp_path: Path) -> None:
    async with an_office(library, tmp_path) as office:
        words = (str(tmp_path / "n.toml"), *AUDIENCE, "--test")
        assert "加上 --as 名字" in await office.jcbot("announce", *words)
        assert "只能写一个" in await office.jcbot("announce", *words, "--send", "--as", "liwei")
        await office.jcbot(
            "staff", "add", "sun", "--role", "审计员", "--password-stdin", given="tractor-moon-71\n"
        )
        refused = "不能办这件事"
        assert refused in await office.jcbot("announce", *words, "--as", "sun")
        assert refused in await office.jcbot("staff", "wechat", "liwei", "--as", "sun")
        assert "/scan staff_" in await office.jcbot("staff", "wechat", "sun", "--as", "sun")
        assert await rows(office.service) == []


async def bound(database: Database) -> list[str]:
    query = select(staff_wechats.c.openid).where(staff_wechats.c.openid.is_not(None))
    return await database.run(lambda conn: list(conn.execute(query).scalars()))


async def test_of_two_who_scan_at_once_one_is_bound(two: tuple[Database, Database]) -> None:
    account = dict.fromkeys(("county", "body", "password"), "")
    account |= dict.fromkeys(("totp_step", "failures", "locks", "locked_until", "made"), 0)
    account |= {"id": 1, "key": "liwei", "name": "liwei", "role": "city", "enabled": True}
    await two[0].run(lambda conn: conn.execute(insert(table).values(account | {"changed": 0})))
    for _ in range(5):
        code = await two[0].run(partial(wechats.new_code, staff_id=1, now=MONDAY))
        scans = (
            each.run(partial(wechats.bind, openid=f"o-{n}", code=code, now=MONDAY))
            for n, each in enumerate(two * 3)
        )
        done = await asyncio.gather(*scans)
        assert sum(done) == 1
        assert await bound(two[0]) == [f"o-{done.index(True)}"]
    kept = await two[0].run(lambda conn: conn.execute(select(staff_wechats)).one())
    assert kept.code is None
    hashed = await two[0].run(partial(wechats.new_code, staff_id=1, now=MONDAY))
    kept = await two[0].run(lambda conn: conn.execute(select(staff_wechats)).one())
    assert hashed.encode() not in bytes(kept.code)
