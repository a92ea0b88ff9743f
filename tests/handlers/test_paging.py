"""Pages: whole, small enough, and never cutting what is seen as one character."""

from __future__ import annotations

import pytest

from handlers.paging import cut, paginate

FAMILY = "👨‍👩‍👧‍👦"
LIMIT = 120
UNITS = ["字", "a", "第一句。", "一行\n", FAMILY, "🇨🇳", "👍🏽", "e\u0301", "1. 一\n", "\ud83d"]


@pytest.mark.parametrize("unit", UNITS)
def test_pages_lose_nothing_and_fit(unit: str) -> None:
    text = unit * 200
    pages = paginate(text, LIMIT)
    assert all(0 < len(page.encode("utf-8", "replace")) <= LIMIT for page in pages)
    assert "".join("".join(pages).split()) == "".join(text.split())
    visible = unit.strip()
    assert all(len(page.replace("\n", "")) % len(visible) == 0 for page in pages)


def test_a_page_ends_where_a_line_or_a_sentence_ends() -> None:
    lines = "\n".join(f"{number}. 选项{number}的说明文字" for number in range(1, 20))
    assert all(page[0].isdigit() for page in paginate(lines, LIMIT))
    sentences = "这是一句话，说得不长不短。" * 20
    assert all(page.endswith("。") for page in paginate(sentences, LIMIT))


def test_a_short_text_is_one_page() -> None:
    assert paginate(" 好 ", LIMIT) == ["好"]
    assert paginate("", LIMIT) == [""]


def test_a_cluster_longer_than_any_page_is_cut_at_last() -> None:
    zalgo = "e" + "\u0301" * 500
    assert "".join(paginate(zalgo, LIMIT)) == zalgo
    assert cut(FAMILY, 5) == 1
