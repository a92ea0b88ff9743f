"""No conversation, however odd, ends in a fault, in silence or in a reply unfit to send."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.fresh import rehearsal

if TYPE_CHECKING:
    from knowledge.library import Library

HANDS = Path(__file__).parent / "intents"
CONVERSATIONS = 120
STEERING = (
    "1|2|3|4|5|6|9|0|返回|重来|继续|停|人工|更多|不清楚|都不是|是|不是|没有|没交过|14个月|半年|10天|三级",
    "那技师呢|要是600人呢|不对，是10个月|高级工|45|好的|谢谢|说错了|删除我的资料|我妈呢|那我呢|钱发给谁",
    "多久到账|企业|农村户口|退伍军人|没证|1和3|第二个|我能领多少补贴|普惠制能领多少|我户口在河南",
)
EVENTS = ["/click CHECK", "/click MINE", "/follow", "/scan session_DG-1", "/voice", "/image"]


def sentences() -> list[str]:
    files = sorted(HANDS.glob("*.jsonl"))
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line)["text"] for line in lines]


@pytest.mark.parametrize("seed", range(4))
async def test_any_conversation_goes_on(library: Library, seed: int) -> None:
    chance, said = random.Random(seed), sentences()
    short = [*"|".join(STEERING).split("|"), *EVENTS]
    async with rehearsal(library) as phone:
        for number in range(CONVERSATIONS):
            await phone.enter(f"/as worker-{number}")
            talk: list[str] = []
            for _ in range(chance.randint(3, 10)):
                line = chance.choice([chance.choice(short), chance.choice(said)])
                reply = await phone.enter(line)
                talk += [f"> {line}", f"< {reply}"]
                assert reply, talk
                assert library.replies.text("arrivals.trouble") not in reply, talk
                assert len(reply.encode()) <= 2000, talk
                assert not re.search(r"[a-z]+_[a-z]+|[{}]|None", reply), talk
