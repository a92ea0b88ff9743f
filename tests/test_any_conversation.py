"""No conversation, however odd, ends in a fault, in silence or in a reply unfit to send."""

from __future__ import annotations

import csv
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
LISTS = Path(__file__).parent / "conversations" / "people"
WHO = (
    "我在册吗|我的卡|同意|同意|不同意|1|2|3|确定|是|不|跳过|我要登记|改登记|我换手机号了|13900007777",
    "解绑|撤回同意|我的培训|报名 DG-2026-12|报名 YY-2026-12|高平有啥电工班|取消报名|查看我的资料",
    "删除我的资料|附近有啥班|我叫李秀英|停|继续|我能领多少补贴|5678|1234|0001|没留过",
    "/click CARD|/unfollow|/follow|/notices",
)


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


def listed() -> list[dict[str, str]]:
    with (LISTS / "people.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def told(person: dict[str, str], chance: random.Random) -> str:
    """How somebody says who he is: rightly, without the phone, or as somebody else."""
    name, number, tail = person["姓名"], person["身份证号"], person["手机号"][-4:]
    wrong = chance.choice(listed())
    return chance.choice(
        [f"{name} {number} {tail}"] * 3
        + [
            f"{name} {number}",
            name,
            number,
            f"{wrong['姓名']} {number} {tail}",
            f"13900000{tail[:3]}",
        ]
    )


@pytest.mark.parametrize("seed", range(4))
async def test_no_reply_names_a_person_or_a_number(library: Library, seed: int) -> None:
    """Hundreds of people come, bind, ask, change phones: none of the lists' names or numbers."""
    chance, words, people = random.Random(seed), "|".join(WHO).split("|"), listed()
    secrets = [row[column] for row in people for column in ("姓名", "身份证号", "手机号")]
    bound = 0
    async with rehearsal(library, lists=LISTS) as phone:
        for number in range(60):
            await phone.enter(f"/as worker-{number % 20}")
            person, talk = chance.choice(people), []
            opening = ["我在册吗", "同意", told(person, chance)]
            rest = (chance.choice([*words, told(person, chance)]) for _ in range(10))
            for line in [*opening, *rest]:
                reply = await phone.enter(line)
                talk += [f"> {line}", f"< {reply}"]
                bound += "核对好了" in reply
                assert library.replies.text("arrivals.trouble") not in reply, talk
                assert not [each for each in secrets if each and each in reply], talk
                assert not re.search(r"\d{17}|(?<!\d)1[3-9]\d{9}", reply), talk
                assert not re.search(r"[a-z]+_[a-z]+|[{}]|None", reply), talk
            await phone.enter("/time +20m")
    assert bound > 20, "few were bound: this would show little"
