"""Whole conversations, each one point, played over HTTP with real signatures and encryption."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.fresh import rehearsal
from bot.transcripts import play, read

if TYPE_CHECKING:
    from knowledge.library import Library

FOLDER = Path(__file__).parent / "conversations"
FILES = sorted(FOLDER.rglob("*.txt"))
LEAST = 120


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
async def test_conversation(path: Path, library: Library) -> None:
    transcript = read(path.read_text(encoding="utf-8"))  # noqa: ASYNC240 - a test has time
    async with rehearsal(library, lists=path.parent) as phone:
        differences = await play(transcript, phone)
    assert not differences, "\n\n".join(difference.show() for difference in differences)


def test_there_are_enough() -> None:
    assert len(FILES) >= LEAST


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_replies_are_fit_to_send(path: Path) -> None:
    for exchange in read(path.read_text(encoding="utf-8")).exchanges:
        reply = exchange.text
        assert len(reply.encode()) <= 2000
        assert "**" not in reply
        assert not re.search(r"\d{17}[\dXx]|1\d{10}", reply)
        assert not re.search(r"\d,\d{3}元|[一二三四五六七八九十]千元", reply)
        assert not re.search(r"[a-z]+_[a-z]+", reply), "an inner name slipped out"
        choices = re.findall(r"^(\d)\. ", reply, re.MULTILINE)
        assert choices == [str(number) for number in range(1, len(choices) + 1)]
        assert len(choices) <= 6
