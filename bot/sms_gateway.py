"""A text-message gateway over HTTP (短信网关): see docs/sms-gateway.md.

The number goes in the body over TLS, never in an address; nothing of question or answer is
logged, and a fault is only ever told by its kind.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import aiohttp

from bot.json_post import JsonPost
from bot.wechat.outcomes import Ambiguous, Ok, Outcome, Refused
from jcbot.errors import StorageError
from jcbot.text_messages import phone_of
from knowledge.template_types import ELLIPSIS, one_line

if TYPE_CHECKING:
    from bot.metrics import Metrics
    from handlers.notices import Notice
    from jcbot.ledger import Item
    from jcbot.people.keys import PeopleKeys
    from jcbot.settings import Sms
    from jcbot.storage.database import Database

OURS = 1
"""The code of what we refuse ourselves; those of the gateway are HTTP's."""
_REASON = re.compile(r"[a-z][a-z_-]{0,39}")
_REF = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(slots=True)
class SmsGateway:
    """Sends a text to the telephone of whoever is bound to an openid; `most` characters."""

    settings: Sms
    most: int
    database: Database
    keys: PeopleKeys
    metrics: Metrics
    _service: JsonPost = field(init=False)

    def __post_init__(self) -> None:
        self._service = JsonPost(self.settings.url, self.settings.token)

    async def send(self, item: Item, said: Notice) -> Outcome:
        """Make one call; whatever happens on the line becomes an outcome."""
        outcome = await self._send(item, said)
        self.metrics.api("sms", _label(outcome))
        return outcome

    async def close(self) -> None:
        """Close the connections."""
        await self._service.close()

    async def _send(self, item: Item, said: Notice) -> Outcome:
        try:
            find = partial(phone_of, keys=self.keys, openid=item.openid)
            phone = await self.database.run(find)
        except StorageError:
            return Refused(OURS, "temporary", "sms_no_database", "moment")
        if not phone:
            return Refused(OURS, "permanent", "sms_no_phone", "never")
        body = {"id": item.client_id, "phone": phone, "text": self.text(said)}
        try:
            async with asyncio.timeout(self.settings.timeout_s):
                status, answer = await self._service.ask(body)
        except TimeoutError:
            return Ambiguous("timeout")
        except aiohttp.ClientConnectorError:  # it never left
            return Refused(OURS, "temporary", "sms_unreachable", "moment")
        except (aiohttp.ClientError, OSError, ValueError):
            return Ambiguous("dropped")
        return read_answer(status, answer, phone)

    def text(self, said: Notice) -> str:
        """Return the text under our sign, cut where it is too long."""
        sign = f"【{self.settings.sign}】" if self.settings.sign else ""
        text = sign + one_line(said.short or said.text)
        return text if len(text) <= self.most else text[: self.most - 1].rstrip() + ELLIPSIS


def read_answer(status: int, body: bytes, phone: str) -> Outcome:
    """Return what an answer says; what is not plainly said is ambiguous.

    Of its words only those go on that are made as agreed and hold no telephone number.
    """
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Refused(status, "temporary", "sms_busy", "slower")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return Refused(status, "temporary", "sms_away", "moment")
    said = _object(body)
    verdict = said.get("status")
    if status == HTTPStatus.OK and verdict in ("accepted", "duplicate"):
        ref = str(said.get("ref") or "")
        known = _REF.fullmatch(ref) and phone not in ref
        return Ok({"msgid": ref} if known else {}, again=verdict == "duplicate")
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and verdict == "refused":
        reason = str(said.get("reason") or "")
        why = f": {reason}" if _REASON.fullmatch(reason) else ""
        return Refused(status, "permanent", f"sms_refused{why}", "never")
    return Ambiguous(f"http_{status}")


def _label(outcome: Outcome) -> str:
    """Return the word for the figures, from a fixed list."""
    match outcome:
        case Ok(again=again):
            return "again" if again else "ok"
        case Ambiguous(reason=reason):
            return reason
        case Refused(name=name):
            return name.partition(":")[0]


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
