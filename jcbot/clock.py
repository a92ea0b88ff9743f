"""The one clock of the house: business time in Asia/Shanghai, movable for the demo and tests."""

from __future__ import annotations

import datetime as dt
import time

# China has kept UTC+8 without summer time since 1991; a fixed offset needs no tz database.
SHANGHAI = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")


class Clock:
    """Business time: the machine's time plus an offset.

    `fixed` moves it at the start: a bare date moves the day while the time of day keeps
    running, a datetime with offset starts the clock there. Timers (`monotonic`) and the
    protocol's time window (`machine_time`) keep to the machine's real time.
    """

    def __init__(self, fixed: dt.date | dt.datetime | None = None) -> None:
        """Start now; a datetime must carry its offset."""
        self._offset = dt.timedelta()
        if isinstance(fixed, dt.datetime):
            self._offset = fixed - dt.datetime.now(SHANGHAI)
        elif fixed is not None:
            self._offset = fixed - dt.datetime.now(SHANGHAI).date()

    def now(self) -> dt.datetime:
        """Return the business time, aware, in Asia/Shanghai."""
        return dt.datetime.now(SHANGHAI) + self._offset

    def today(self) -> dt.date:
        """Return the business day in Asia/Shanghai."""
        return self.now().date()

    def advance(self, delta: dt.timedelta) -> dt.datetime:
        """Move the business time on (or back) for the demo; return the new time.

        OverflowError when the calendar ends before that.
        """
        moved = self._offset + delta
        now = dt.datetime.now(SHANGHAI) + moved
        self._offset = moved
        return now


def monotonic() -> float:
    """Return seconds for timers; never steps, and `Clock.advance` does not touch it."""
    return time.monotonic()


def machine_time() -> float:
    """Return the machine's Unix time in seconds, for the protocol's timestamps only."""
    return time.time()
