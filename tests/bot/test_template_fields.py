"""Template fields: whatever a class, a card, an announcement says, WeChat takes the values."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from couriers import Scene, a_scene, drain
from sqlalchemy import insert

from bot.check import unused_templates
from bot.post import notice_of
from handlers.notices import notice
from jcbot.outbox import Promise, promise
from jcbot.settings import Human, Sending
from jcbot.storage.database import open_database
from jcbot.storage.notice_tables import announcements
from jcbot.training.browsing import details
from jcbot.wishes import WishService
from knowledge.library import knowledge_faults
from knowledge.reading import ROOT, KnowledgeError
from knowledge.sending import SUBSCRIPTION, TEMPLATE, load_sending
from knowledge.templates import load_templates

sys.path.append(str(Path(__file__).parent.parent / "jcbot"))
from school import add_class

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from knowledge.library import Library

FILE = ROOT / "sending" / "templates.toml"
KINDS = load_sending(ROOT / "sending" / "kinds.toml").kinds
DESK = Human(phone="0356-2218888")
LONG = {
    "number": "JC-" + "9" * 37, "occupation": "工业机器人系统操作员" * 4,
    "level": "senior_technician", "place": "晋城市高平市\n北城街道😀" * 7, "hours": "晚7:00开始",
    "contact": "欧阳老师" * 10, "phone": "0356-1234567转8012",
}  # fmt: skip
BARE = {"number": "A", "occupation": "电", "level": "", "hours": "每天8:30到17:30"}
REASON = "和您的证件、材料对不上，请带身份证到村（社区）或人社窗口核对。"
LETTER = {
    "title": "高平电工班开始报名" * 3, "text": "第一行\n第二行，" * 40, "about": "classes",
    "class_number": LONG["number"], "link": "https://example.gov.cn/a",
}  # fmt: skip


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    database = open_database("sqlite://")
    await database.migrate()
    async with a_scene(database) as made:
        yield made
    await database.close()


def payload_of(kind: str, number: str) -> dict[str, Any]:
    if kind.startswith("card_"):
        return {"asked": "register", "made": "2026-11-20", "reason": REASON}
    if kind == "announcement":
        return {"announcement": 1, "about": "classes", "class": ""}
    if kind == "question_answered":
        return {"said": REASON, "answer": REASON * 3, "made": "2026-11-20"}
    about = {"about": "classes"} if kind == "wished_class" else {}
    return {} if kind in {"identity_tried", "binding_moved"} else {"class": number} | about


def an_announcement(conn: Connection, **more: Any) -> None:
    row = {
        "number": 1, "digest": "d", "audience": "card", "county": "", "state": "sending",
        "people": 1, "recipients": 1, "made": 0, "made_by": "x",
    }  # fmt: skip
    conn.execute(insert(announcements).values(row | LETTER | more))


@pytest.mark.parametrize("course", [LONG, BARE])
async def test_the_longest_and_the_barest_fit_every_field(
    scene: Scene, library: Library, course: dict[str, str]
) -> None:
    """Each kind that has fields, through a courier, to a WeChat that refuses what does not fit."""

    def fill(conn: Connection) -> None:
        add_class(conn, **course)
        an_announcement(conn)
        for kind in ("announcement", "wished_class"):
            WishService(conn, f"o-{kind}", scene.clock.now()).wish("classes")
        for kind in library.templates.kinds:
            payload = payload_of(kind, course["number"])
            message = Promise(kind, kind, f"o-{kind}", payload, scene.clock.now())
            promise(conn, message)

    await scene.database.run(fill)
    templates = dict.fromkeys(library.templates.kinds, "tpl")
    await drain(scene.courier(templates=templates, words=partial(notice_of, library, DESK)))
    ends = {row.kind: (row.state, row.reason) for row in await scene.rows()}
    assert {kind: state for kind, (state, _) in ends.items()} == dict.fromkeys(ends, "sent"), ends
    assert set(ends) == {kind for kind, rule in KINDS.items() if TEMPLATE in rule.channels}
    received = {each.openid: each.text for each in scene.pretend.journal.received()}
    assert len(received) == len(ends)
    if course is LONG:
        lines = received["o-class_moved"].split("\n")
        assert lines[0] == f"thing1：{'工业机器人系统操作员' * 2}"[:-1] + "…"
        assert lines[1] == f"character_string2：JC-{'9' * 26}..."
        assert lines[2] == "time3：2026年12月7日 00:00~2026年12月7日 23:59"
        assert lines[3] == "thing4：晋城市高平市 北城街道😀晋城市高平市…"


async def test_a_value_too_long_is_refused_by_the_pretend_wechat(scene: Scene) -> None:
    """What the test above would meet if nothing were cut."""
    values = {"thing1": "长" * 21}
    outcome = await scene.client.template("o-1", "tpl", values, client_id="1")
    assert getattr(outcome, "code", 0) == 47003
    ok = await scene.client.template("o-1", "tpl", {"thing1": "长" * 20}, client_id="1")
    assert getattr(ok, "code", 0) == 0


async def test_a_tap_on_an_announcement_leads_to_its_link(scene: Scene, library: Library) -> None:
    asked: list[dict[str, Any]] = []

    class Noting:
        async def template(self, *_: Any, **more: Any) -> Any:
            asked.append(more)
            return await scene.client.template(*_, **more)

    def fill(conn: Connection) -> None:
        an_announcement(conn)
        WishService(conn, "o-1", scene.clock.now()).wish("classes")
        promise(conn, Promise("a", "announcement", "o-1", payload_of("announcement", ""), NOW))

    NOW = scene.clock.now()  # noqa: N806 - as elsewhere
    await scene.database.run(fill)
    words = partial(notice_of, library, DESK)
    await drain(scene.courier(templates={"announcement": "t"}, words=words, client=Noting()))
    assert [each["url"] for each in asked] == ["https://example.gov.cn/a"]


async def test_text_and_values_tell_the_same(scene: Scene, library: Library) -> None:
    def read(conn: Connection) -> Any:
        add_class(conn, **BARE, place="2号楼")
        return details(conn, "A")

    course = await scene.database.run(read)
    message = Promise("k", "class_moved", "o", {"class": "A"}, scene.clock.now())
    said = notice(library, message, course, DESK)
    assert said.text.startswith("您报的电班（A）有变动：现在是12月7日（周一）开班")
    values = said.values(TEMPLATE)
    assert values["thing1"] == "电班"
    assert values["thing4"] in said.text
    assert values["time3"] == "2026年12月7日 08:30"


NAME, NOTE = 'field = "thing1", says = "{name}"', 'says = "去不了请回复取消报名"'
FAULTS = [
    (NAME, 'field = "thing1", says = "{nmae}"', "没有“nmae”"),
    (NAME, 'field = "thin1", says = "{name}"', "类型只能是 thing、"),
    (NAME, 'field = "thing4", says = "{name}"', "同一个字段"),
    (NAME, 'field = "number1", says = "{name}"', "要写一个填得进的"),
    (NAME, 'field = "const1", says = "{name}"', "不能有花括号"),
    (NAME, 'field = "number1", empty = "0", says = "{name}"', "例如“电工班（初级）”，填不进"),
    (NOTE, f'says = "{"去不了请回复取消报名" * 2}吧"', "填不进 thing5"),
    (NOTE, f'says = "{"去不了请回复取消报名" * 2}{{phone}}"', "已经有20个字"),
    (NOTE, 'says = "去不了{"', "花括号没有配对"),
    (NOTE, 'say = "去不了请回复取消报名"', "缺少这一项"),
    ("[kind.class_reminder]", "[kind.class_remainder]", "没有这种通知"),
    ('kinds = ["class_reminder"', 'kinds = ["class_remainder"', "没有“class_remainder”这种通知"),
    ('thing = "回复公众号可以问"', "thing = 1", "应当是一段文字"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "why"), FAULTS)
def test_a_fault_is_told_by_file_key_and_sentence(
    tmp_path: Path, right: str, wrong: str, why: str
) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert right in text
    file = tmp_path / "templates.toml"
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=why) as told:
        load_templates(file, load_sending(ROOT / "sending" / "kinds.toml"))
    assert (told.value.file, bool(told.value.key)) == (str(file), True)


def test_a_kind_that_goes_by_subscription_needs_its_fields(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    before, _, after = text.partition("[kind.class_moved]")
    file = tmp_path / "templates.toml"
    file.write_text(before + after[after.index("[kind.") :], encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"kind\.class_moved：缺少这一项"):
        load_templates(file, load_sending(ROOT / "sending" / "kinds.toml"))


def test_a_subscription_notice_may_call_its_fields_otherwise(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8").replace(NAME, f'{NAME}, subscription = "thing7"', 1)
    file = tmp_path / "templates.toml"
    file.write_text(text, encoding="utf-8")
    templates = load_templates(file, load_sending(ROOT / "sending" / "kinds.toml"))
    told = {"name": "电工班", "number": "A", "first": "x", "first_time": "12:00", "place": ""}
    sent = [templates.values("class_reminder", each, told) for each in (TEMPLATE, SUBSCRIPTION)]
    assert [next(iter(each)) for each in sent] == ["thing1", "thing7"]
    assert {each["thing4"] for each in sent} == {"回复公众号可以问"}, "empty: a neutral word"


def test_check_looks_at_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import knowledge.library as book  # noqa: PLC0415 - only the one part is looked at

    folder = tmp_path / "sending"
    folder.mkdir()
    for file in FILE.parent.iterdir():
        text = file.read_text(encoding="utf-8").replace('"phrase4"', '"phrase"')
        (folder / file.name).write_text(text, encoding="utf-8")
    (tmp_path / "facts.toml").write_bytes((ROOT / "facts.toml").read_bytes())
    monkeypatch.setattr(book, "PARTS", {"templates": book.PARTS["templates"]})
    monkeypatch.setattr(book, "_demo", lambda *_: None)
    [fault] = knowledge_faults(tmp_path / "cache", tmp_path)
    assert fault.key == "kind.class_cancelled.state.field"
    assert "应当是类型加数字" in str(fault)


def test_check_names_templates_that_nothing_goes_by() -> None:
    given = {
        "templates": {"class_moved": "a", "jobs_found": "b"},
        "subscriptions": {"class_moved": "c", "class_movd": "d"},
        "subscriptions_long_term": ["c", "e"],
    }
    told = unused_templates(Sending.model_validate(given))
    assert [each.partition("，")[0] for each in told] == [
        "sending.templates：“jobs_found”不走这条渠道",
        "sending.subscriptions：“class_movd”不走这条渠道",
        "sending.subscriptions_long_term：subscriptions 里没有“e”",
    ]
