"""Transcripts: read, compared, rewritten."""

from __future__ import annotations

import pytest

from bot.transcripts import TranscriptError, matches, play, read, updated

SCRIPT = """\
# 问候
> 你好
< 您好
< 办什么事？

/click CHECK
< …2000元…
> /:rose
> 再见
"""


class Parrot:
    """Answers from a table, silence for the rest."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers

    async def enter(self, line: str) -> str:
        return self.answers.get(line, "")


def test_a_transcript_reads_and_writes_back_unchanged() -> None:
    script = read(SCRIPT)
    assert [exchange.line for exchange in script.exchanges] == [
        "你好",
        "/click CHECK",
        "/:rose",
        "再见",
    ]
    assert script.exchanges[0].text == "您好\n办什么事？"
    assert script.write() == SCRIPT


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("一…三", "一二三", True),
        ("…", "", True),
        ("一\n…\n三", "一\n二\n二\n三", True),
        ("一…", "二", False),
        ("2.0", "2x0", False),
        ("接着刚才的……", "接着刚才的……", True),
        ("", "多了", False),
    ],
)
def test_the_ellipsis_stands_for_anything(expected: str, actual: str, *, same: bool) -> None:
    assert matches(expected, actual) is same


async def test_differences_are_shown_and_can_be_taken_over() -> None:
    script = read(SCRIPT)
    player = Parrot(**{"你好": "您好\n要办什么？", "/click CHECK": "能领2000元。", "再见": "再会"})
    differences = await play(script, player)
    assert [difference.number for difference in differences] == [2, 9]
    assert differences[0].show() == "第2行 你好\n  您好\n- 办什么事？\n+ 要办什么？"
    again = updated(script, differences)
    assert await play(again, player) == []
    assert "< …2000元…" in again.write()


@pytest.mark.parametrize("text", ["< 谁先说的", "你好", "> 好\n# 注\n< 好"])
def test_a_line_out_of_place_is_named(text: str) -> None:
    with pytest.raises(TranscriptError, match="第"):
        read(text)
