"""How topic files are read: order, what stands in every topic, slips told with file and key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from knowledge.reading import KnowledgeError
from knowledge.topics import load_topics

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("key", ["foremost", "everywhere", "of_one"])
def test_a_slip_in_the_aspects_is_told_with_file_and_key(tmp_path: Path, key: str) -> None:
    (tmp_path / "aspects.toml").write_text(f'{key} = ["x"]')
    (tmp_path / "topics").mkdir()
    with pytest.raises(KnowledgeError) as caught:
        load_topics(tmp_path / "topics")
    assert (caught.value.key, "aspects.toml" in caught.value.file) == (key, True)


def test_an_own_answer_takes_the_place_of_the_common_one(tmp_path: Path) -> None:
    aspect = '[[aspect]]\nname = "{0}"\nany = ["问"]\nanswer = "{0}。"\n'
    lists = 'foremost = ["a"]\neverywhere = ["b"]\nof_one = ["c"]\n'
    (tmp_path / "aspects.toml").write_text(lists + "".join(map(aspect.format, "abc")), "utf-8")
    (tmp_path / "topics").mkdir()
    head = 'title = "一"\nclause = "三（二）"\nanswer = "一。"\n'
    own = '[[variant]]\nname = "{0}"\nany = ["己"]\nanswer = "己。"\n'
    for name, extra in {
        "plain": "",
        "general": "general = true\n",
        "owner": own.format("b"),
        "without": 'without = ["a"]\n',
    }.items():
        (tmp_path / "topics" / f"{name}.toml").write_text(head + extra, "utf-8")
    topics = load_topics(tmp_path / "topics")
    names = {name: "".join(v.name for v in topic.variants) for name, topic in topics.items()}
    assert names == {"plain": "abc", "general": "ab", "owner": "abc", "without": "bc"}
    assert [v.answer for v in topics["owner"].variants] == ["a。", "己。", "c。"]


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('aspects = ["x"]', "aspects"),
        ('without = "a"', "without"),
        ('[[variant]]\nname = "a"\nanswer = "一。"', "variant[1].any"),
        ('[[variant]]\nname = "a"\nanswer = "一。"\npattern = "("', "variant[1].pattern"),
        ('[[variant]]\nname = "a"\nanswer = "一。"\nasks = "x"', "variant[1].asks"),
        ('[[variant]]\nname = "a"\nanswer = "一。"\nany = ["a"]\nwhen = 1', "variant[1].when"),
    ],
)
def test_a_slip_in_a_topic_is_told_with_file_and_key(tmp_path: Path, line: str, key: str) -> None:
    (tmp_path / "aspects.toml").write_text("")
    folder = tmp_path / "topics"
    folder.mkdir()
    head = 'title = "一"\nclause = "三（二）"\nanswer = "一。"\n'
    (folder / "one.toml").write_text(head + line)
    with pytest.raises(KnowledgeError) as caught:
        load_topics(folder)
    assert caught.value.key == key
    assert "one.toml" in caught.value.file
