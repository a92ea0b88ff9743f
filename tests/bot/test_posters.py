"""Posters: all that is known stands on them, nothing overlaps, the code is the one WeChat gave."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import shutil
import struct
import sys
import xml.etree.ElementTree as ET
import zlib
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot import account, poster_svg, rendering, training
from bot.poster_svg import BESIDE, CODE, FOOTER, HEADLINE, LINE, QUIET, ROWS, TITLE, draw_poster
from bot.wechat.pretend.rules import Rules
from bot.wechat.pretend.world import pretending
from handlers.posters import of_class, of_county
from jcbot.clock import SHANGHAI
from jcbot.errors import JcbotError
from jcbot.settings import Human
from jcbot.training.model import Course
from knowledge.reading import ROOT
from knowledge.replies import load_replies
from knowledge.training import load_training

sys.path.append(str(Path(__file__).parent.parent / "wechat"))
from apis import APP_ID, SECRET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

    from bot.poster_svg import Box
    from bot.wechat.pretend.world import Pretend

COLUMNS, REPLIES = load_training().columns, load_replies(ROOT / "replies")
ADDRESS = "http://weixin.qq.com/q/02abcDEFghiJKLmnoPQRstuVWXyz"
BOXES = (TITLE, HEADLINE, ROWS, BESIDE, FOOTER)
SVG = "{http://www.w3.org/2000/svg}"


def course(**more: Any) -> Course:
    texts = dict.fromkeys(("bring", "plan", "teachers"), "")
    values = texts | {
        "id": 1, "number": "DG-2026-12", "occupation": "电工", "level": "junior",
        "kind": "inclusive", "county": "高平市", "place": "职教中心2号楼",
        "first_day": dt.date(2026, 12, 1), "last_day": dt.date(2026, 12, 7), "days": 7,
        "hours": "每天8:30到17:30", "seats": 30,
        "deadline": dt.datetime(2026, 11, 30, tzinfo=SHANGHAI), "contact": "王老师",
        "phone": "0356-5200000", "body": "甲学校", "state": "open", "confirmed": 0, "waiting": 0,
    }  # fmt: skip
    return Course(**(values | more))


def drawn(**more: Any) -> str:
    return draw_poster(of_class(REPLIES, COLUMNS, course(**more), Human()), ADDRESS)


def lines(svg: str) -> list[tuple[float, float, float, str]]:
    """The lines of text: x, top of their box, size, words."""
    found = []
    for each in ET.fromstring(svg).iter(f"{SVG}text"):  # noqa: S314 - our own
        size, words = float(each.attrib["font-size"]), each.text or ""
        top = float(each.attrib["y"]) - size * (LINE + 0.72) / 2
        found.append((float(each.attrib["x"]), top, size, words))
    return found


def test_all_that_is_known_stands_on_it() -> None:
    said = "\n".join(words for *_, words in lines(drawn()))
    for part in (
        "免费技能培训班招生", "电工班（初级）", "2026年12月1日（周二）",
        "7天，到2026年12月7日（周一）结束", "每天8:30到17:30", "高平市 职教中心2号楼", "30人",
        "2026年11月29日（周日）为止", "王老师 0356-5200000", "甲学校", "班级编号 DG-2026-12",
        "微信扫一扫",
    ):  # fmt: skip
        assert part in said
    bare = drawn(kind="skill_upgrade", level="", hours="", place="", contact="", phone="")
    said = "\n".join(words for *_, words in lines(bare))
    assert "免费" not in said, "the document says so of some kinds only"
    assert "上课" not in said
    assert "人社部门工作人员 12333" in said
    assert "高平市\n" in said


def test_what_a_list_may_hold_is_no_markup() -> None:
    svg = drawn(occupation="<b>电&工\x01", place="“甲”\u3000路")
    assert any("<b>电&工" in words for *_, words in lines(svg))


# Whatever the columns let in, at their longest too: broad letters, no blank to break at.
HARD = st.sampled_from(["王", "W", "（", "，", "a1 ", "m@", "某某路3号、", "9", "️e", "x" * 60])


def texts(most: int) -> st.SearchStrategy[str]:
    longest = HARD.map(lambda part: (part * most)[:most])
    mixed = st.lists(HARD, min_size=1, max_size=most).map(lambda parts: "".join(parts)[:most])
    return st.one_of(longest, mixed).filter(str.strip)


@settings(deadline=None)
@given(
    occupation=texts(40), place=texts(100), hours=texts(100), contact=texts(40), phone=texts(40),
    body=texts(60), number=st.sampled_from(["A" * 40, "W-" * 20, "DG-2026-12"]),
    level=st.sampled_from(["", "senior_technician"]),
)  # fmt: skip
def test_nothing_overlaps_and_nothing_is_lost(**more: str) -> None:
    poster = of_class(
        REPLIES, COLUMNS, course(**more, days=1100, seats=2000), Human(name="局" * 20)
    )
    found = lines(draw_poster(poster, ADDRESS))
    columns: dict[tuple[Box, float], list[tuple[float, float]]] = {}
    for x, top, size, words in found:
        box = next(each for each in BOXES if each.y <= top + 0.02 < each.y + each.height)
        assert top + LINE * size <= box.y + box.height + 0.02, words
        room = box.width if box is not ROWS else box.x + box.width - x
        assert sum(map(broad, words)) * size <= room + 0.02, words
        columns.setdefault((box, x), []).append((top, top + LINE * size))
    for stretch in columns.values():
        for (_, end), (start, _) in pairwise(stretch):
            assert end <= start + 0.02
    shown = re.sub(r"\W", "", "".join(words for *_, words in found))
    meant = (poster.headline, *(text for _, text in poster.rows), *poster.beside)
    for text in meant:
        printable = "".join(each for each in text if each.isprintable())
        assert re.sub(r"\W", "", printable) in shown


def broad(char: str) -> float:
    """How broad a letter is in Noto Sans, the broadest of the fonts asked for."""
    if not char.isascii():
        return 1.0
    known = {"W": 0.95, "m": 0.93, "@": 0.95, "M": 0.9, "w": 0.8, "%": 0.92}
    return known.get(char, 0.73 if char.isupper() else 0.61)


def pixels(file: Path) -> list[list[bool]]:
    """Which pixels of an RGB or RGBA picture are dark, by row."""
    data, at, packed = file.read_bytes(), 8, b""
    width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
    assert (depth, colour in {2, 6}) == (8, True)
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        packed += data[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += length + 12
    step = 3 if colour == 2 else 4
    raw, above, rows = zlib.decompress(packed), bytes(width * step), []
    for y in range(height):
        start = y * (width * step + 1)
        above = unfiltered(raw[start], raw[start + 1 : start + 1 + width * step], above, step)
        rows.append([sum(above[x : x + 3]) < 384 for x in range(0, len(above), step)])
    return rows


def unfiltered(how: int, line: bytes, above: bytes, step: int) -> bytes:
    done = bytearray(line)
    for n, value in enumerate(line):
        left, up = done[n - step] if n >= step else 0, above[n]
        corner = above[n - step] if n >= step else 0
        guess = min((left, up, corner), key=lambda each: abs(left + up - corner - each))
        done[n] = (value + (0, left, up, (left + up) // 2, guess)[how]) % 256
    return bytes(done)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> float:
    """Draw few pixels, for they are read in Python; how many a millimetre."""
    if shutil.which("rsvg-convert") is None:
        pytest.skip("apt-get install librsvg2-bin fonts-noto-cjk")
    monkeypatch.setattr(rendering, "WIDTH", 630)
    monkeypatch.setattr(rendering, "HEIGHT", 891)
    return 3.0


def test_as_a_picture_the_code_is_the_one_of_the_address(tmp_path: Path, small: float) -> None:
    long = {"occupation": "W" * 40, "place": "路" * 100, "hours": "W" * 100, "contact": "王" * 40}
    rendering.render(drawn(**long), tmp_path / "p.png")
    rows = pixels(tmp_path / "p.png")
    code = segno.make_qr(ADDRESS, error="m").matrix
    side = CODE.width / (len(code) + 2 * QUIET)
    for y, modules in enumerate(code):
        for x, dark in enumerate(modules):
            row = int((CODE.y + (y + QUIET + 0.5) * side) * small)
            assert rows[row][int((CODE.x + (x + QUIET + 0.5) * side) * small)] == bool(dark)
    below = int(poster_svg.BAND.height * small) + 1
    margins = [row[: 15 * 3] + row[195 * 3 :] for row in rows[below:]]
    assert not any(map(any, margins)), "nothing runs over"
    assert any(map(any, (row[17 * 3 : 194 * 3] for row in rows[42 * 3 : 88 * 3]))), "letters"


CLASSES = """班级编号,职业,县区,开班日期,天数,名额
GP-2026-12,焊工,高平市,2026-12-20,10,30
GP-2026-10,焊工,高平市,2026-10-20,10,30
"""


@pytest.fixture
async def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pretend]:
    """A pretend WeChat, two classes, and settings in the present folder."""
    monkeypatch.chdir(tmp_path)
    async with pretending(Rules(secret=SECRET, app_id=APP_ID)) as made:
        (tmp_path / "config.toml").write_text(
            f'[wechat]\napp_id = "{APP_ID}"\napp_secret = "{SECRET}"\napi_base = "{made.url}"\n'
            '[database]\nurl = "sqlite:///codes.db"\n'
            '[clock]\nfixed = "2026-11-23T09:00:00+08:00"\n',
            encoding="utf-8",
        )
        (tmp_path / "classes.csv").write_text(CLASSES, encoding="utf-8")
        await asyncio.to_thread(CliRunner().invoke, training.app, ["import", "classes.csv"])
        yield made


async def poster(*words: str) -> str:
    result = await asyncio.to_thread(CliRunner().invoke, account.app, ["poster", *words])
    if isinstance(result.exception, JcbotError):
        return str(result.exception)
    return result.output


def paths(svg: str) -> Iterator[str]:
    return (each.attrib["d"] for each in ET.fromstring(svg).iter(f"{SVG}path"))  # noqa: S314


async def test_a_class_and_a_county_get_a_poster(pretend: Pretend, tmp_path: Path) -> None:
    assert "poster_session_GP-2026-12.svg" in await poster("GP-2026-12")
    assert "gp.svg" in await poster("--county", "高平", "--out", "gp.svg")
    files = {"session_GP-2026-12": "poster_session_GP-2026-12.svg", "county_高平市": "gp.svg"}
    assert list(pretend.account.scenes.values()) == list(files)
    for url, scene in pretend.account.scenes.items():
        svg = (tmp_path / files[scene]).read_text(encoding="utf-8")
        code = segno.make_qr(url, error="m").svg_inline(border=QUIET, omitsize=True)
        assert re.search(r' d="([^"]*)"', code).group(1) in set(paths(svg))  # type: ignore[union-attr]
        assert {"焊工班"} <= {words for *_, words in lines(svg)} or "county" in scene


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "班级编号"),
        (["GP-2026-12", "--county", "高平"], "班级编号"),
        (["--county", "火星"], "没有这个县区"),
        (["GP-2026-12", "--out", "a.pdf"], ".svg 或 .png"),
        (["GP-2026-10"], "不用再贴海报"),
        (["GP-2026-99"], "没有找到这个班"),
        (["GP-2026-12", "--out", "no/such/a.svg"], "写不了文件"),
    ],
)
async def test_what_makes_no_poster_is_told(pretend: Pretend, words: list[str], said: str) -> None:
    assert said in await poster(*words)
    assert len(pretend.account.scenes) == (said == "写不了文件")


async def test_a_picture_needs_a_program_and_without_one_there_is_the_svg(
    pretend: Pretend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("rsvg-convert"):
        assert "a.png" in await poster("GP-2026-12", "--out", "a.png")
        assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
        (tmp_path / "a.png").unlink()
    monkeypatch.setattr(rendering.shutil, "which", lambda _name: None)
    said = await poster("GP-2026-12", "--out", "a.png")
    assert "装 librsvg2-bin" in said
    assert "a.svg，用浏览器打开就能打印" in said
    assert (tmp_path / "a.svg").exists()
    assert not (tmp_path / "a.png").exists()
    assert pretend.account.scenes


def test_a_county_without_a_class_yet() -> None:
    words = of_county(REPLIES, "陵川县", Human())
    said = "\n".join(words for *_, words in lines(draw_poster(words, ADDRESS)))
    assert "看陵川县有哪些班" in said
