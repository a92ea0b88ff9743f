"""An audience explained in Chinese: it names every value, and can be read in one way only."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
import town
from hypothesis import given
from hypothesis import strategies as st

from jcbot.announcing.explaining import explain
from jcbot.announcing.parsing import All, Any, Not, Term, parse_audience, terms
from knowledge.announcements import FIELDS, FILE, FUNCTIONS, STATES, load_announcing
from knowledge.reading import KnowledgeError

if TYPE_CHECKING:
    from pathlib import Path

    from jcbot.announcing.parsing import Node

SAYS = [
    (
        "county = 高平 and (group = veteran or wish ~ 电工) and not signed_up(DG-2026-12)",
        "县区是高平市，并且（是退役军人，或者想学“电工”），并且没有报DG-2026-12这个班",
    ),
    ("card or county != 高平 and followers",
     "在名册里，或者（县区不是高平市（没登记的也算），并且关注了公众号）"),
    ("not (card or followers)", "不符合（在名册里，或者关注了公众号）"),
    ("not not card", "不符合（不在名册里）"),
    ("reached_by(startup_training)", "按名册够“创业培训补贴”的条件"),
    ("one_fact_missing(培训期间生活费)", "“培训期间生活费”只差一项情况就能判"),
    ("订了(培训班通知) 且 非 候补(DG-1)", "订了培训班通知，并且没有在DG-1这个班候补"),
    ("wish ~ “电工，并且是退役军人”", "想学“电工，并且是退役军人”"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "means"), SAYS)
def test_it_is_explained(said: str, means: str) -> None:
    assert explain(parse_audience(said, town.words()), town.words()) == means


def a_term() -> st.SearchStrategy[Term]:
    values = town.words().values
    closed = [
        st.builds(Term, st.just(name), st.sampled_from(sorted(each.labels)))
        for name, each in values.items()
        if not each.free
    ]
    # whatever the language lets through: no quotes, for those end a value
    text = st.text(st.characters(blacklist_characters='"“”', blacklist_categories=["Cs"]))
    hard = st.sampled_from(["电工", "（", "）", "，并且是退役军人", "）这个班，或者（"])
    wanted = st.one_of(text.filter(str.strip), hard)
    free = [st.builds(Term, st.just(name), wanted) for name, each in values.items() if each.free]
    return st.one_of(*closed, *free, st.sampled_from([Term(name) for name in STATES]))


def trees() -> st.SearchStrategy[Node]:
    def bigger(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        some = st.lists(parts, min_size=2, max_size=4).map(tuple)
        return st.one_of(st.builds(Not, parts), st.builds(All, some), st.builds(Any, some))

    return st.recursive(a_term(), bigger, max_leaves=8)


@cache
def leaves() -> list[tuple[re.Pattern[str], str, bool]]:
    """How each condition reads, and its denial."""
    says, values = town.words().words.says, town.words().values
    found = []
    for phrases, on in ((says.denied, False), (says.terms, True)):
        for name, phrase in phrases.items():
            each = values.get(name)
            value = "" if each is None else "|".join(map(re.escape, each.labels.values()))
            value = "“[^”]*”|[A-Za-z0-9-]+" if each is not None and each.free else value
            before, _, behind = phrase.partition("{value}")
            pattern = f"{re.escape(before)}(?P<v>{value}){re.escape(behind)}"
            found.append((re.compile(pattern), name, on))
    return found


class Reader:
    """Reads an explanation back, as somebody would who knows nothing of what binds tighter."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def whole(self) -> Node:
        parts, joints = [self.part()], set()
        while joint := next((j for j in ("，并且", "，或者") if self.takes(j)), ""):
            joints.add(joint)
            parts.append(self.part())
        assert len(joints) <= 1, "two kinds side by side can be misread"
        if not joints:
            return parts[0]
        return (All if joints == {"，并且"} else Any)(tuple(parts))

    def part(self) -> Node:
        if self.takes("（"):
            return self.inside()
        if self.takes("不符合（"):
            return Not(self.inside())
        found = [
            (match, name, on)
            for pattern, name, on in leaves()
            if (match := pattern.match(self.text, self.at))
        ]
        match, name, on = max(found, key=lambda each: each[0].end())
        self.at = match.end()
        term = Term(name, self.code(name, match["v"]))
        return term if on else Not(term)

    def inside(self) -> Node:
        node = self.whole()
        assert self.takes("）")
        return node

    def takes(self, text: str) -> bool:
        if not self.text.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def code(self, name: str, shown: str) -> str:
        labels = town.words().values[name].labels if name in town.words().values else {}
        known = {label: code for code, label in labels.items()}
        return known.get(shown, shown.strip("“”"))


@given(trees())
def test_it_names_every_value_and_reads_back_as_the_same(tree: Node) -> None:
    said, values = explain(tree, town.words()), town.words().values
    for term in terms(tree):
        each = values.get(term.name)
        assert each is None or each.labels.get(term.value, term.value) in said
    reader = Reader(said)
    assert reader.whole() == tree
    assert reader.at == len(said)


def test_however_it_is_written_it_is_said_the_same() -> None:
    ways = ("county = 高平 and group = 退伍军人", "县区＝高平市 且 （群体 = veteran）")
    one, other = (explain(parse_audience(way, town.words()), town.words()) for way in ways)
    assert one == other == "县区是高平市，并且是退役军人"


def test_every_condition_has_its_words(tmp_path: Path) -> None:
    says = load_announcing().says
    assert set(says.terms) == set(says.denied) == FIELDS | STATES | FUNCTIONS
    text = FILE.read_text(encoding="utf-8")
    for old, new in (
        ('wish = "想学{value}"', ""),
        ('wish = "想学{value}"', 'wish = "想学"'),
        ('"县区是{value}"', '"{who}县区是{value}"'),
        ('"不符合（{part}）"', '"不符合"'),
    ):
        assert old in text
        (tmp_path / "a.toml").write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(KnowledgeError):
            load_announcing(tmp_path / "a.toml")
