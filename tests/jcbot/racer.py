"""One of several processes that work on the same messages at once; prints the replies as JSON."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import sys
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import insert

from jcbot.clock import SHANGHAI
from jcbot.errors import DatabaseBusyError
from jcbot.inbox import message_key, once
from jcbot.storage.database import open_database
from jcbot.storage.tables import questions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from jcbot.storage.database import Database

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)


@asynccontextmanager
async def opened(url: str, waiting: int = 500) -> AsyncIterator[Database]:
    """Open and migrate a database, and close it in the end."""
    database = open_database(url, waiting=waiting)
    try:
        await database.migrate()
        yield database
    finally:
        await database.close()


def answer(msg_id: str, conn: Connection) -> str:
    """Work on a message: an effect anybody could count, and a reply that tells who gave it."""

    def work() -> str:
        row = {"asker": b"a", "text": "effect", "reason": msg_id, "at": 0}
        conn.execute(insert(questions), row)
        return f"{msg_id} by {os.getpid()}"

    return once(conn, message_key("gh_a", "o1", msg_id), work, NOW).text


async def insist(database: Database, msg_id: str) -> str:
    """Come again after a polite refusal, as WeChat does."""
    while True:
        try:
            return await database.run(partial(answer, msg_id))
        except DatabaseBusyError:
            await asyncio.sleep(0.05)


async def main(url: str, messages: int) -> None:
    ids = [str(number) for number in range(messages) for _ in range(3)]
    async with opened(url, waiting=10_000) as database:
        replies = await asyncio.gather(*(insist(database, each) for each in ids))
    sys.stdout.write(json.dumps(replies))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
