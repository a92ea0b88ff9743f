"""How long one person takes through all rules: `python -m benchmarks.walk`."""

from __future__ import annotations

import datetime as dt
import statistics
import time

from benchmarks.random_people import people
from knowledge.facts import FactBook
from knowledge.rules import PolicySet

ON = dt.date(2026, 11, 23)


def main() -> None:
    """Print load time, and the median and 95th percentile of one person."""
    started = time.perf_counter()
    book = FactBook.load()
    policies = PolicySet.load(book=book)
    print(f"load: {(time.perf_counter() - started) * 1e3:.1f} ms")
    everything = {"asked": list(policies.benefits)}
    for unknown in (0.0, 0.5, 0.9):
        crowd = [book.parse(person | everything) for person in people(book, 1000, 7, unknown)]
        spent = []
        for facts in crowd:
            begun = time.perf_counter()
            policies.estimate(facts, ON)
            spent.append((time.perf_counter() - begun) * 1e6)
        cuts = statistics.quantiles(spent, n=20)
        print(f"unknown {unknown:.0%}: median {cuts[9]:.0f} µs, p95 {cuts[18]:.0f} µs, all rules")


if __name__ == "__main__":
    main()
