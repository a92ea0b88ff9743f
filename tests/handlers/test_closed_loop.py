"""From the sign-up to certificate, job and subsidy (闭环), seen in the worker's own phone."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.fresh import door_of, fill, fresh_config, serving
from bot.telephone import telephone
from jcbot.training import demands
from jcbot.training.checks import Result
from jcbot.training.outcomes import Setting, enter

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.app import Service
    from knowledge.library import Library

LISTS = Path(__file__).parent.parent / "conversations" / "training"
ID_NUMBER = "990000198503120027"
CERTIFIED = {"exam": "passed", "certificate_type": "vocational", "certificate_level": "junior"}


async def entered(service: Service, **steps: object) -> None:
    """Staff enter what became of the worker in DG-2026-12."""
    desk = service.desk
    setting = Setting(desk.keys.training, service.clock.now(), desk.library.training.limits)
    result = Result("DG-2026-12", desk.keys.people.id_key(ID_NUMBER), **steps)  # type: ignore[arg-type]
    judged = await desk.database.run(lambda conn: enter(conn, setting, result))
    assert not judged.slips, judged.slips


async def test_each_step_after_the_class_is_seen_by_the_worker(library: Library) -> None:
    config = fresh_config()
    async with serving(config, library) as server, telephone(door_of(config, server.url)) as phone:
        await fill(server.service, LISTS)
        await server.service.desk.database.run(partial(wanted, service=server.service))
        for line in ("报名 DG-2026-12", "同意", f"张三 {ID_NUMBER} 1234", "1"):
            reply = await phone.enter(line)
        assert "报上了" in reply
        await phone.enter("/time +20d")
        await entered(server.service, attended=6)
        assert "上课6天/共7天" in await phone.enter("我的培训")
        await entered(server.service, certificate="T140500001234", **CERTIFIED)
        seen = await phone.enter("我的培训")
        assert "考试合格" in seen
        assert "1234" in seen
        assert "T140500001234" not in seen
        told = await phone.enter("/notices")
        assert "证书信息登记了" in told
        assert "招维修电工5人" in told
        await entered(server.service, job="enterprise", subsidy="paid")
        seen = await phone.enter("我的培训")
        assert "就业" in seen
        assert "补贴已发放" in seen
        assert await phone.enter("/notices") == ""


def wanted(conn: Connection, service: Service) -> None:
    """An employer of 高平市 looks for five electricians."""
    row = {
        "enterprise": "某某机械厂", "county": "高平市", "post": "维修电工", "occupation": "电工",
        "level": "", "headcount": 5, "wage": "月薪5000元", "contact": "赵经理",
        "phone": "0356-5210000", "until": dt.date(2027, 1, 31),
    }  # fmt: skip
    demands.put_in(conn, [row], service.clock.now())
