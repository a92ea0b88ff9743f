"""The road of one message, top to bottom: understand → once → one step of talk → remember."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog

from bot import consent_events
from bot.logs import describe
from handlers.state import State
from handlers.turn import Turn
from jcbot import late
from jcbot.announcing import mass_events
from jcbot.announcing.mass_events import MassFinish
from jcbot.errors import DatabaseClosedError, StorageError
from jcbot.finish_events import Finish, finish
from jcbot.inbox import once
from jcbot.office import Keys, Office
from jcbot.people.live import AWAY, Answers, LookUp

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from sqlalchemy import Connection

    from bot.metrics import Metrics
    from bot.wechat.reading import Message
    from handlers.turn import Reply
    from jcbot.clock import Clock
    from jcbot.config import Config
    from jcbot.people.live import LiveRegistry
    from jcbot.storage.database import Database
    from knowledge.library import Library
    from knowledge.understanding import Understanding

FOLLOWING = {"subscribe": True, "unsubscribe": False}
FINISHED, MASS_FINISHED = "templatesendjobfinish", "masssendjobfinish"
TROUBLE = "arrivals.trouble"
LOOK_UPS = 2
"""How many people of a city's own registry service one message may ask for."""
SPARE_S = 0.5
"""What is left of the reply's time for the step itself once the service was asked."""

log = structlog.get_logger("bot.pipeline")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the work on a message needs; built once in `bot/app.py`."""

    config: Config
    clock: Clock
    database: Database
    library: Library
    keys: Keys
    step: Callable[[Turn], Reply]
    registry: LiveRegistry | None = None


async def answer(desk: Desk, message: Message, metrics: Metrics) -> str | None:
    """Return the reply to a verified message, "" for silence, None while we are stopping.

    Whatever goes wrong becomes a calm sentence, never an exception.
    """
    try:
        now = desk.clock.now()
        heard = _understand(desk, message, now)  # before the transaction: it holds no lock yet
        if desk.registry is None:
            return await desk.database.run(partial(answer_once, desk, message, heard, now))
        return await _with_registry(desk, desk.registry, message, heard, now)
    except DatabaseClosedError:
        return None  # let WeChat ask again: the next process will know
    except StorageError as fault:
        _failed(metrics, fault)
        return fault.sentence
    except Exception as fault:  # noqa: BLE001 - the user gets a sentence, the log the rest
        _failed(metrics, fault)
        return desk.library.replies.text(TROUBLE)


async def _with_registry(
    desk: Desk, registry: LiveRegistry, message: Message, heard: Understanding | None,
    now: dt.datetime,
) -> str:  # fmt: skip
    """Answer with a city's own registry: asked between two runs of the step, never inside one."""
    answers = Answers()
    end = asyncio.get_running_loop().time() + desk.config.limits.reply_deadline_s - SPARE_S
    while True:
        work = partial(answer_once, desk, message, heard, now, answers=answers)
        try:
            return await desk.database.run(work)
        except LookUp as asked:
            number = asked.id_number
        more = len(answers) < LOOK_UPS
        answers.put(number, await registry.find(number, end) if more else AWAY)


def answer_once(  # noqa: PLR0913 - all that one message is answered with
    desk: Desk,
    message: Message,
    heard: Understanding | None,
    now: dt.datetime,
    conn: Connection,
    *,
    answers: Answers | None = None,
) -> str:
    """Return the reply to a message, worked out now or kept from the first time; synchronous.

    Inbox, conversation and every effect are written in the one transaction of `conn`. A repeat
    of what the courier answers is met with silence.
    """
    limits = desk.library.training.limits
    openid = message.incoming.openid
    office = Office(conn, now, desk.config, desk.keys, limits, openid, answers)
    reply = once(conn, message.key, lambda: _talk(desk, message, heard, office), now)
    if not reply.fresh and late.is_promised(conn, message.key.value):
        return ""
    return reply.text


def _understand(desk: Desk, message: Message, now: dt.datetime) -> Understanding | None:
    text = message.incoming.text.strip()[: desk.config.limits.text_characters]
    return desk.library.understander.understand(text, now.date()) if text else None


def _talk(desk: Desk, message: Message, heard: Understanding | None, office: Office) -> str:
    incoming = message.incoming
    if incoming.event == FINISHED:
        delivered = incoming.status.strip().lower() == "success"
        event = Finish(incoming.openid, incoming.ref, delivered, incoming.status)
        finish(office.conn, event, office.now)
        return ""
    if incoming.event == MASS_FINISHED:
        mass = MassFinish(incoming.ref, incoming.status, *incoming.counts)
        mass_events.finish(office.conn, mass, office.now)
        return ""
    if consent_events.take(message, office):
        return ""
    following = FOLLOWING.get(incoming.event)
    if following is not None and not office.note_follow(
        incoming.openid, following=following, created=message.created
    ):
        return ""  # overtaken by a later event
    state = State.load(office.recall(incoming.openid))
    turn = Turn(incoming, desk.library, office, office.now, state, heard)
    reply = desk.step(turn)
    office.remember(incoming.openid, turn.state.dump())
    return "" if following is False else reply.text


def _failed(metrics: Metrics, fault: Exception) -> None:
    metrics.failures.inc()
    log.error("message failed", fault=secrets.token_hex(4), error=describe(fault))
