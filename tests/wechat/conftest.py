"""A running service for each test of the door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from databases import new_postgresql, own_postgresql, shared_url
from worlds import World, a_world

from bot import tries
from bot.wechat import simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


__all__ = ["new_postgresql", "own_postgresql", "shared_url"]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """WeChat's 5 s become half a second, ours shrink with them."""
    monkeypatch.setattr(tries, "CUT_OFF", 0.52)
    monkeypatch.setattr(tries, "SUCCESS_BY", 0.46)
    monkeypatch.setattr(simulator, "TRY_SECONDS", 0.5)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world() as made:
        yield made
