"""A running service for each test of the door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from worlds import World, a_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world() as made:
        yield made
