"""What is sent by itself, how and when (通知的规矩): knowledge/sending/kinds.toml."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.reading import Table, read_toml

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE, CUSTOM, SUBSCRIPTION = "template", "custom", "subscription"
SMS, MASS = "sms", "mass"
CHANNELS = {TEMPLATE, CUSTOM, SUBSCRIPTION, SMS}
HOURS = 24
SHORTEST, LONGEST = 70, 500
"""Bounds of a text message: one is 70 characters, longer ones are sent and paid in parts."""
LONGEST_WORTH = 60 * HOURS
"""More hours than anything is worth waiting for."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message: its channels, the best first; `urgent`: at any hour.

    `worth` is how long after it was due it is still sent.
    `wished`: not to who refuses it, as a template only to who asked for it. `answers`: it answers
    a message that came just before it was promised, so the custom window is open from then.
    """

    channels: tuple[str, ...]
    urgent: bool
    worth: dt.timedelta
    wished: bool = False
    answers: bool = False


@dataclass(frozen=True, slots=True)
class MassRules:
    """A mass send (群发): messages a person and calendar month, people a call, hours of repeats."""

    a_month: int
    least: int
    most: int
    hours: int


@dataclass(frozen=True, slots=True)
class SendingRules:
    """The kinds by name; quiet hours [from, until) by the clock; the bounds of custom messages.

    `sms_characters`: how long a text message may be, with its sign.
    """

    kinds: dict[str, Kind]
    quiet_from: int
    quiet_until: int
    custom_hours: int
    custom_messages: int
    mass: MassRules
    sms_characters: int = 200

    def not_before(self, kind: str, now: dt.datetime) -> dt.datetime:
        """Return when a message of this kind may leave: now, or when the quiet hours end."""
        if self.kinds[kind].urgent or not self._quiet(now.hour):
            return now
        morning = now.replace(hour=self.quiet_until, minute=0, second=0, microsecond=0)
        return morning if morning > now else morning + dt.timedelta(days=1)

    def _quiet(self, hour: int) -> bool:
        if self.quiet_from > self.quiet_until:
            return hour >= self.quiet_from or hour < self.quiet_until
        return self.quiet_from <= hour < self.quiet_until


def load_sending(path: Path) -> SendingRules:
    """Read the file; a fault is a `KnowledgeError`."""
    table = read_toml(path)
    quiet, custom, parts = table.table("quiet"), table.table("custom"), table.table("kind")
    mass, sms = table.table("mass"), table.table("sms")
    hours = _hour(quiet, "from"), _hour(quiet, "until")
    night = (hours[1] - hours[0]) % HOURS
    kinds = {name: _kind(parts.table(name), night) for name in parts.keys()}  # noqa: SIM118
    rules = SendingRules(
        kinds, *hours,
        custom.get("hours", int), custom.get("messages", int),
        MassRules(*(mass.get(key, int) for key in ("a_month", "least", "most", "hours"))),
        _characters(sms),
    )  # fmt: skip
    for part in (quiet, custom, mass, sms, table):
        part.done()
    return rules


def _kind(table: Table, night: int) -> Kind:
    """Read a kind; `night` is how many hours what is not urgent may have to wait."""
    channels = tuple(table.texts("channels"))
    if not channels or not set(channels) <= CHANNELS:
        raise table.error("channels", f"只能写 {'、'.join(sorted(CHANNELS))}，至少一个")
    kind = Kind(
        channels, table.get("urgent", bool), _worth(table),
        *(table.get(key, bool, default=False) for key in ("wished", "answers")),
    )  # fmt: skip
    if SMS in channels and (channels.index(SMS) < len(channels) - 1 or kind.wished):
        raise table.error("channels", "sms 只能写在最后，群发通知不能用")
    if not kind.urgent and kind.worth <= dt.timedelta(hours=night):
        raise table.error("hours", f"夜里要等{night}小时，比它短的早上就都过期了")
    table.done()
    return kind


def _worth(table: Table) -> dt.timedelta:
    hours = table.get("hours", int)
    if not 1 <= hours <= LONGEST_WORTH:
        raise table.error("hours", f"只能是1到{LONGEST_WORTH}（小时）")
    return dt.timedelta(hours=hours)


def _hour(table: Table, key: str) -> int:
    hour = table.get(key, int)
    if not 0 <= hour < HOURS:
        raise table.error(key, "只能是0到23")
    return hour


def _characters(table: Table) -> int:
    most = table.get("characters", int)
    if not SHORTEST <= most <= LONGEST:
        raise table.error("characters", f"只能是{SHORTEST}到{LONGEST}")
    return most
