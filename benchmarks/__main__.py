"""All measurements one after another: `python -m benchmarks` (that is `make bench`)."""

from __future__ import annotations

import subprocess
import sys

PARTS = ("walk", "storage", "road", "reading")


def main() -> int:
    """Run each part in a process of its own, so that none warms up another."""
    failed = 0
    for part in PARTS:
        print(f"\n== {part}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{part}"]
        failed |= subprocess.run(command, check=False).returncode  # noqa: S603 - our own modules
    return failed


if __name__ == "__main__":
    sys.exit(main())
