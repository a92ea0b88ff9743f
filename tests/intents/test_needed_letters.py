"""Letters a text needs for a pattern: never more than the pattern itself asks for."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.concepts import load_concepts
from knowledge.needs import needed
from knowledge.reading import ROOT
from knowledge.slots import coming, dates
from knowledge.slots.patterns import patterns

TIMES = [each for part in (coming, dates) for each in vars(part).values()]
PATTERNS = [
    *(pattern for _, pattern in load_concepts(ROOT / "concepts.toml")._patterns),
    *patterns().values(),
    *(each for each in TIMES if isinstance(each, re.Pattern)),
]


@pytest.mark.parametrize(
    ("pattern", "needs"),
    [
        ("a", ["a"]), ("ab", ["a", "b"]), ("a|b", ["ab"]), ("a|", []), ("(?:ab|c)d", ["ac", "d"]),
        ("a?b", ["b"]), ("a*b+", ["b"]), ("a{0,6}?b", ["b"]), ("a{,3}", []), ("a{0}b", ["b"]),
        ("a{1,9}", ["a"]), ("[ab]", ["ab"]), ("[^a]b", ["b"]), ("[\u4e00-\u9fff]b", ["b"]),
        ("[0-3]", ["-0123"]), ("^.a$", ["a"]), (r"\?b", ["b"]), ("(?=a)b", ["a", "b"]),
        ("(?!a)b", ["b"]), ("(?<!a)b", ["b"]), ("(?P<n>a)(?P=n)b", ["a", "b"]), ("(?i)a", []),
        (r"[\d]a", []),
    ],
)  # fmt: skip
def test_what_a_pattern_needs(pattern: str, needs: list[str]) -> None:
    assert ["".join(sorted(one)) for one in needed(pattern)] == needs


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_a_pattern_is_found_in_has_the_letters(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from(PATTERNS))
    text = data.draw(st.from_regex(pattern))
    assert all(not letters.isdisjoint(text) for letters in needed(pattern.pattern))
