"""`jcbot announce …` as staff meet it: real processes, a real database, real files."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import shutil
from typing import TYPE_CHECKING

import pytest
from running import ROOT, jcbot
from sqlalchemy import insert, select

from bot.post import notice_of
from jcbot.announcing.mass_events import MassFinish, finish
from jcbot.announcing.massing import gather, settle
from jcbot.channels import TOO_LATE
from jcbot.clock import SHANGHAI
from jcbot.followers import record
from jcbot.ledger import SENT, UNREACHABLE, Settled, claim
from jcbot.ledger import settle as ledger_settle
from jcbot.settings import Human
from jcbot.storage.database import open_database
from jcbot.storage.identity_tables import bindings
from jcbot.storage.notice_tables import announcements
from jcbot.storage.people_tables import people
from jcbot.storage.tables import conversations
from jcbot.storage.training_tables import outbox
from jcbot.wishes import WishService
from knowledge.sending import load_sending

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from sqlalchemy import Connection

    from knowledge.library import Library

LISTS = ROOT / "tests" / "conversations" / "training"
NOW = dt.datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
NOTICE = """title = "高平电工班开始报名"
text = "12月1日开班，7天，不收学费。"
class = "DG-2026-12"
"""
TEXT = (
    "高平电工班开始报名\n12月1日开班，7天，不收学费。\n想报名或看详细的，回复“DG-2026-12”。\n"
    "不想再收通知，回复“退订”。"
)


def on_database(cwd: Path, work: Callable[[Connection], Any]) -> Any:
    async def run() -> Any:
        database = open_database(f"sqlite:///{cwd}/t.db")
        found = await database.run(work)
        await database.close()
        return found

    return asyncio.run(run())


def bind_all(conn: Connection) -> None:
    """Everybody has a WeChat; the first refuses, the second wrote lately."""
    for n, key in enumerate(conn.execute(select(people.c.id_key).order_by(people.c.id)).scalars()):
        conn.execute(insert(bindings), {"openid": f"o{n}", "id_key": key, "at": 0})
    WishService(conn, "o0", NOW).unwish(["classes"])
    talk = {"openid": "o1", "state": "{}", "at": int(NOW.timestamp())}
    conn.execute(insert(conversations), talk)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six people of the registry, each with a WeChat, eleven classes, a notice to send."""
    folder = tmp_path_factory.mktemp("filled")
    assert jcbot("people", "import", str(LISTS / "people.csv"), "--yes", cwd=folder)[0] == 0
    assert jcbot("training", "import", str(LISTS / "classes.csv"), cwd=folder)[0] == 0
    on_database(folder, bind_all)
    (folder / "n.toml").write_text(NOTICE, encoding="utf-8")
    return folder


@pytest.fixture
def town(filled: Path, tmp_path: Path) -> Path:
    """A copy of its own for each test."""
    return shutil.copytree(filled, tmp_path / "town")


def announce(town: Path, *words: str, above: str = "500") -> tuple[int, str, str]:
    return jcbot("announce", *words, cwd=town, JCBOT_SENDING__APPROVAL_ABOVE=above)


def rows(town: Path) -> list[Any]:
    query = select(outbox.c.openid, outbox.c.payload).where(outbox.c.announcement.is_not(None))
    return list(on_database(town, lambda conn: conn.execute(query).all()))


def test_it_is_looked_at_then_sent_once(town: Path) -> None:
    code, out, _ = announce(town, "n.toml", "--audience", "card")
    assert code == 0
    for said in (
        "人群：card\n意思：在名册里。\n",
        "符合6人；知道微信的6人。",
        "现在能送到1人（模板消息0人，48小时内说过话的1人）。",
        "送不到：退订的1人，不关注了的0人，现在没有渠道的4人。",
        "这是预览，什么也没有发。要发，加上 --send。",
    ):
        assert said in out
    assert "\n".join(f"  {line}" for line in TEXT.splitlines()) in out
    assert rows(town) == []
    kept = on_database(town, lambda conn: conn.execute(select(announcements)).all())
    assert kept == []
    for _ in range(2):
        code, out, _ = announce(town, "--audience", "card", "n.toml", "--send")
        assert code == 0
        assert "第1号“高平电工班开始报名”：正在发（cli:" in out
        assert "排队6人" in out
    assert sorted(row.openid for row in rows(town)) == [f"o{n}" for n in range(6)]


def test_the_courier_says_what_was_looked_at(town: Path, library: Library) -> None:
    announce(town, "n.toml", "--audience", "card", "--send")
    due = on_database(town, lambda conn: claim(conn, "me", NOW + dt.timedelta(days=1), 9))
    said = [on_database(town, lambda conn, e=e: notice_of(library, Human(), conn, e)) for e in due]
    assert len(due) == 6
    assert {each.text for each in said} == {TEXT}


def test_why_somebody_was_not_reached(town: Path) -> None:
    announce(town, "n.toml", "--audience", "card", "--send")

    def settle(conn: Connection) -> None:
        items = claim(conn, "me", NOW + dt.timedelta(days=1), 9)
        why = ["unsubscribed", "no channel is allowed", TOO_LATE, "window (45015)"]
        done = [Settled(each, UNREACHABLE, reason=why[n]) for n, each in enumerate(items[:4])]
        done += [Settled(each, SENT) for each in items[4:]]
        ledger_settle(conn, "me", done, NOW)

    on_database(town, settle)
    _, out, _ = announce(town, "status", "1")
    assert "已经发完" in out
    assert (
        "发不了4人（没有能用的渠道1人；等得太久，不发了1人；退订了1人；window (45015)1人）" in out
    )
    assert "已发2人" in out


def test_as_json(town: Path) -> None:
    _, out, _ = announce(town, "n.toml", "--audience", "card and county = 高平", "--json")
    told = json.loads(out)
    assert told["preview"] == TEXT
    assert told["audience_means"] == "在名册里，并且县区是高平市"
    assert told["reachable"] == {"template": 0, "subscription": 0, "custom": 0}
    assert told["meets"] == told["bound"] == told["unsubscribed"] + told["no_channel"]
    _, out, _ = announce(town, "n.toml", "--audience", "card", "--send", "--json")
    told = json.loads(out)
    assert (told["number"], told["state"], told["states"]) == (1, "sending", {"promised": 6})
    _, out, _ = announce(town, "status", "1", "--json")
    assert json.loads(out)["states"] == {"promised": 6}


def test_many_need_a_second_person(town: Path) -> None:
    code, out, _ = announce(town, "n.toml", "--audience", "card", "--send", above="5")
    assert code == 0
    assert "超过5人，发之前要第二个人批准。" in out
    assert "第1号通知存好了，还没有发：要第二个人批准。" in out
    assert rows(town) == []
    code, _, err = announce(town, "approve", "1", above="5")
    assert (code, err) == (1, "批准要用账号：--as 名字，而且不能是写通知的人。\n")
    password = "一个长一点的密码 2026"
    words = ("staff", "add", "liwei", "--role", "市管理员", "--password-stdin")
    assert jcbot(*words, cwd=town, given=password)[0] == 0
    code, out, err = announce(town, "approve", "1", "--as", "liwei", above="5")
    assert code == 0, err
    assert "意思：在名册里。" in out
    assert "第1号通知已批准。" in out
    assert "，liwei批准）" in out
    assert len(rows(town)) == 6
    _, out, _ = jcbot("audit", "list", cwd=town)
    for said in ("写通知", "批准通知", "开始群发通知"):
        assert said in out
    assert jcbot("audit", "verify", cwd=town)[0] == 0


def test_stopped(town: Path) -> None:
    announce(town, "n.toml", "--audience", "card", "--send")
    _, out, _ = announce(town, "stop", "1")
    assert out == "第1号通知停了，6人不再发。\n"
    _, out, _ = announce(town, "status", "1")
    assert "已经停发" in out
    assert "停发6人" in out
    code, _, err = announce(town, "n.toml", "--audience", "card", "--send")
    assert (code, err) == (1, "第1号通知已经停发；要再发，改一下标题或正文。\n")
    _, out, _ = announce(town, "list")
    assert out.startswith("第1号“高平电工班开始报名”：已经停发")


def follow_all(conn: Connection) -> None:
    for n in range(6):
        record(conn, f"o{n}", following=n != 5, created=1, now=NOW)


def test_how_it_reads_as_a_template_message(town: Path) -> None:
    """The fields of a template are short: whoever sends has to see what is left of the text."""
    (town / "with.toml").write_text('[sending.templates]\nannouncement = "tpl"\n')
    long = NOTICE.replace(
        "12月1日开班，7天，不收学费。", "12月1日开班，7天，不收学费，带身份证就能报名。"
    )
    (town / "n.toml").write_text(long, encoding="utf-8")
    _, out, _ = announce(town, "n.toml", "--audience", "card", "--config", "with.toml")
    assert "模板消息里只有这些，长的剪短：\n  thing1：高平电工班开始报名\n" in out
    assert "  thing3：12月1日开班，7天，不收学费，带身份…\n" in out
    _, out, _ = announce(town, "n.toml", "--audience", "card")
    assert "模板消息里只有这些" not in out


def test_by_mass_send(town: Path) -> None:
    on_database(town, follow_all)
    code, out, _ = announce(town, "n.toml", "--audience", "card", "--mass")
    assert code == 0
    assert "现在能送到4人（群发4人，模板消息0人，48小时内说过话的0人）。" in out
    assert "群发：每人每个月最多收4条，满了的人改走别的渠道；一次群发最少2人。" in out
    _, out, _ = announce(town, "n.toml", "--audience", "card", "--mass", "--send")
    assert "等着群发6人" in out
    _, out, _ = announce(town, "status", "1", "--json")
    assert json.loads(out)["states"] == {"listed": 6}


def test_what_wechat_told_of_a_mass_send(town: Path) -> None:
    on_database(town, follow_all)
    announce(town, "n.toml", "--audience", "card", "--mass", "--send")
    rules = load_sending(ROOT / "knowledge" / "sending" / "kinds.toml")

    later = NOW + dt.timedelta(hours=2)

    def work(conn: Connection) -> None:
        _, send = gather(conn, "me", later, rules)
        assert send
        settle(conn, "me", send, Settled(send, SENT, "77"), later)
        finish(conn, MassFinish("77", "send success", 4, 3, 2, 1), later)

    on_database(town, work)
    _, out, _ = announce(town, "status", "1")
    assert "已发4人" in out
    assert "发不了2人（不关注了1人；退订了1人）" in out
    assert "群发第1批4人：微信说送到2人，按微信的规则没发的1人，失败1人" in out
    _, out, _ = announce(town, "status", "1", "--json")
    assert json.loads(out)["mass"][0]["reached"] == 2


def test_set_for_an_hour_and_cancelled(town: Path) -> None:
    code, out, err = announce(
        town, "n.toml", "--audience", "card", "--send", "--at", "2026-11-24 09:00"
    )
    assert code == 0, err
    for said in (
        "定在2026年11月24日09:00发，发给到那时符合的人。",
        "第1号通知定好了，到时间由派送进程（jcbot deliver）发出。",
        "在那以前要取消：jcbot announce stop 1",
    ):
        assert said in out
    assert rows(town) == []
    _, out, _ = announce(town, "list")
    assert "第1号“高平电工班开始报名”：定了时间，2026年11月24日09:00发" in out
    _, out, _ = announce(town, "stop", "1")
    assert out == "第1号通知停了，0人不再发。\n"
    code, _, err = announce(town, "n.toml", "--audience", "card", "--send", "--at", "昨天")
    assert (code, err) == (1, "--at“昨天”看不懂，写成 2026-12-01 09:00 这样。\n")


def test_retried_and_taken_as_arrived(town: Path) -> None:
    announce(town, "n.toml", "--audience", "card", "--send")

    def settle_all(conn: Connection) -> None:
        items = claim(conn, "me", NOW + dt.timedelta(days=1), 9)
        states = [
            ("failed", "tried 9 times: busy (-1)"), ("failed", "refused_by_user (43101)"),
            ("unreachable", "no channel is allowed"), ("unknown", "no clear answer: timeout"),
            ("unknown", "no clear answer: timeout"), ("sent", ""),
        ]  # fmt: skip
        done = [Settled(each, *states[n][:1], reason=states[n][1]) for n, each in enumerate(items)]
        ledger_settle(conn, "me", done, NOW)

    on_database(town, settle_all)
    _, out, _ = announce(town, "status", "1")
    assert "已经发完" in out
    assert announce(town, "retry", "1")[1] == "第1号通知有2人重新排队。\n"
    _, out, _ = announce(town, "status", "1")
    assert "正在发" in out
    assert "排队2人" in out
    assert announce(town, "arrived", "1")[1] == "第1号通知有2人算作已到。\n"
    assert announce(town, "arrived", "1")[1] == "没有不确定的人。\n"
    assert announce(town, "retry", "1", "--unknown")[1] == "没有可以重发的人。\n"
    _, out, _ = jcbot("audit", "list", cwd=town)
    assert "重发没发成的通知" in out
    assert "把不确定的算作已到" in out


REFUSED = [
    ('title = "贫困户培训"\ntext = "a"', "card", "title：有“贫困”这样的字眼"),
    ('title = "a"\ntext = "低保户可来"', "card", "text：有“低保”这样的字眼"),
    (f'title = "{"长" * 31}"\ntext = "a"', "card", "title：太长了：31个字，最多30个字"),
    (f'title = "a"\ntext = "{"长" * 301}"', "card", "text：太长了：301个字，最多300个字"),
    ('title = "a"', "card", "text：缺少这一项"),
    ('title = "a"\ntext = "b"\nlinks = "c"', "card", "links：没有这样的项"),
    ('title = "a"\ntext = "b"\nlink = "x.cn"', "card", "link：要写 https:// 开头的网址"),
    ('title = "a"\ntext = "b"\nkind = "广告"', "card", "kind：没有“广告”这种通知"),
    ('title = "a"\ntext = "找990000198503120027"', "card", "text：像是有身份证号"),
    ('title = "a"\ntext = "b"\nclass = "X-1"', "card", "class：“X-1”：没有这个班"),
    (NOTICE, "county = 太原", "第10个字：没有“太原”这样的县区"),
    (NOTICE, "signed_up(X-1)", "第11个字：没有编号是“X-1”的班"),
    (NOTICE, "followers and not card", "这个人群里没有知道微信的人，没有发"),
]


@pytest.mark.parametrize(("notice", "audience", "said"), REFUSED)
def test_refused_with_a_sentence(town: Path, notice: str, audience: str, said: str) -> None:
    (town / "n.toml").write_text(notice, encoding="utf-8")
    code, _, err = announce(town, "n.toml", "--audience", audience, "--send")
    assert code == 1
    assert said in err
    assert rows(town) == []
