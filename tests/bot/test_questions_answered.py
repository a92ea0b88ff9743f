"""`jcbot questions …`: from a question nobody understood to the answer in the worker's phone."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
from functools import partial
from typing import TYPE_CHECKING

import pytest
from couriers import MONDAY
from pydantic import SecretStr
from running import ROOT, jcbot
from services import deliver
from sqlalchemy import select, update

from bot.app import tidy
from bot.fresh import door_of, fill, fresh_config, serving
from bot.telephone import telephone
from bot.wechat.pretend.world import pretending
from jcbot import questions
from jcbot.questions import ask_staff, asker, latest
from jcbot.settings import Database as DatabaseSettings
from jcbot.settings import Sending
from jcbot.staff.model import By, StaffError
from jcbot.staff.question_acts import answer_question
from jcbot.staff.registry_acts import erase_person
from jcbot.storage import tables
from jcbot.storage.training_tables import outbox
from knowledge.announcements import load_announcing
from knowledge.asked import load_asked
from knowledge.reading import KnowledgeError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from typing import Any

    from sqlalchemy import Connection

    from bot.app import Service
    from bot.telephone import Telephone
    from bot.wechat.pretend.world import Pretend
    from jcbot.storage.database import Database
    from knowledge.library import Library

ZHANG = "990000198503120027"
PASSWORD = "一个长一点的密码 2026"
ROWS = select(tables.questions).order_by(tables.questions.c.id)
BOOK, SENSITIVE = load_asked(), load_announcing().sensitive
ANSWER = "可以的，带上身份证到高平市职教中心报名。"


@contextlib.asynccontextmanager
async def a_town(
    library: Library, folder: Path
) -> AsyncIterator[tuple[Service, Pretend, Telephone]]:
    """A service on a file that the commands open too, and a WeChat for its courier."""
    async with pretending() as pretend:
        config = fresh_config()
        wechat = config.wechat.model_copy(
            update={"api_base": pretend.url, "app_secret": SecretStr("s")}
        )
        url = DatabaseSettings.model_validate({"url": f"sqlite:///{folder}/t.db"})
        parts = {"wechat": wechat, "database": url, "sending": Sending(per_second=1_000)}
        config = config.model_copy(update=parts)
        async with (
            serving(config, library) as server,
            telephone(door_of(config, server.url)) as phone,
        ):
            yield server.service, pretend, phone


async def staff(folder: Path, *words: str, **more: str) -> tuple[int, str, str]:
    """One command of the staff, in a process of its own."""
    return await asyncio.to_thread(partial(jcbot, *words, cwd=folder, **more))


CONVERSATION = """\
工人：叫个人来，我叫司徒雨涵，村里能不能自己请老师办无人机班
手机：人社部门工作人员：电话12333，工作日上班时间。
经办：jcbot questions list --open
　　　1号  2026-11-23  要找人  叫个人来，我叫〔姓名〕，村里能不能自己请老师办无人机班  （没有答复）
经办：jcbot questions answer 1 可以的，带上身份证到高平市职教中心报名。 --as liwei
　　　第1号“叫个人来，我叫〔姓名〕，村里能不能自己请老师办无人机班”已答复，由派送进程发给本人。
　　　他48小时内说过话，或者配了 question_answered 的模板，才送得到；到没到用 list 看。
手机：您2026年11月23日问的“叫个人来，我叫〔姓名〕，村里能不能自己请老师办无人机班”，工作人员答复：可以的，带上身份证到高平市职教中心报名。
经办：jcbot questions list
　　　1号  2026-11-23  要找人  叫个人来，我叫〔姓名〕，村里能不能自己请老师办无人机班
　　　    2026-11-23liwei答复（已发）：可以的，带上身份证到高平市职教中心报名。
"""


async def test_from_the_question_to_the_answer_in_the_phone(
    library: Library, tmp_path: Path
) -> None:
    """Printed as a conversation: the worker asks, the staff answer, the courier brings it."""
    told: list[str] = []

    def note(who: str, text: str) -> None:
        lines = text.splitlines()
        told.extend([f"{who}：{lines[0]}", *(f"　　　{each}" for each in lines[1:])])

    async with a_town(library, tmp_path) as (service, pretend, phone):
        words = ("staff", "add", "liwei", "--role", "市管理员", "--password-stdin")
        assert (await staff(tmp_path, *words, given=PASSWORD))[0] == 0
        asked = "叫个人来，我叫司徒雨涵，村里能不能自己请老师办无人机班"
        note("工人", asked)
        note("手机", await phone.enter(asked))
        pretend.wrote(phone._phone.openid)
        for line in ("list --open", f"answer 1 {ANSWER} --as liwei"):
            code, said, err = await staff(tmp_path, "questions", *line.split())
            assert code == 0, err
            note("经办", f"jcbot questions {line}\n{said}")
        await deliver(service)
        [message] = pretend.journal.received()
        assert (message.openid, message.channel) == (phone._phone.openid, "custom")
        note("手机", message.text)
        note("经办", f"jcbot questions list\n{(await staff(tmp_path, 'questions', 'list'))[1]}")
        assert "\n".join(told) + "\n" == CONVERSATION
        assert len(message.text.encode()) <= 2_000
        await deliver(service)
        assert len(pretend.journal.received()) == 1
        _, audit, _ = await staff(tmp_path, "audit", "list")
        assert "liwei" in audit
        assert "答复" in audit
        assert ANSWER not in audit
        assert (await staff(tmp_path, "audit", "verify"))[0] == 0


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """A database with two questions of one asker, another's, and staff of two roles."""
    for name, role in (("liwei", "市管理员"), ("wang", "县区经办")):
        more = ("--county", "高平") if name == "wang" else ()
        words = ("staff", "add", name, "--role", role, *more, "--password-stdin")
        assert jcbot(*words, cwd=tmp_path, given=PASSWORD)[0] == 0
    on_file(tmp_path, ask_three)
    return tmp_path


def ask_three(conn: Connection) -> None:
    for n, openid in enumerate(("o-1", "o-1", "o-2")):
        who = asker(openid, b"k" * 32)
        ask_staff(conn, who, f"问题{n}，电话13900001234", "not_understood", MONDAY, openid=openid)


def on_file(folder: Path, work: Any) -> Any:
    from jcbot.storage.database import open_database  # noqa: PLC0415 - beside the commands

    async def run() -> Any:
        database = open_database(f"sqlite:///{folder}/t.db")
        await database.migrate()
        found = await database.run(work)
        await database.close()
        return found

    return asyncio.run(run())


def promises(conn: Connection) -> list[tuple[str, str, str]]:
    return [(row.key, row.kind, row.openid) for row in conn.execute(select(outbox))]


REFUSED = [
    (("9", "好"), "没有第9号问题"),
    (("1", "找990000198503120027"), "答复像是有身份证号"),
    (("1", "９９００００－１９８５－０３１２－００２７"), "答复像是有身份证号"),
    (("1", "低保户可以来"), "答复有“低保”这样的字眼"),
    (("1", "长" * 401), "答复太长了：401个字，最多400个字"),
    (("1", " "), "答复不能是空的"),
    (("1",), "答复写在命令里，或者用 --file 文件"),
    (("1", "好", "--file", "a.txt"), "答复写在命令里，或者用 --file 文件"),
    (("1", "--file", "none.txt"), "none.txt：打不开"),
    (("1", "好", "--as", "wang"), "县区经办wang不能办这件事"),
    (("1", "好", "--as", "nobody"), "nobody"),
]


def test_what_may_not_be_sent_is_refused_and_nothing_is_written(asked: Path) -> None:
    for words, said in REFUSED:
        code, out, err = jcbot("questions", "answer", *words, cwd=asked)
        assert (code, out) == (1, ""), words
        assert said in err, words
        assert "990000198503120027" not in err
    assert on_file(asked, promises) == []
    assert "答复" not in jcbot("audit", "list", cwd=asked)[1]


def test_a_second_answer_is_refused(asked: Path) -> None:
    (asked / "a.txt").write_text("来窗口办。\n电话0356-2066666。\n", encoding="utf-8")
    code, _, err = jcbot("questions", "answer", "2", "--file", "a.txt", "--as", "liwei", cwd=asked)
    assert code == 0, err
    assert on_file(asked, promises) == [("question:2", "question_answered", "o-1")]
    for name in ("liwei", ""):
        words = ("questions", "answer", "2", "再答一次", *(("--as", name) if name else ()))
        code, _, err = jcbot(*words, cwd=asked)
        assert (code, err) == (1, "第2号问题liwei已经答复过了，不能再答复。\n")
    assert len(on_file(asked, promises)) == 1
    code, out, _ = jcbot("questions", "answer", "3", "--file", "-", cwd=asked, given="从管道来")
    assert code == 0
    _, out, _ = jcbot("questions", "list", "--json", "--as", "wang", cwd=asked)
    listed = json.loads(out)["questions"]
    assert [(row["number"], row["state"], row["sent"]) for row in listed] == [
        (3, "answered", "promised"), (2, "answered", "promised"), (1, "open", None),
    ]  # fmt: skip
    assert listed[1]["answered_by"] == "liwei"
    assert listed[0]["answer"] == "从管道来"
    _, out, _ = jcbot("questions", "list", "--open", cwd=asked)
    assert out == "1号  2026-11-23  没听懂  问题0，电话〔手机号〕  （没有答复）\n"
    for word in ("o-1", "o-2", "13900001234"):
        assert word not in json.dumps(listed)


BY = By("cli:test", MONDAY)


def answered(conn: Connection, number: int = 1, text: str = ANSWER) -> str:
    return answer_question(conn, BY, number, text, book=BOOK, sensitive=SENSITIVE)


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_many_answer_at_once_and_one_is_sent(
    two: tuple[Database, Database], number: int
) -> None:
    await two[0].run(ask_three)
    work = [
        each.run(partial(answered, number=number, text=f"答复{n}"))
        for n, each in enumerate(two * 4)
    ]
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    assert [type(each) for each in outcomes if not isinstance(each, str)] == [StaffError] * 7
    first = next(n for n, each in enumerate(outcomes) if isinstance(each, str))
    assert len(await two[0].run(promises)) == 1
    [row] = [each for each in await two[0].run(latest) if each.answered]
    assert row.answer == f"答复{first}"


async def test_who_is_erased_is_answered_no_more(database: Database) -> None:
    """Before the answer it cannot be given; after it the promise goes, and the words."""
    await database.run(ask_three)
    await database.run(answered)
    await database.run(lambda conn: questions.forget(conn, asker("o-1", b"k" * 32)))
    assert await database.run(promises) == []
    assert [row.number for row in await database.run(latest)] == [3]
    rows = await database.run(lambda conn: list(conn.execute(ROWS).all()))
    assert {(row.text, row.openid, row.answer, row.asker) for row in rows[:2]} == {
        ("", None, None, b"")
    }
    with pytest.raises(StaffError, match=r"第2号问题没有人可以答复了：本人删了资料"):
        await database.run(partial(answered, number=2))
    await database.run(ask_three)
    assert [row.number for row in await database.run(latest)] == [6, 5, 4, 3]


@pytest.mark.parametrize("by_staff", [False, True])
async def test_erasing_a_person_takes_the_questions_whoever_does_it(
    library: Library, tmp_path: Path, *, by_staff: bool
) -> None:
    async with a_town(library, tmp_path) as (service, pretend, phone):
        run = service.desk.database.run
        await fill(service, ROOT / "tests" / "conversations" / "training")
        for line in ("我在册吗", "同意", f"张三 {ZHANG} 1234", "叫个人来，我想学无人机"):
            said = await phone.enter(line)
        assert "人社部门工作人员" in said
        await run(answered)
        if by_staff:
            by = By("cli:test", service.clock.now(), reason="本人要求")
            limits = library.training.limits
            await erase_person(service.desk.database, by, service.keyring, ZHANG, limits)
        else:
            for line in ("删除我的资料", "是"):
                said = await phone.enter(line)
            assert "删好了" in said
        [row] = await run(lambda conn: list(conn.execute(ROWS).all()))
        assert (row.text, row.openid, row.answer) == ("", None, None)
        assert await run(promises) == []
        await deliver(service)
        assert pretend.journal.received() == []


async def test_after_some_weeks_nobody_can_be_answered_but_the_words_stay(
    library: Library, tmp_path: Path
) -> None:
    async with a_town(library, tmp_path) as (service, _, phone):
        run = service.desk.database.run
        await phone.enter("叫个人来，我想学无人机")
        assert await tidy(service) == 0
        days = service.config.conversation.keep_days
        service.clock.advance(dt.timedelta(days=days, seconds=5))
        await tidy(service)
        [row] = await run(latest)
        assert row.text == "叫个人来，我想学无人机"
        with pytest.raises(StaffError, match="问得太久"):
            await run(answered)


async def test_custom_first_then_the_template(library: Library, tmp_path: Path) -> None:
    async with a_town(library, tmp_path) as (service, pretend, phone):
        run = service.desk.database.run
        await phone.enter("叫个人来，我想学无人机")
        pretend.wrote(phone._phone.openid)
        await run(answered)
        service.clock.advance(dt.timedelta(hours=49))
        await deliver(service)
        [row] = await run(latest)
        assert (row.sent, row.why) == ("unreachable", "no channel is allowed")
        with_template = Sending(per_second=1_000, templates={"question_answered": "tpl"})
        await run(lambda conn: conn.execute(update(outbox).values(state="promised")))
        object.__setattr__(service, "config", service.config.model_copy(
            update={"sending": with_template}))  # fmt: skip
        await deliver(service)
        assert [each.channel for each in pretend.journal.received()] == ["template"]


def test_a_long_question_is_cut_in_what_is_sent(asked: Path) -> None:
    def work(conn: Connection) -> str:
        conn.execute(update(tables.questions).values(text="问\n" + "很" * 400))
        who = asker("o-9", b"k" * 32)
        ask_staff(conn, who, "问\n" + "很" * 400, "plain", MONDAY, openid="o-9")
        return ""

    on_file(asked, work)
    code, out, _ = jcbot("questions", "answer", "4", "长" * 400, cwd=asked)
    assert code == 0
    assert f"“问 {'很' * 38}…”" in out
    [row] = on_file(asked, lambda conn: list(conn.execute(select(outbox.c.payload)).scalars()))
    payload = json.loads(row)
    assert len((payload["said"] + payload["answer"]).encode()) < 1_500


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("answer = 400", "answer = 501", "limits.answer"),
        ("shown = 40", "shown = 0", "limits.shown"),
        ('plain = "要找人"', "", "reason.plain"),
        ('plain = "要找人"', 'plain = ""', "reason.plain"),
        ("shown = 40", "shown = 40\nshwon = 1", "limits.shwon"),
    ],
)
def test_a_fault_in_the_book_is_named(tmp_path: Path, old: str, new: str, key: str) -> None:
    text = (ROOT / "knowledge" / "staff" / "questions.toml").read_text(encoding="utf-8")
    (tmp_path / "q.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(KnowledgeError) as caught:
        load_asked(tmp_path / "q.toml")
    assert caught.value.key == key
