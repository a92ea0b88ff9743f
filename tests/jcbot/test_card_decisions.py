"""What the staff decide on cards told by workers: the registry, the binding, the word promised."""

from __future__ import annotations

import asyncio
import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from lists import NEW, OLD, desk, id_number, people, write_list
from sqlalchemy import func, select

from jcbot.clock import SHANGHAI
from jcbot.keyring import Keyring
from jcbot.outbox import promised
from jcbot.people import bindings, cards, deciding, generations, pocket, registry
from jcbot.people.importing import check_list, import_list, undo_import
from jcbot.people.keys import PeopleKeys
from jcbot.people.pocket import Pocket
from jcbot.people.rotation import rotate_told
from jcbot.people.store import NoRegistryError
from jcbot.storage.identity_tables import card_requests, pockets
from jcbot.storage.people_tables import people_keys

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from jcbot.storage.database import Database

KEYS = PeopleKeys(OLD)
NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
NEWCOMER = id_number(900, "19900203")
NEW_CARD = {
    "name": "钱进", "id_number": NEWCOMER, "phone": "13900009999", "county": "沁水县",
    "training_wish": "叉车",
}  # fmt: skip


@pytest.fixture
async def filled(database: Database, tmp_path: Path) -> Database:
    await import_list(desk(database), write_list(tmp_path / "a.csv", people(30)), lambda _: True)
    return database


def ask(
    conn: Connection, kind: str, told: dict[str, Any], whose: str, openid: str = "worker"
) -> int:
    bindings.agree(conn, openid, "1", NOW)
    cards.ask(conn, KEYS, cards.Told(openid, KEYS.id_key(whose), kind, told), NOW)
    return int(conn.execute(select(func.max(card_requests.c.id))).scalar_one())


def accept(number: int, conn: Connection) -> None:
    deciding.accept(conn, KEYS, number, "王", NOW)


def by_id(whose: str, conn: Connection) -> registry.Person | None:
    return registry.by_id(conn, KEYS, whose)


def found(conn: Connection, phone: str) -> list[str]:
    tail = registry.by_tail(conn, KEYS, phone[-4:], 9)
    assert [each.name for each in registry.by_phone(conn, KEYS, phone, 9)] == [
        each.name for each in tail
    ]
    return [each.name for each in tail]


def word(conn: Connection) -> list[tuple[str, str, dict[str, Any]]]:
    return [(each.kind, each.openid, each.payload) for each in promised(conn)]


async def test_a_correction_changes_the_row_and_what_it_is_found_by(filled: Database) -> None:
    whose, before, after = id_number(3), "13900000003", "13900008888"

    def work(conn: Connection) -> None:
        keyed = len(conn.execute(select(people_keys)).all())
        accept(ask(conn, cards.CORRECT, {"phone": after, "county": "陵川县"}, whose), conn)
        person = by_id(whose, conn)
        assert person is not None
        assert (person.phone, person.row.county, person.note) == (after, "陵川县", "口信3")
        assert (found(conn, before), found(conn, after)) == ([], [person.name])
        assert len(conn.execute(select(people_keys)).all()) == keyed
        assert bindings.bound_to(conn, "worker") is None  # a correction binds nobody anew
        told = {"asked": "correct", "made": "2026-11-23"}
        assert word(conn) == [("card_accepted", "worker", told)]

    await filled.run(work)


async def test_groups_become_what_was_told_and_no_more(filled: Database) -> None:
    whose = id_number(3)

    def work(conn: Connection) -> tuple[object, ...]:
        for told in ({"veteran": True, "laid_off": False}, {"two_later": True}):
            accept(ask(conn, cards.CORRECT, {"groups": told}, whose), conn)
        person = by_id(whose, conn)
        assert person is not None
        row = person.row
        return row.groups__veteran, row.groups__laid_off, row.groups__two_later

    assert await filled.run(work) == (None, False, True)


async def test_a_newcomer_gets_a_row_a_card_and_a_binding(filled: Database) -> None:
    def work(conn: Connection) -> None:
        accept(ask(conn, cards.REGISTER, NEW_CARD, NEWCOMER), conn)
        person = by_id(NEWCOMER, conn)
        assert person is not None
        row = person.row
        assert (person.name, row.birth, row.sex) == ("钱进", dt.date(1990, 2, 3), "male")
        assert (row.card_status, row.card_date) == ("done", NOW.date())
        assert (row.county, row.training_wish) == ("沁水县", "叉车")
        live = generations.live(conn)
        assert live is not None
        assert (row.id >> 24, live.people, generations.count(conn)) == (live.number, 31, 31)
        assert found(conn, "13900009999") == ["钱进"]
        assert [each.name for each in registry.by_name(conn, KEYS, "钱进", 9)] == ["钱进"]
        assert bindings.owner(conn, KEYS.id_key(NEWCOMER)) == "worker"

    await filled.run(work)


async def test_who_is_in_the_registry_already_is_filled_up(filled: Database) -> None:
    whose = id_number(5)
    told = NEW_CARD | {"name": "王 小明", "id_number": whose}

    def work(conn: Connection) -> None:
        number = ask(conn, cards.REGISTER, told, whose)
        [asked] = deciding.waiting(conn, KEYS)
        changes = {each.column: (each.old, each.new) for each in asked.changes}
        assert asked.known
        assert changes["county"] == ("高平市", "沁水县")
        assert changes["training_wish"] == (None, "叉车")
        accept(number, conn)
        person = by_id(whose, conn)
        assert person is not None
        assert (person.name, person.note, person.row.card_status) == ("王 小明", "口信5", "done")
        assert generations.count(conn) == 30

    await filled.run(work)


@pytest.mark.parametrize("case", ["owned", "bound elsewhere", "consent withdrawn"])
async def test_nobody_loses_a_binding_by_it(filled: Database, case: str) -> None:
    def work(conn: Connection) -> tuple[str | None, bytes | None]:
        number = ask(conn, cards.REGISTER, NEW_CARD, NEWCOMER)
        if case == "owned":
            bindings.bind(conn, "owner", KEYS.id_key(NEWCOMER), NOW)
        elif case == "bound elsewhere":
            bindings.bind(conn, "worker", KEYS.id_key(id_number(2)), NOW)
        else:
            bindings.withdraw(conn, "worker", NOW)
        accept(number, conn)
        owner = bindings.owner(conn, KEYS.id_key(NEWCOMER))
        return owner, bindings.bound_to(conn, "worker")

    other = KEYS.id_key(id_number(2))
    expected = {"owned": ("owner", None), "bound elsewhere": (None, other)}
    assert await filled.run(work) == expected.get(case, (None, None))


async def test_a_refusal_changes_nothing_and_says_why(filled: Database) -> None:
    def work(conn: Connection) -> None:
        number = ask(conn, cards.CORRECT, {"county": "陵川县"}, id_number(3))
        for reason in (" ", "长" * 101, "您的号码13900000003打不通"):
            with pytest.raises(deciding.ReasonError):
                deciding.refuse(conn, KEYS, number, reason, "王", NOW)
        deciding.refuse(conn, KEYS, number, "户口本对不上。", "王", NOW)
        person = by_id(id_number(3), conn)
        assert person is not None
        assert person.row.county == "高平市"
        [(kind, openid, payload)] = word(conn)
        assert (kind, openid, payload["reason"]) == ("card_refused", "worker", "户口本对不上")
        with pytest.raises(cards.DecidedError, match="已经有人办过"):
            accept(number, conn)
        with pytest.raises(cards.NoRequestError, match="没有99号"):
            accept(99, conn)

    await filled.run(work)


async def test_what_cannot_be_written_stays_waiting(database: Database, tmp_path: Path) -> None:
    new = await database.run(lambda conn: ask(conn, cards.REGISTER, NEW_CARD, NEWCOMER))
    with pytest.raises(NoRegistryError):
        await database.run(partial(accept, new))
    await import_list(desk(database), write_list(tmp_path / "a.csv", people(3)), lambda _: True)
    gone = await database.run(lambda conn: ask(conn, cards.CORRECT, {"town": "东"}, id_number(8)))
    with pytest.raises(deciding.GoneError):
        await database.run(partial(accept, gone))
    left = await database.run(lambda conn: cards.waiting(conn, KEYS))
    assert [each.id for each in left] == [new, gone]


async def test_of_two_at_once_one_decides(two: tuple[Database, Database], tmp_path: Path) -> None:
    file = write_list(tmp_path / "a.csv", people(3))
    await import_list(desk(two[0]), file, lambda _: True)
    for turn in range(5):
        told = {"town": f"第{turn}镇"}
        number = await two[0].run(
            lambda conn, told=told: ask(conn, cards.CORRECT, told, id_number(1))
        )
        one, other = partial(accept, number), partial(_refuse, number)
        done = await asyncio.gather(two[0].run(one), two[1].run(other), return_exceptions=True)
        assert sorted(type(each).__name__ for each in done) == ["DecidedError", "NoneType"]
        assert len(await two[0].run(word)) == turn + 1


def _refuse(number: int, conn: Connection) -> None:
    deciding.refuse(conn, KEYS, number, "对不上", "李", NOW)


async def test_the_next_list_tells_whose_verified_card_it_does_not_have(
    filled: Database, tmp_path: Path
) -> None:
    def work(conn: Connection) -> None:
        accept(ask(conn, cards.CORRECT, {"county": "陵川县"}, id_number(3)), conn)
        accept(ask(conn, cards.CORRECT, {"county": "高平市"}, id_number(4)), conn)
        accept(ask(conn, cards.REGISTER, NEW_CARD, NEWCOMER, "another"), conn)

    await filled.run(work)
    file = write_list(tmp_path / "b.csv", people(30))
    checked = await check_list(desk(filled), file)
    report = await import_list(desk(filled), file, lambda _: True)
    assert checked.unlike == report.unlike
    lines = [(each.row, each.number, each.name, each.columns) for each in report.unlike]
    assert lines == [(5, 1, "欧*", ("county",)), (0, 3, "钱*", ())]
    assert id_number(3) not in repr(report)
    person = await filled.run(partial(by_id, id_number(3)))
    assert person is not None
    assert person.row.county == "高平市"  # nothing is merged by itself
    await undo_import(filled, lambda _conn, _before, _after: None)
    person = await filled.run(partial(by_id, id_number(3)))
    assert person is not None
    assert person.row.county == "陵川县"


async def test_a_new_key_opens_cards_and_pockets_too(filled: Database) -> None:
    def fill(conn: Connection) -> None:
        for turn in range(3):
            ask(conn, cards.CORRECT, {"town": f"第{turn}镇"}, id_number(turn), f"openid{turn}")
            pocket.keep(conn, KEYS.sealer, f"openid{turn}", Pocket(name="钱进"), NOW)

    only_new = PeopleKeys(Keyring({"k2": NEW.keys["k2"]}, NEW.index_key))
    await filled.run(fill)
    assert await rotate_told(filled, PeopleKeys(NEW)) == 6
    assert await rotate_told(filled, PeopleKeys(NEW)) == 0

    def read(conn: Connection) -> None:
        towns = [each.told["town"] for each in cards.waiting(conn, only_new)]
        assert towns == ["第0镇", "第1镇", "第2镇"]
        names = [pocket.look(conn, only_new.sealer, f"openid{turn}").name for turn in range(3)]
        assert names == ["钱进"] * 3
        for table in (card_requests, pockets):
            for cell in conn.execute(select(table.c.sealed)).scalars():
                assert cell.startswith(only_new.sealer.prefix)

    await filled.run(read)


async def test_erasing_a_person_takes_the_cards_told_of_him_along(filled: Database) -> None:
    def fill(conn: Connection) -> None:
        for openid in ("worker", "another"):
            ask(conn, cards.CORRECT, {"county": "陵川县"}, id_number(3), openid)
        ask(conn, cards.CORRECT, {"county": "陵川县"}, id_number(4))

    await filled.run(fill)
    key = KEYS.id_key(id_number(3))
    assert await filled.run(lambda conn: cards.forget_person(conn, key)) == 2
    left = await filled.run(lambda conn: cards.waiting(conn, KEYS))
    assert [each.id_key for each in left] == [KEYS.id_key(id_number(4))]
