"""The measurement of the delivery still runs, small, on both engines, and can fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
# Two kills cost the lease of what they left in the middle, half a minute each.
pytestmark = pytest.mark.timeout(200)


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return "sqlite"
    return str(request.getfixturevalue("database_url"))


def run(server: str, *words: str) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-m", "benchmarks.delivery", "--server", server, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def test_killed_in_the_middle_of_an_announcement(server: str) -> None:
    code, told = run(server, "--people", "3000", "--kills", "1", "--couriers", "2")
    assert code == 0, told
    for words in ("kill 1 after", "lost 0, twice 0, unknown 0", "verdict fine"):
        assert words in told


def test_without_the_id_it_finds_what_came_twice() -> None:
    code, told = run("sqlite", "--people", "1500", "--kills", "0", "--without-id")
    assert code == 1, told
    assert "lost 0, twice 0" not in told
    assert "NOT FINE" in told
