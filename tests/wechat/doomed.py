"""A slow service in a process of its own, to be killed: `doomed.py SECONDS HOW`.

Reads {"url", "wechat"} from standard input and prints its address; the step sleeps in PostgreSQL.
HOW is "promises", or "waits": the answer is promised when it is there, not before.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

from sqlalchemy import text
from worlds import PRIVACY, Knowledge, changed

from bot import tries
from bot.fresh import fresh_config, serving
from bot.late import promise_answer
from handlers.turn import Reply
from jcbot.settings import Database, WeChat

if TYPE_CHECKING:
    from bot.pipeline import Desk
    from bot.wechat.reading import Message
    from handlers.turn import Turn

SECONDS = float(sys.argv[1])


def slow(turn: Turn) -> Reply:
    turn.office.ask_staff(turn.message.openid, turn.text, "slow")
    turn.office.conn.execute(text("SELECT pg_sleep(:s)"), {"s": SECONDS})
    return Reply(f"收到：{turn.text}")


async def waiting(desk: Desk, message: Message) -> bool:
    await asyncio.sleep(SECONDS)
    return await promise_answer(desk, message)


async def main() -> None:
    given = json.loads(sys.stdin.readline())
    if sys.argv[2] == "waits":
        tries.promise_answer = waiting
    tries.CUT_OFF, tries.SUCCESS_BY = 1.02, 0.9
    config = changed(fresh_config(), "limits", reply_deadline_s=0.6)
    parts = {"wechat": WeChat(**given["wechat"]), "database": Database(url=given["url"])}
    parts["privacy"] = PRIVACY
    async with serving(config.model_copy(update=parts), Knowledge(), slow) as server:  # type: ignore[arg-type]
        print(server.url, flush=True)  # noqa: T201 - the parent reads it
        await asyncio.Event().wait()


asyncio.run(main())
