"""Commands and measurements run as somebody at a terminal would: in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def jcbot(*words: str, cwd: Path, given: str = "", **settings: str) -> tuple[int, str, str]:
    """Run a command on the database t.db of a folder, at ten o'clock of a Monday."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("JCBOT_")}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    mine = {
        "JCBOT_CLOCK__FIXED": "2026-11-23T10:00:00+08:00",
        "JCBOT_DATABASE__URL": f"sqlite:///{cwd}/t.db",
        "PYTHONPATH": path,
    }
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "bot.cli", *words], cwd=cwd, input=given,
        env=kept | mine | settings, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def measure(module: str, *words: str) -> tuple[int, str]:
    """Run a measurement of benchmarks/; its exit code and what it printed."""
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-m", f"benchmarks.{module}", *words],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout
