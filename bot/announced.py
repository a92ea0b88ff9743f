"""What `jcbot announce` prints (群发通知): the preview, and how far an announcement is."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from bot.list_commands import put
from bot.progress import progress_bar, teller
from jcbot.announcing.counting import NOWHERE, UNFOLLOWED, UNSUBSCRIBED
from jcbot.announcing.rows import DRAFT, MASS, OPEN, SAID, SCHEDULED, SENDING
from jcbot.announcing.showing import status
from jcbot.channels import TOO_LATE
from jcbot.clock import SHANGHAI
from jcbot.ledger import NO_CHANNEL
from jcbot.pauses import paused
from knowledge.sending import CUSTOM, SMS, SUBSCRIPTION, TEMPLATE

if TYPE_CHECKING:
    from sqlalchemy import Row

    from bot.announcing import Desk, Look
    from jcbot.announcing.showing import Status
    from jcbot.storage.database import Database

STATES = {
    "promised": "排队", "listed": "等着群发", "sending": "正在发", "sent": "已发",
    "delivered": "送达", "failed": "失败", "unreachable": "发不了", "unknown": "不确定有没有到",
    "stopped": "停发",
}  # fmt: skip
REASONS = {
    "unsubscribed": "退订了",
    "does not follow the account": "不关注了",
    NO_CHANNEL: "没有能用的渠道",
    TOO_LATE: "等得太久，不发了",
    "failed:user block": "不收公众号的消息",
    "failed: system failed": "微信没发成",
    "courier stalled during the call": "发到一半程序停了",
    "no clear answer for too long": "微信一直没回话",
}
"""Why somebody could not be written to; what WeChat answered is shown as it is."""
LOOK_S = 1.0
SHOWN_WHY = {"failed", "unreachable", "unknown"}
CHANNELS = {
    TEMPLATE: "模板消息", SUBSCRIPTION: "订阅通知", CUSTOM: "客服消息", SMS: "短信", MASS: "群发",
    "mass_by_list": "群发",
}  # fmt: skip


def show(seen: Look, desk: Desk) -> None:
    """Print an announcement as it would be now."""
    by = seen.counts.by
    put(f"人群：{seen.expression}")
    put(f"意思：{seen.means}。")
    put(f"符合{seen.counts.meets}人；知道微信的{seen.counts.bound}人。")
    mass = f"群发{by.get(MASS, 0)}人，" if seen.how.road == MASS else ""
    template, custom = by.get(TEMPLATE, 0), by.get(CUSTOM, 0)
    agreed = f"订阅通知{by[SUBSCRIPTION]}人，" if by.get(SUBSCRIPTION) else ""
    reach = f"{mass}模板消息{template}人，{agreed}48小时内说过话的{custom}人"
    put(f"现在能送到{seen.counts.reachable}人（{reach}）。")
    put(
        f"送不到：退订的{by.get(UNSUBSCRIBED, 0)}人，不关注了的{by.get(UNFOLLOWED, 0)}人，"
        f"现在没有渠道的{by.get(NOWHERE, 0)}人。"
    )
    _show_limits(seen, desk)
    put(f"预览（{len(seen.text)}字）：")
    put("\n".join(f"  {line}" for line in seen.text.splitlines()))
    if seen.fields:
        put("模板消息里只有这些，长的剪短：")
        put("\n".join(f"  {name}：{value}" for name, value in seen.fields.items()))


def _show_limits(seen: Look, desk: Desk) -> None:
    if seen.how.road == MASS:
        most = desk.sending.mass.a_month
        put(f"群发：每人每个月最多收{most}条，满了的人改走别的渠道；一次群发最少2人。")
    if seen.quota:
        left = "，".join(f"{CHANNELS[call]}{left}条" for call, left in seen.quota.items())
        put(f"今天还能发：{left}。")
    if seen.how.starts:
        put(f"定在{_moment(seen.how.starts)}发，发给到那时符合的人。")
    if seen.counts.bound > desk.config.sending.approval_above:
        put(f"超过{desk.config.sending.approval_above}人，发之前要第二个人批准。")


async def told(
    desk: Desk, database: Database, number: int, seen: dict[str, Any] | None, state: str
) -> None:
    """Say what became of a send: put out, set for later, or waiting for a second person."""
    if state == SENDING:
        await told_status(desk, database, number, as_json=seen is not None, seen=seen)
    elif seen is not None:
        put(json.dumps({"number": number, "state": state} | seen, ensure_ascii=False))
    elif state == SCHEDULED:
        put(f"第{number}号通知定好了，到时间由派送进程（jcbot deliver）发出。")
        put(f"在那以前要取消：jcbot announce stop {number}")
    else:
        put(f"第{number}号通知存好了，还没有发：要第二个人批准。")
        put(f"批准：jcbot announce approve {number} --as 名字")


async def told_status(
    desk: Desk,
    database: Database,
    number: int,
    *,
    as_json: bool,
    seen: dict[str, Any] | None = None,
) -> None:
    """Print how far it is."""
    at = int(desk.now.timestamp())
    found = await database.run(lambda conn: status(conn, number, at))
    if as_json:
        put(json.dumps(_as_json(found) | (seen or {}), ensure_ascii=False))
        return
    put(head(found.row))
    for state, count in sorted(found.states.items()):
        why = "；".join(
            f"{REASONS.get(reason, reason)}{n}人"
            for (each, reason), n in sorted(found.reasons.items())
            if each == state and reason and state in SHOWN_WHY
        )
        put(f"{STATES.get(state, state)}{count}人" + (f"（{why}）" if why else ""))
    for send in found.mass:
        put(_mass_line(send))
    for channel, until in (await database.run(lambda conn: paused(conn, desk.now))).items():
        put(f"{CHANNELS.get(channel, channel)}的额度用完或者太快，歇到{_moment(until)}再接着发。")
    if found.row.state == SENDING:
        put(f"由派送进程（jcbot deliver）发出。看进度：jcbot announce status {number}")


async def watch(database: Database, number: int) -> None:
    """Draw a bar until nobody of it is waiting any more."""
    with progress_bar() as bar:
        tell = teller(bar)
        while True:
            found = await database.run(lambda conn: status(conn, number, 0))
            waiting = sum(found.states.get(state, 0) for state in OPEN)
            tell("已经有结果的", found.recipients - waiting, found.recipients)
            if found.row.state != SENDING or not (waiting or found.row.queued is None):
                return
            await asyncio.sleep(LOOK_S)


def head(row: Row[Any]) -> str:
    """Return one announcement in one line."""
    approved = f"，{row.approved_by}批准" if row.approved_by else ""
    starts = ""
    if row.starts is not None and row.state in (DRAFT, SCHEDULED):
        starts = f"，{_moment(dt.datetime.fromtimestamp(row.starts, SHANGHAI))}发"
    said = SAID[row.state] + starts
    return f"第{row.number}号“{row.title}”：{said}（{row.made_by}写{approved}）"


def _as_json(found: Status) -> dict[str, Any]:
    reasons = {f"{state}: {why}": n for (state, why), n in found.reasons.items() if why}
    names = ("number", "state", "people", "total", "filtered", "reached", "failed")
    mass = [{name: getattr(send, name) for name in names} for send in found.mass]
    return {"number": found.row.number, "state": found.row.state, "states": found.states,
            "reasons": reasons, "approved_by": found.row.approved_by, "mass": mass}  # fmt: skip


def _mass_line(send: Row[Any]) -> str:
    """One mass send, and what WeChat told of it; it names nobody."""
    said = f"群发第{send.number}批{send.people}人："
    if send.total is None:
        return f"{said}{STATES.get(send.state, send.state)}"
    left = send.total - send.filtered
    kept = f"，按微信的规则没发的{left}人" if left > 0 else ""
    failed = f"，失败{send.failed}人" if send.failed else ""
    bad = "" if send.state == "finished" else f"，没发成（{send.reason}）"
    return f"{said}微信说送到{send.reached}人{kept}{failed}{bad}"


def _moment(moment: dt.datetime) -> str:
    at = moment.astimezone(SHANGHAI)
    return f"{at.year}年{at.month}月{at.day}日{at:%H:%M}"
