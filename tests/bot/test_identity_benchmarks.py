"""The long measurements of identity at small size: they run, hold, and can fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.identity_timing import auc

ROOT = Path(__file__).parent.parent.parent


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own scripts
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("extra", [[], ["--plain"]])
def test_nothing_leaks_and_without_sealing_it_does(extra: list[str]) -> None:
    done = run("benchmarks.leaks", "--seeds", "60", "--talkers", "4", *extra)
    assert "Traceback" not in done.stderr
    assert done.returncode == (1 if extra else 0), done.stdout


def test_timing_goes_through_both_levels(tmp_path: Path) -> None:
    """No verdict at this size: a test has no business with time."""
    url = f"sqlite:///{tmp_path}/t.db"
    done = run("benchmarks.identity_timing", "--url", url, "--people", "300", "--tries", "10")
    assert "Traceback" not in done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 11
    assert sum("AUC 0.500" in line for line in lines) >= 2


@pytest.mark.parametrize(
    ("times", "others", "told"),
    [([1, 2], [3, 4], 0.0), ([3, 4], [1, 2], 1.0), ([1, 4], [2, 3], 0.5)],
)
def test_auc(times: list[float], others: list[float], told: float) -> None:
    assert auc(times, others) == told
