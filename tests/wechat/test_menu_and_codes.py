"""The account's menu as data, and QR codes: `jcbot wechat menu push|show`, `jcbot wechat qr`."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from apis import APP_ID, SECRET
from typer.testing import CliRunner

from bot import account
from bot.wechat.pretend.faults import Fault
from bot.wechat.pretend.rules import Rules
from bot.wechat.pretend.world import pretending
from handlers.arrivals import CLICKS
from jcbot.errors import ConfigError, JcbotError
from knowledge.reading import KnowledgeError
from knowledge.wechat import FOLDER, load_wechat

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.wechat.pretend.world import Pretend

CLASSES = """班级编号,职业,县区,开班日期,天数,名额
GP-2026-12,焊工,高平市,2026-12-20,10,30
"""


def test_the_menu_is_what_the_house_says() -> None:
    menu = load_wechat().menu
    assert [(each.name, each.key) for each in menu] == [
        ("算补贴", "CHECK"), ("免费培训", "TRAINING"), ("我的", "")
    ]  # fmt: skip
    assert [each.key for each in menu[2].under] == ["CARD", "MINE", "HUMAN", "HELP"]
    keys = {each.key for button in menu for each in (button.under or (button,))}
    assert keys == set(CLICKS)


def button(name: str = "算补贴", key: str = "CHECK") -> str:
    return f'[[button]]\nname = "{name}"\nkey = "{key}"\n'


def under(count: int) -> str:
    some = (f'[[button.under]]\nname = "第{n}"\nkey = "K{n}"\n' for n in range(count))
    return '[[button]]\nname = "我的"\n' + "".join(some)


@pytest.mark.parametrize(
    ("menu", "fault"),
    [
        ("", "最少1个"),
        ("".join(button("一", f"K{n}") for n in range(4)), "最多3个"),
        (under(6), "最多5个"),
        (button("我能领多少"), "最多4个汉字"),
        (under(1).replace("第0", "一二三四五六七八九"), "最多8个汉字"),
        (button(key="K" * 129), "最多128字节"),
        (button(key="键" * 43), "最多128字节"),
        (button() + button("别的"), "一样"),
        (button(key=""), "要么有 key"),
        (under(1) + '[[button.under.under]]\nname = "深"\nkey = "D"\n', "只有两层"),
        (button() + 'kay = "CHECK"\n', "没有这样的项"),
    ],
)
def test_a_menu_wechat_would_not_take_is_a_fault_of_the_file(
    tmp_path: Path, menu: str, fault: str
) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "wechat")
    (folder / "menu.toml").write_text(menu, encoding="utf-8")
    with pytest.raises(KnowledgeError, match=fault):
        load_wechat(folder)


def test_a_code_given_twice_is_a_fault_of_the_file(tmp_path: Path) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "wechat")
    with (folder / "errors.toml").open("a", encoding="utf-8") as file:
        file.write(
            '[[error]]\ncodes = [-1]\nname = "x"\nkind = "limit"\nwait = "never"\nmeans = "x"\n'
        )
    with pytest.raises(KnowledgeError, match="写了两遍"):
        load_wechat(folder)


@pytest.fixture
async def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pretend]:
    """A pretend WeChat, and settings in the present folder that lead there."""
    monkeypatch.chdir(tmp_path)
    async with pretending(Rules(secret=SECRET, app_id=APP_ID)) as made:
        (tmp_path / "config.toml").write_text(
            f'[wechat]\napp_id = "{APP_ID}"\napp_secret = "{SECRET}"\napi_base = "{made.url}"\n'
            '[database]\nurl = "sqlite:///codes.db"\n',
            encoding="utf-8",
        )
        yield made


async def jcbot_wechat(*words: str) -> str:
    """Run the command in a thread, for the pretend WeChat answers in this one; its output."""
    import asyncio  # noqa: PLC0415 - used here only

    result = await asyncio.to_thread(CliRunner().invoke, account.app, words)
    if isinstance(result.exception, JcbotError):
        raise result.exception
    return result.output


async def test_the_menu_is_put_on_and_shown(pretend: Pretend) -> None:
    assert "没有菜单" in await jcbot_wechat("menu", "show")
    assert "  查登记  CARD" in await jcbot_wechat("menu", "push")
    assert [each["name"] for each in pretend.account.buttons] == ["算补贴", "免费培训", "我的"]
    assert "menu.toml 一样" in await jcbot_wechat("menu", "show")
    pretend.account.buttons[0] = {"type": "click", "name": "旧的", "key": "OLD"}
    assert "menu.toml 不一样" in await jcbot_wechat("menu", "show")


async def test_what_wechat_refuses_is_told_in_a_sentence(pretend: Pretend) -> None:
    pretend.faults.set(Fault(call="create_menu", code=48001))
    with pytest.raises(JcbotError, match=r"没有这个接口的权限.*48001"):
        await jcbot_wechat("menu", "push")
    pretend.faults.set(Fault(call="create_menu", body="half"))
    with pytest.raises(JcbotError, match="不知道办了没有"):
        await jcbot_wechat("menu", "push")
    pretend.rules = pretend.rules.changed({"secret": "another"})
    pretend.tokens.revoke()
    with pytest.raises(JcbotError, match="app_secret"):
        await jcbot_wechat("menu", "push")


async def test_without_a_secret_the_setting_is_named(pretend: Pretend, tmp_path: Path) -> None:
    text = (tmp_path / "config.toml").read_text().replace(SECRET, "")
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"wechat\.app_secret"):
        await jcbot_wechat("menu", "show")
    assert pretend.calls("token") == 0


async def test_a_county_and_a_class_get_a_code(pretend: Pretend, tmp_path: Path) -> None:
    import asyncio  # noqa: PLC0415 - used here only

    from bot.training import app as training  # noqa: PLC0415 - used here only

    (tmp_path / "classes.csv").write_text(CLASSES, encoding="utf-8")
    await asyncio.to_thread(CliRunner().invoke, training, ["import", "classes.csv"])
    assert "session_GP-2026-12.png" in await jcbot_wechat("qr", "GP-2026-12")
    await jcbot_wechat("qr", "--county", "高平市", "--out", "gaoping.svg")
    assert list(pretend.account.scenes.values()) == ["session_GP-2026-12", "county_高平市"]
    assert (tmp_path / "session_GP-2026-12.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert ET.parse(tmp_path / "gaoping.svg").getroot().tag.endswith("svg")  # noqa: S314 - our own


async def test_followers_and_tags_are_taken_over(pretend: Pretend) -> None:
    for number in range(3):
        pretend.people.put(f"o-{number}")
    assert await jcbot_wechat("followers") == "关注的3人。\n"
    pretend.people.put("o-1", "gone")
    assert (
        await jcbot_wechat("followers") == "关注的2人。原来记着、现在没有了的1人，记作不关注了。\n"
    )
    assert await jcbot_wechat("tags") == "公众号没有标签。\n"
    pretend.account.tag_names[100] = "村干部"
    pretend.people.put("o-2").tags.add(100)
    assert await jcbot_wechat("tags") == "村干部  1人\n"


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["qr"], "班级编号"),
        (["qr", "A", "--county", "高平市"], "班级编号"),
        (["qr", "--county", "火星"], "没有这个县区"),
        (["qr", "--county", "高平市", "--out", "a.gif"], "svg"),
    ],
)
async def test_what_makes_no_code_is_told(pretend: Pretend, words: list[str], fault: str) -> None:
    assert fault in await jcbot_wechat(*words)
    assert pretend.account.scenes == {}


async def test_a_class_that_does_not_exist_gets_none(pretend: Pretend) -> None:
    with pytest.raises(JcbotError, match="没有找到这个班"):
        await jcbot_wechat("qr", "GP-2026-99")
    assert pretend.account.scenes == {}
