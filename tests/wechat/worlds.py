"""A real service on a free port, with a recorder where the dialogue would be."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from bot.fresh import door_of, fresh_config, serving
from bot.wechat import simulator
from bot.wechat.simulator import Door, Phone, Push
from handlers.turn import Reply, Turn
from jcbot.settings import Privacy
from knowledge.training import load_training

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.server import Server
    from jcbot.config import Config
    from knowledge.library import Library

OPENID = "o-worker"
KEY = base64.b64encode(b"k" * 32).decode()
PRIVACY = Privacy.model_validate({"keys": (f"k:{KEY}",), "index_key": KEY})
"""Keys for a PostgreSQL, which has no file of keys beside it."""


class Knowledge:
    """Stands in for the library: the door needs of it one sentence and the limits, no more."""

    class Replies:
        def text(self, key: str) -> str:
            return f"请稍后再试（{key}）"

    class Understander:
        def understand(self, _text: str, _today: object) -> None:
            return None

    replies = Replies()
    understander = Understander()
    training = load_training()


@dataclass
class Recorder:
    """A dialogue step that notes every effect and echoes the words, counting them."""

    seen: list[Turn] = field(default_factory=list)
    answer: Callable[[Turn], str] = lambda turn: f"收到：{turn.text}"
    seconds: float = 0.0

    def __call__(self, turn: Turn) -> Reply:
        self.seen.append(turn)
        if self.seconds:
            time.sleep(self.seconds)
        return Reply(self.answer(turn))


@dataclass
class World:
    """A running service, what it did, and the way in."""

    server: Server
    door: Door
    session: aiohttp.ClientSession
    step: Recorder

    @property
    def phone(self) -> Phone:
        return Phone(self.session, self.door, OPENID)

    async def post(self, push: Push, **options: Any) -> tuple[int, str]:
        """Post as WeChat does; status and body, also where the body is refused."""
        data = options.pop("data", push.body.encode("utf-8", "surrogatepass"))
        async with self.session.post(
            self.door.url, params=push.query, data=data, **options
        ) as answer:
            return answer.status, await answer.text()

    def reply(self, body: str) -> str:
        """The text that WeChat would show for this HTTP body."""
        return simulator.read_reply(self.door, body)


def text_xml(content: str = "你好", msg_id: str = "1001", **fields: str) -> str:
    """A text message as WeChat writes it; fields given as None are left out."""
    parts = {
        "ToUserName": simulator.ACCOUNT,
        "FromUserName": OPENID,
        "CreateTime": str(int(time.time())),
        "MsgType": "text",
        "Content": content,
        "MsgId": msg_id,
    } | fields
    return simulator.to_xml({name: value for name, value in parts.items() if value is not None})


def event_xml(event: str, key: str = "", created: int | None = None, **fields: str) -> str:
    parts = {"MsgType": "event", "Event": event, "EventKey": key, "Content": None, "MsgId": None}
    when = {"CreateTime": str(created)} if created is not None else {}
    return text_xml(**(parts | when | fields))


@contextlib.asynccontextmanager
async def a_world(
    config: Config | None = None, library: Library | None = None
) -> AsyncIterator[World]:
    config = config or fresh_config()
    step = Recorder()
    async with (
        serving(config, library or Knowledge(), step) as server,  # type: ignore[arg-type]
        aiohttp.ClientSession() as session,
    ):
        yield World(server, door_of(config, server.url), session, step)


def changed(config: Config, section: str, **values: Any) -> Config:
    """The settings with some values of one section replaced, unchecked."""
    part = getattr(config, section).model_copy(update=values)
    return config.model_copy(update={section: part})


def with_query(push: Push, **changes: str | None) -> Push:
    """The push with parameters replaced, or taken out where None."""
    query = {k: v for k, v in (push.query | changes).items() if v is not None}
    return dataclasses.replace(push, query=query)
