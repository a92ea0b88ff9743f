"""An invented list of people as CSV: `python benchmarks/people_rows.py COUNT FILE [SEED]`.

Identities are of area 99xxxx, which is assigned to nobody; phones are 1390000xxxx.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
import sys
from typing import TYPE_CHECKING

from jcbot.people.identity import check_character
from knowledge.facts import FactBook
from knowledge.registry import load_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADING = (
    "姓名", "身份证号", "手机号", "县区", "乡镇", "劳动力类别", "重点群体", "户籍类型", "文化程度",
    "就业状态", "失业保险月数", "技能", "持有证书", "培训意愿", "就业意愿", "今年已免费培训次数",
    "建档状态", "建档日期",
)  # fmt: skip
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国文"
TRADES = ("电工", "焊工", "育婴员", "养老护理", "面点", "汽车维修", "家政", "电子商务", "")
FIRST, DAYS = dt.date(1963, 1, 1), 17_500  # in 2026 some are under 16, some over 60


def people(count: int, seed: int = 1) -> Iterator[tuple[str, ...]]:
    """Yield `count` rows in the order of `HEADING`; no two have the same ID number."""
    dice = random.Random(seed)
    words = {
        key: [next(w for w, c in column.words.items() if c == code) for code in column.codes]
        for key, column in load_registry(FactBook.load()).columns.items() if column.codes
    }  # fmt: skip
    step = 7919  # spreads neighbours over days and places
    for number in range(count):
        yield _person(number * step % (DAYS * 999 * 90), dice, words)


def _person(number: int, dice: random.Random, words: dict[str, list[str]]) -> tuple[str, ...]:
    rest, day = divmod(number, DAYS)
    area, sequence = divmod(rest, 999)
    birth = FIRST + dt.timedelta(days=day)
    body = f"99{1000 + area:04}{birth:%Y%m%d}{sequence + 1:03}"

    def one(key: str, unknown: float = 0.1) -> str:
        return "" if dice.random() < unknown else dice.choice(words[key])

    groups = "、".join(dice.sample(words["groups"], dice.choice((0, 1, 1, 2))))
    return (
        dice.choice(SURNAMES) + "".join(dice.choices(GIVEN, k=dice.choice((1, 2, 2)))),
        body + check_character(body),
        f"1390000{dice.randrange(10_000):04}" if dice.random() < 0.9 else "",
        one("county"), f"第{dice.randrange(20)}镇", one("labour_class"),
        groups or dice.choice(("", "无")), one("household_type"), one("education"),
        one("employed"), str(dice.randrange(60)) if dice.random() < 0.5 else "",
        dice.choice(TRADES), dice.choice(TRADES), dice.choice(TRADES),
        dice.choice(("", "本地", "外出")),
        dice.choice(("", "0", "1", "2", "3")), one("card_status"),
        f"2026-{dice.randint(1, 11):02}-{dice.randint(1, 28):02}",
    )  # fmt: skip


def write(count: int, path: str, seed: int = 1) -> None:
    with open(path, "w", encoding="utf-8-sig", newline="") as file:  # noqa: PTH123 - a script
        writer = csv.writer(file)
        writer.writerow(HEADING)
        writer.writerows(people(count, seed))


if __name__ == "__main__":
    write(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1)
