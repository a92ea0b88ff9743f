"""Late answers (迟到的回复): what WeChat no longer asks for is promised, and sent by the courier.

The promise carries the message's key alone: its words stay in the inbox and are read there when
they are sent. From the promise on the message is answered by the courier and by nobody else.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

import structlog

from bot.logs import describe
from bot.wechat.render import clean
from jcbot import late
from jcbot.errors import DatabaseClosedError, StorageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.pipeline import Desk
    from bot.post import Post
    from bot.wechat.reading import Message
    from jcbot.ledger import Item
    from jcbot.outbox import Promise

ATTEMPTS, PAUSE_S = 30, 1.0
"""So often, so far apart, the promise is brought to a database that does not let it in."""
AGAIN_S = 1
"""How long the courier leaves an answer alone that is not there yet."""
PATIENCE = dt.timedelta(minutes=1)
"""After it nobody works on the message any more: the process died, or the turn failed."""

log = structlog.get_logger("bot.late")


class NotYetError(Exception):
    """The words of a message are not there yet; ask again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        """Take the time to wait."""
        super().__init__(f"in {seconds} s")
        self.seconds = seconds


async def promise_answer(desk: Desk, message: Message) -> bool:
    """Promise the answer to a message as soon as the database lets us; False if it never did.

    Promised twice, in two processes, it is one promise. Never raises.
    """
    who, key = message.incoming.openid, message.key.value
    work = partial(late.promise_answer, openid=who, message=key, now=desk.clock.now())
    fault: Exception = DatabaseClosedError()
    for _ in range(ATTEMPTS):
        try:
            await desk.database.run(work)
        except DatabaseClosedError:
            break
        except StorageError as known:
            fault = known
            await asyncio.sleep(PAUSE_S)
        except Exception as unknown:  # noqa: BLE001 - the log gets it; nobody waits for us
            fault = unknown
            break
        else:
            return True
    log.error("late answer not promised", kind=message.incoming.kind, error=describe(fault))
    return False


def answer_of(conn: Connection, promised: Item | Promise, most: int) -> str:
    """Return the answer as a reply would say it, in `most` bytes; "" where it is silence.

    `NotYetError` while it is being worked out.
    """
    kept = late.answer_of(conn, promised.payload)
    if kept is None:
        raise NotYetError(AGAIN_S)
    return clean(kept, most)


def given_up(post: Post, item: Item) -> bool:
    """Tell whether an answer that is still not there will not come any more."""
    return post.clock.now() - item.since >= PATIENCE
