"""`jcbot people requests`, `accept`, `refuse` as staff meet them, and what the worker reads."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_cli import jcbot

from bot.fresh import door_of, fill, fresh_config, serving
from bot.telephone import telephone
from handlers.notices import notice
from jcbot.clock import Clock
from jcbot.config import Config, load_config
from jcbot.keyring import open_keyring
from jcbot.outbox import promised
from jcbot.people import cards, deciding
from jcbot.people.keys import PeopleKeys
from jcbot.storage.database import open_database

sys.path.append(str(Path(__file__).parent.parent / "jcbot"))
from lists import id_number, people, write_list

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from knowledge.library import Library

CONVERSATIONS = Path(__file__).parent.parent / "conversations" / "people"
NEWCOMER = id_number(900, "19900203")
PHONES = ("13900000001", "13900007777", "13900008888")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A registry of five people; 1 wants another phone, 2 is new, 3 wants another town."""
    (tmp_path / "config.toml").write_text(
        f'[database]\nurl = "sqlite:///{tmp_path}/p.db"\n[clock]\nfixed = 2026-11-23\n',
        encoding="utf-8",
    )
    write_list(tmp_path / "a.csv", people(5))
    assert jcbot("people", "import", "a.csv", cwd=tmp_path)[0] == 0
    keys = PeopleKeys(open_keyring(load_config(tmp_path / "config.toml")))
    newcomer = {
        "name": "钱进",
        "id_number": NEWCOMER,
        "phone": PHONES[2],
        "groups": {"veteran": True},
    }
    told = [
        cards.Told("a", keys.id_key(id_number(1)), cards.CORRECT, {"phone": PHONES[1]}),
        cards.Told("b", keys.id_key(NEWCOMER), cards.REGISTER, newcomer),
        cards.Told("c", keys.id_key(id_number(2)), cards.CORRECT, {"town": "北城"}),
    ]

    def ask(conn: Connection) -> None:
        for each in told:
            cards.ask(conn, keys, each, Clock().now())

    run(tmp_path, ask)
    return tmp_path


def run(folder: Path, work: Callable[[Connection], object]) -> object:
    async def go() -> object:
        database = open_database(f"sqlite:///{folder}/p.db")
        try:
            return await database.run(work)
        finally:
            await database.close()

    return asyncio.run(go())


def test_listed_accepted_refused_and_told(folder: Path, library: Library) -> None:
    code, out, _ = jcbot("people", "requests", cwd=folder)
    assert code == 0
    assert f"李* 990***********{id_number(1)[-4:]}" in out
    assert "手机号：139****0001 → 139****7777" in out
    assert "名册里没有，会新加" in out
    assert "重点群体：（空） → 退役军人" in out
    listed = json.loads(jcbot("people", "requests", "--json", cwd=folder)[1])["requests"]
    assert [(each["number"], each["kind"], each["in_registry"]) for each in listed] == [
        (1, "correct", True), (2, "register", False), (3, "correct", True),
    ]  # fmt: skip
    code, out, _ = jcbot("people", "accept", "1", cwd=folder)
    assert (code, out.splitlines()[-1]) == (
        1,
        "什么也没有改。看过没有问题，就加上 --yes 再来一次。",
    )
    code, out, _ = jcbot("people", "accept", "1", "2", "--yes", cwd=folder)
    assert (code, out.splitlines()[-1]) == (0, "已写进名册：2份，都会通知本人。")
    assert jcbot("people", "count", cwd=folder)[1] == "6\n"
    code, out, _ = jcbot("people", "refuse", "1", "3", "--reason", "材料不符", "--yes", cwd=folder)
    assert code == 1
    assert "1号：1号申请已经有人办过了" in out
    assert jcbot("people", "requests", cwd=folder)[1] == "没有等着核实的。\n"
    for secret in (NEWCOMER, id_number(1), *PHONES, "钱进"):
        assert secret not in json.dumps(listed, ensure_ascii=False) + out
    told = [notice(library, each, None, Config().human).text for each in run(folder, promised)]
    assert [each.partition("交的")[2] for each in told] == [
        "更正核实通过了，回复“我的卡”看。",
        "登记核实通过了，回复“我的卡”看。",
        (
            "更正没有通过核实：和您的证件、材料对不上，请带身份证到村（社区）或人社窗口核对。"
            "可以改好再交，不清楚就打12333。"
        ),
    ]


def test_a_reason_with_a_number_is_refused_before_anything(folder: Path) -> None:
    words_ = ("people", "refuse", "1", "--reason", f"打{PHONES[0]}不通", "--yes")
    code, out, said = jcbot(*words_, cwd=folder)
    assert (code, out, said) == (1, "", "原因里不能写身份证号、手机号这样的号码。\n")
    assert len(json.loads(jcbot("people", "requests", "--json", cwd=folder)[1])["requests"]) == 3


def test_the_next_import_names_what_it_does_not_have(folder: Path) -> None:
    assert jcbot("people", "accept", "1", "2", "--yes", cwd=folder)[0] == 0
    code, out, _ = jcbot("people", "import", "a.csv", "--dry-run", cwd=folder)
    assert code == 0
    assert "名册里有2人的内容和已核实的更正不一样，没有自动合并：" in out
    assert "（1号申请）手机号" in out
    assert "名册里没有 钱*" in out


def test_where_the_city_has_a_service_lists_are_not_imported(folder: Path) -> None:
    with (folder / "config.toml").open("a", encoding="utf-8") as file:
        file.write('[registry]\nurl = "https://registry.invalid/person"\n')
    for words_ in (("import", "a.csv", "--yes"), ("undo",)):
        code, out, said = jcbot("people", *words_, cwd=folder)
        assert (code, out) == (1, "")
        assert said.startswith("名册由市里的名册服务提供")
    code, out, _ = jcbot("people", "accept", "1", "--yes", cwd=folder)
    assert (code, "请在那边也改好" in out) == (0, True)


def test_each_decision_has_its_line_and_keeps_to_the_county(folder: Path) -> None:
    add = ("staff", "add", "--password-stdin", "--role", "县区经办", "--county")
    for county, name in (("高平", "liwei"), ("阳城", "wang")):
        assert jcbot(*add, county, name, cwd=folder, given="tractor-moon-71\n")[0] == 0
    code, out, _ = jcbot("people", "accept", "1", "--yes", "--as", "wang", cwd=folder)
    assert code == 1
    assert "只能办阳城县的" in out
    assert jcbot("people", "accept", "1", "--yes", "--as", "liwei", cwd=folder)[0] == 0
    words_ = ("people", "refuse", "3", "--reason", "电话不通", "--yes", "--as", "liwei")
    assert jcbot(*words_, cwd=folder)[0] == 0
    assert jcbot("audit", "verify", cwd=folder)[0] == 0
    with closing(sqlite3.connect(folder / "p.db")) as conn:
        query = "SELECT actor, reason, after FROM audit WHERE action = 'people.cards'"
        lines = list(conn.execute(query))
    assert [json.loads(after) for _, _, after in lines] == [
        {"request": 1, "kind": "correct", "state": "accepted", "columns": ["phone"]},
        {"request": 3, "kind": "correct", "state": "refused", "columns": ["town"]},
    ]
    assert ["liwei" in actor for actor, _, _ in lines] == [True, True]
    assert lines[1][1].startswith("按您留的手机号联系不上您")


async def test_from_the_talk_to_the_card(library: Library) -> None:
    config = fresh_config()
    async with serving(config, library) as server, telephone(door_of(config, server.url)) as phone:
        desk = server.service.desk
        await fill(server.service, CONVERSATIONS)
        for line in ("我要登记劳动力卡", "同意", "钱多多 990000199308080028", "13900003333",
                     "农村户口", "3", "高平的", "马村镇", "想学叉车"):  # fmt: skip
            said = await phone.enter(line)
        assert "交给工作人员核实，对吗？" in said
        assert "待核实" in await phone.enter("1")
        keys, now = desk.keys.people, server.service.clock.now()
        [asked] = await desk.database.run(lambda conn: deciding.waiting(conn, keys))
        number = asked.request.id
        await desk.database.run(lambda conn: deciding.accept(conn, keys, number, "liwei", now))
        told = await phone.enter("/notices")
        assert told == "您2026年11月23日交的登记核实通过了，回复“我的卡”看。"
        card = await phone.enter("我的卡")
        assert card.startswith("钱*，您的劳动力卡：已建档（2026年11月23日）。")
        assert all(each in card for each in ("高平市", "马村镇", "农村", "叉车"))
