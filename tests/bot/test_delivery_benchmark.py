"""The measurement of the delivery still runs, small, on both engines, and can fail."""

from __future__ import annotations

import pytest
from running import measure

# Two kills cost the lease of what they left in the middle, half a minute each.
pytestmark = pytest.mark.timeout(200)


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return "sqlite"
    return str(request.getfixturevalue("database_url"))


def test_killed_in_the_middle_of_an_announcement(server: str) -> None:
    code, told = measure(
        "delivery", "--server", server, "--people", "3000", "--kills", "1", "--couriers", "2"
    )
    assert code == 0, told
    for words in ("kill 1 after", "lost 0, twice 0, unknown 0", "verdict fine"):
        assert words in told


def test_without_the_id_it_finds_what_came_twice() -> None:
    code, told = measure(
        "delivery", "--server", "sqlite", "--people", "1500", "--kills", "0", "--without-id"
    )
    assert code == 1, told
    assert "lost 0, twice 0" not in told
    assert "NOT FINE" in told
