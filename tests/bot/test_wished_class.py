"""From 有电工班了告诉我 to the message in the phone when staff import the class; to nobody else.

Run with -s it is printed as a conversation.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from services import a_service, deliver, rows
from typer.testing import CliRunner

from bot import training
from bot.telephone import telephone
from jcbot.channels import TOO_LATE
from jcbot.ledger import SENT, STOPPED, UNREACHABLE

if TYPE_CHECKING:
    from pathlib import Path

    from bot.app import Service
    from bot.telephone import Telephone
    from bot.wechat.pretend.world import Pretend
    from knowledge.library import Library

CLASSES = """班级编号,职业,等级,县区,开班日期,天数,名额,地点,上课时间
DG-2026-20,电工,初级,高平市,2026-12-07,7,30,高平市职教中心2号楼,每天8:30到17:30
DG-2026-21,低压电工,,高平市,2026-12-14,5,20,,
HG-2026-20,焊工,初级,高平市,2026-12-08,10,30,高平市职教中心,
"""
MESSAGE = (
    "您等的班有了：高平市电工班（初级）（DG-2026-20），12月7日（周一）开班，每天8:30到17:30，"
    "地点高平市职教中心2号楼。想看详细的、报名，回复“DG-2026-20”。"
    "另外还有1个合您要的班，回复“有什么班”看。不想再收，回复“退订”。"
)


def say(line: str) -> None:
    print(line)  # noqa: T201 - with -s the test reads as a conversation


async def enter(phone: Telephone, line: str) -> str:
    reply = await phone.enter(line)
    say(f"> {line}")
    say("".join(f"< {each}\n" for each in reply.splitlines()).rstrip())
    return reply


async def imports(service: Service, folder: Path, text: str = CLASSES) -> str:
    """Staff import the list by the command, beside the running service."""
    config, url = folder / "config.toml", service.config.database.url.get_secret_value()
    fixed = service.clock.now().isoformat()
    config.write_text(f'[database]\nurl = "{url}"\n[clock]\nfixed = "{fixed}"\n', encoding="utf-8")
    (folder / "班.csv").write_text(text, encoding="utf-8")
    words = ["import", str(folder / "班.csv"), "--config", str(config)]
    done = await asyncio.to_thread(CliRunner().invoke, training.app, words)
    assert done.exit_code == 0, done.output
    say(f"$ jcbot training import 班.csv\n{done.output}".rstrip())
    return done.output


async def arrive(service: Service, pretend: Pretend, *people: str) -> list[tuple[str, str]]:
    """What the courier brings, to whom."""
    for openid in people:
        pretend.wrote(openid)
    before = len(pretend.journal.received())
    await deliver(service)
    await pretend.settled()
    new = [(each.openid, each.text) for each in pretend.journal.received()[before:]]
    say("".join(f"[{openid}] {text}\n" for openid, text in new).rstrip())
    return new


async def test_from_the_wish_to_the_class(library: Library, tmp_path: Path) -> None:
    async with (
        a_service(library, url=f"sqlite:///{tmp_path}/t.db") as (service, pretend, phone),
        telephone(phone.door) as worker,
    ):
        assert "记下了：高平市的电工班" in await enter(worker, "高平有电工班了告诉我")
        assert "会在微信里收到消息" in await imports(service, tmp_path)
        assert await worker.enter("/notices") == MESSAGE, "as the demo shows it"
        assert await arrive(service, pretend, "o-worker") == [("o-worker", MESSAGE)]
        details = await enter(worker, "DG-2026-20")
        assert "编号DG-2026-20" in details
        assert "1. 报名" in details
        assert "新开0个班" in await imports(service, tmp_path)
        assert await arrive(service, pretend, "o-worker") == []


NEIGHBOURS = {
    "o-county": ["阳城有电工班了告诉我"],
    "o-trade": ["高平有美容班了告诉我"],
    "o-all": ["订阅"],
    "o-off": ["高平有电工班了告诉我", "退订"],
}


async def test_nobody_else_is_told(library: Library, tmp_path: Path) -> None:
    async with (
        a_service(library, url=f"sqlite:///{tmp_path}/t.db") as (service, pretend, phone),
        telephone(phone.door) as worker,
    ):
        for who, lines in NEIGHBOURS.items():
            await worker.enter(f"/as {who.removeprefix('o-')}")
            for line in lines:
                assert await enter(worker, line)
        assert "会在微信里收到消息" not in await imports(service, tmp_path)
        assert await arrive(service, pretend, *NEIGHBOURS) == []


AFTER = [
    (["退订"], UNREACHABLE, "unsubscribed"),
    (["高平电工班的通知不用给我了"], STOPPED, "nothing to say"),
    (["/unfollow"], UNREACHABLE, "does not follow the account"),
    (["/time +30d", "有什么班"], UNREACHABLE, TOO_LATE),
]


@pytest.mark.parametrize(("lines", "state", "why"), AFTER)
async def test_what_is_said_between_import_and_courier_counts(
    library: Library, tmp_path: Path, lines: list[str], state: str, why: str
) -> None:
    async with (
        a_service(library, url=f"sqlite:///{tmp_path}/t.db") as (service, pretend, phone),
        telephone(phone.door) as worker,
    ):
        await enter(worker, "高平有电工班了告诉我")
        await imports(service, tmp_path)
        for line in lines:
            await enter(worker, line)
        assert await arrive(service, pretend, "o-worker") == []
        assert [(row.state, row.reason) for row in await rows(service)] == [(state, why)]


async def test_by_night_it_waits_for_the_morning(library: Library, tmp_path: Path) -> None:
    async with (
        a_service(library, url=f"sqlite:///{tmp_path}/t.db") as (service, pretend, phone),
        telephone(phone.door) as worker,
    ):
        await worker.enter("/time +12h")
        await enter(worker, "高平有电工班了告诉我")
        await imports(service, tmp_path)
        assert await arrive(service, pretend, "o-worker") == []
        await worker.enter("/time +10h")
        assert await arrive(service, pretend, "o-worker") == [("o-worker", MESSAGE)]
        assert [row.state for row in await rows(service)] == [SENT]
