"""Facts, wanted classes and answers out of what people write; pure, no clock.

`extract_facts`, `extract_slots` and `read_answer` read text that `knowledge.normalise` has
been over; `load` reads all word lists at once, so that a fault in them shows at start.
"""

import datetime as dt

from knowledge.normalise import mishearings, normalise
from knowledge.slots.answers import Answer, read_answer
from knowledge.slots.facts import extract_facts
from knowledge.slots.wanted import extract_slots, mentioned_levels

__all__ = [
    "Answer", "extract_facts", "extract_slots", "load", "mentioned_levels", "read_answer",
]  # fmt: skip


def load() -> None:
    """Read every word list now; a fault in one is a `KnowledgeError`."""
    mishearings()
    today = dt.date(2026, 1, 1)
    text = normalise("我今年四十五，高级工，三个月前")
    extract_facts(text, today)
    extract_slots(text, today)
