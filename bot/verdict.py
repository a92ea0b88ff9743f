"""What a call's outcome makes of its message (结论): settled, tried again later, or left open."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from bot.handful import KNOWS_REPEATS
from bot.wechat.outcomes import Ambiguous, Ok, Refused
from jcbot.ledger import FAILED, SENT, UNKNOWN, Settled

if TYPE_CHECKING:
    from bot.handful import Called

TRIES = 8
"""So often WeChat may fail at a message before it is set aside."""
BACK_OFF_S, LONGEST_S = 30, 3_600
SLOWER = dt.timedelta(seconds=2)
NEVER_AGAIN = frozenset({"user", "never", "staff"})


def verdict(called: Called, now: dt.datetime) -> Settled | None:
    """Return what becomes of the message.

    None leaves it as it is, being sent: it may have arrived, and it can be sent again under its
    id as soon as its lease is over.
    """
    plan, outcome = called.plan, called.outcome
    if called.broken:
        return Settled(plan.item, UNKNOWN, reason=f"our own fault: {called.broken}")
    if isinstance(outcome, Ok):
        ref = outcome.data.get("msgid", outcome.data.get("msg_id", ""))
        return Settled(plan.item, SENT, str(ref), plan.reason)
    if isinstance(outcome, Ambiguous):
        if plan.channel in KNOWS_REPEATS:
            return None
        return Settled(plan.item, UNKNOWN, reason=f"no clear answer: {outcome.reason}")
    if outcome is None:
        return None if called.maybe else Settled(plan.item, "", later=now, free=True)
    return _refused(called, outcome, now)


def _refused(called: Called, outcome: Refused, now: dt.datetime) -> Settled | None:
    item, why = called.plan.item, f"{outcome.name} ({outcome.code})"
    if outcome.kind == "permanent" or outcome.wait in NEVER_AGAIN:
        return Settled(item, FAILED, reason=why)
    if called.maybe:
        return None  # this call did nothing, but an earlier one may have
    if until := rest(outcome, now):
        return Settled(item, "", reason=why, later=until, free=True)
    if not outcome.code:
        return Settled(item, "", reason=why, later=now, free=True)
    if item.tries >= TRIES:
        return Settled(item, FAILED, reason=f"tried {item.tries + 1} times: {why}")
    wait = min(BACK_OFF_S * 2**item.tries, LONGEST_S)
    return Settled(item, "", reason=why, later=now + dt.timedelta(seconds=wait))


def rest(outcome: Refused, now: dt.datetime) -> dt.datetime | None:
    """Until when the whole channel rests after this refusal, None if it need not."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(days=1)
    if outcome.wait == "tomorrow":
        return midnight
    if outcome.wait == "next_month":
        return (now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
                + dt.timedelta(days=32)).replace(day=1)  # fmt: skip
    return now + SLOWER if outcome.wait == "slower" else None
