"""knowledge/sending/kinds.toml: nonsense is refused, naming the key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from knowledge.reading import ROOT, KnowledgeError
from knowledge.sending import load_sending

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
[quiet]
from = 21
until = 8
[custom]
hours = 48
messages = 5
[mass]
a_month = 4
least = 2
most = 100
hours = 20
[sms]
characters = 70
[kind.word]
channels = ["custom"]
urgent = false
hours = 24
"""
SAID_BY_STAFF = {"announcement", "announcement_test"}
FAULTS = [
    ("hours = 24", "", "kind.word.hours", "缺少这一项"),
    ("hours = 24", "hours = 0", "kind.word.hours", "只能是1到1440"),
    ("hours = 24", "hours = -3", "kind.word.hours", "只能是1到1440"),
    ("hours = 24", "hours = 1441", "kind.word.hours", "只能是1到1440"),
    ("hours = 24", 'hours = "一天"', "kind.word.hours", "应当是一个整数"),
    ("hours = 24", "hours = true", "kind.word.hours", "应当是一个整数"),
    ("hours = 24", "hours = 11", "kind.word.hours", "夜里要等11小时"),
    ("hours = 24", "hours = 24\nhour = 1", "kind.word.hour", "没有这样的项"),
    ('["custom"]', "[]", "kind.word.channels", "至少一个"),
    ("from = 21", "from = 24", "quiet.from", "只能是0到23"),
]


@pytest.mark.parametrize(("old", "new", "key", "fault"), FAULTS)
def test_nonsense_is_refused(tmp_path: Path, old: str, new: str, key: str, fault: str) -> None:
    path = tmp_path / "kinds.toml"
    path.write_text(GOOD, encoding="utf-8")
    load_sending(path)
    assert GOOD.count(old) == 1
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=re.escape(fault)) as caught:
        load_sending(path)
    assert caught.value.key == key


def test_what_is_urgent_may_end_within_a_night(tmp_path: Path) -> None:
    path = tmp_path / "kinds.toml"
    path.write_text(GOOD.replace("urgent = false\nhours = 24", "urgent = true\nhours = 1"))
    assert load_sending(path).kinds["word"].worth.total_seconds() == 3_600


def test_every_kind_that_is_promised_has_its_rules_and_words() -> None:
    words = (ROOT / "replies" / "notices.toml").read_text(encoding="utf-8")
    for kind in set(load_sending(ROOT / "sending" / "kinds.toml").kinds) - SAID_BY_STAFF:
        assert re.search(rf"^{kind} = ", words, re.MULTILINE), kind
