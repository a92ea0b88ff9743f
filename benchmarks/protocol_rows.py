"""The protocol rows of the fault list, outcome by outcome: `python -m benchmarks.protocol_rows`.

Runs tests/wechat with 500 dribblers and the real deadlines, and prints one line per row.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"test_([a-z]+)(\d+)_(.*?)(?:\[|$)")


class Rows:
    """Collects the outcomes of the tests named after a row."""

    def __init__(self) -> None:
        self.outcomes: dict[tuple[str, int], list[bool]] = defaultdict(list)
        self.sentences: dict[tuple[str, int], list[str]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        found = ROW.match(report.nodeid.split("::")[-1])
        row = (found[1].upper(), int(found[2])) if found else ("Z", 0)
        sentence = (found[3] if found else report.nodeid.split("::test_")[-1]).replace("_", " ")
        self.outcomes[row].append(report.passed)
        if sentence.split("[")[0] not in self.sentences[row]:
            self.sentences[row].append(sentence.split("[")[0])


def main() -> int:
    os.environ.setdefault("JCBOT_TEST_DRIBBLERS", "500")
    rows = Rows()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        pytest.main(["-q", "--timeout", "300", str(ROOT / "tests" / "wechat")], plugins=[rows])
    for row in sorted(rows.outcomes):
        good, total = sum(rows.outcomes[row]), len(rows.outcomes[row])
        name = "other" if row[0] == "Z" else f"{row[0]}{row[1]}"
        state = "holds" if good == total else "FAILS"
        print(f"{name:6} {state}  {good}/{total}  {'; '.join(rows.sentences[row])}")
    good = all(all(outcomes) for outcomes in rows.outcomes.values())
    if not good or not rows.outcomes:
        print(said.getvalue())
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
