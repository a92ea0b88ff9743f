"""The measurements of the registry still run, small, on both engines, and can fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return "sqlite"
    return str(request.getfixturevalue("database_url"))


def run(module: str, server: str, *words: str) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-m", f"benchmarks.{module}", "--server", server, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def test_the_import_is_measured_beside_the_plain_way(server: str) -> None:
    code, told = run("registry_import", server, "--people", "1500")
    assert code == 0, told
    way = "executemany" if server == "sqlite" else "COPY"
    for words in ("1500 people", "215 of 215 looked up", f"plain {way}", "verdict fine"):
        assert words in told


def test_the_questions_agree_with_the_hand_and_the_rules(server: str) -> None:
    code, told = run("registry_questions", server, "--people", "800", "--sample", "150")
    assert code == 0, told
    assert told.count("the same: True") == 3
    assert "150 people walked through the rules, 0 differ" in told


KILLED = ("--people", "3000", "--kills", "3", "--watch", "0.3")


def test_killed_in_the_middle_of_an_import_the_registry_stays_whole(server: str) -> None:
    code, told = run("registry_crash", server, *KILLED)
    assert code == 0, told
    assert "NOT WHOLE" not in told


def test_filled_straight_into_the_live_registry_it_does_not(server: str) -> None:
    """A kill has to fall into the filling; where three missed it, three more are tried."""
    tries = (run("registry_crash", server, *KILLED, "--without-flip") for _ in range(8))
    assert any(code == 1 and "NOT WHOLE" in told for code, told in tries)
