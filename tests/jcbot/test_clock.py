"""The clock: Asia/Shanghai wherever the host stands, movable, apart from the timers."""

from __future__ import annotations

import datetime as dt
import time

import pytest
import time_machine

from jcbot.clock import SHANGHAI, Clock, machine_time, monotonic

UTC = dt.UTC
REAL = dt.datetime(2026, 3, 8, 18, 30, tzinfo=UTC)  # 02:30 on 9 March in Shanghai


@pytest.fixture(autouse=True)
def traveller() -> object:
    with time_machine.travel(REAL, tick=False) as traveller:
        yield traveller


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Shanghai"])
def test_the_day_is_shanghais_whatever_the_host_says(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    clock = Clock()
    assert clock.now() == REAL
    assert clock.now().utcoffset() == dt.timedelta(hours=8)
    assert clock.today() == dt.date(2026, 3, 9)
    monkeypatch.undo()
    time.tzset()


def test_a_bare_date_moves_the_day_while_the_time_runs(traveller: object) -> None:
    clock = Clock(dt.date(2021, 12, 31))
    assert clock.now() == dt.datetime(2021, 12, 31, 2, 30, tzinfo=SHANGHAI)
    traveller.shift(dt.timedelta(hours=21, minutes=29, seconds=59.9))
    assert clock.today() == dt.date(2021, 12, 31)
    traveller.shift(dt.timedelta(seconds=0.2))
    assert clock.today() == dt.date(2022, 1, 1)


def test_a_moment_starts_the_clock_there(traveller: object) -> None:
    clock = Clock(dt.datetime(2020, 2, 28, 16, tzinfo=UTC))
    assert clock.now() == dt.datetime(2020, 2, 29, tzinfo=SHANGHAI)
    assert clock.now().tzinfo is SHANGHAI
    traveller.shift(60)
    assert clock.now() == dt.datetime(2020, 2, 29, 0, 1, tzinfo=SHANGHAI)


def test_advancing_moves_business_time_only() -> None:
    clock = Clock()
    before = machine_time(), monotonic()
    assert clock.advance(dt.timedelta(days=1)) == REAL + dt.timedelta(days=1)
    assert clock.today() == dt.date(2026, 3, 10)
    assert machine_time() == before[0]
    assert monotonic() - before[1] < 60
    clock.advance(dt.timedelta(days=-1))
    assert clock.now() == REAL


def test_advancing_past_the_calendar_changes_nothing() -> None:
    clock = Clock()
    with pytest.raises(OverflowError):
        clock.advance(dt.timedelta(days=999_999_99))
    assert clock.now() == REAL
