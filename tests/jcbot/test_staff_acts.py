"""What staff do: the write and its line together, within the reach of the role."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from lists import NEW, OLD, desk, id_number, people, write_list
from school import NOW, add_class, enter, limits, person, tally
from sqlalchemy import func, select, text, update

from jcbot import audit
from jcbot.audit import Entry, audit_key, latest
from jcbot.audit_check import verify
from jcbot.outbox import promised
from jcbot.people import registry
from jcbot.people.erasing import RegistryFillingError
from jcbot.people.keys import PeopleKeys
from jcbot.staff import registry_acts, training_acts
from jcbot.staff.model import Account, By, NotAllowedError, StaffError
from jcbot.storage import people_tables as tables
from jcbot.storage.training_tables import classes, enrolments, outbox
from jcbot.training.reading import find
from knowledge.staff import load_staff

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

    from jcbot.storage.database import Database

BY = By("cli:root", NOW, "cli:root@server", "本人来办")
KEYS = PeopleKeys(OLD)
KEY = audit_key(OLD.index_key)
WHO = id_number(3)


def clerk(county: str, role: str = "county") -> By:
    account = Account(1, "wang", load_staff().roles[role], county, "", enabled=True, locked_until=0)
    return replace(BY, actor="wang", account=account)


async def lines(database: Database) -> list[Entry]:
    assert await database.run(lambda conn: verify(conn, KEY)) == []
    return [each.entry for each in await database.run(lambda conn: latest(conn, 100))]


async def act(database: Database, work: Callable[..., Any], *given: Any, **more: Any) -> Any:
    return await database.run(lambda conn: work(conn, *given, **more))


async def refused(database: Database, kind: type[StaffError], said: str, *given: Any) -> None:
    """The act is refused, and neither the write nor a line is there."""
    before = await lines(database)
    with pytest.raises(kind, match=said):
        await act(database, *given)
    assert await lines(database) == before


async def test_seats_are_changed_with_a_line_of_before_and_after(database: Database) -> None:
    await act(database, add_class, seats=1)
    for n in range(3):
        await act(database, enter, n)
    done = await act(database, training_acts.change_seats, BY, "DG-1", (1, 2), limits())
    assert (done.promoted, done.over) == (1, 0)
    assert await lines(database) == [
        Entry(
            NOW, "cli:root", "training.seats", "class:DG-1", "本人来办", {"seats": 1},
            {"seats": 2, "promoted": 1, "over": 0}, "cli:root@server",
        )
    ]  # fmt: skip


async def test_who_saw_an_older_number_of_seats_is_told(database: Database) -> None:
    await act(database, add_class, seats=5)
    await act(database, training_acts.change_seats, BY, "DG-1", (5, 9), limits())
    change = training_acts.change_seats
    await refused(database, StaffError, "刚刚被改成了9", change, BY, "DG-1", (5, 7), limits())
    assert (await act(database, find, "DG-1")).seats == 9


async def test_a_class_is_called_off_once_and_for_a_reason(database: Database) -> None:
    await act(database, add_class, seats=1)
    for n in range(3):
        await act(database, enter, n)
    off = training_acts.cancel_class
    await refused(database, StaffError, "要写明原因", off, replace(BY, reason=" "), "DG-1")
    assert await act(database, off, BY, "DG-1") == 3
    await refused(database, StaffError, "已经取消了", off, BY, "DG-1")
    (line,) = await lines(database)
    assert line.before == {"state": "open", "confirmed": 1, "waiting": 2}
    assert line.after == {"state": "cancelled", "told": 3}
    change = training_acts.change_seats
    await refused(database, StaffError, "已经取消了", change, BY, "DG-1", (1, 2), limits())


async def test_a_person_taken_out_is_a_hash_in_the_log(database: Database) -> None:
    await act(database, add_class, seats=1)
    for n in range(2):
        await act(database, enter, n)
    out = training_acts.remove_person
    done = await act(database, out, BY, "DG-1", person(0).person, limits())
    assert (done.promoted, await act(database, tally)) == (1, (1, []))
    await refused(database, StaffError, "没有报", out, BY, "DG-1", person(9).person, limits())
    (line,) = await lines(database)
    assert line.subject.startswith("person:")
    assert person(0).person.hex() not in line.subject
    assert line.before == {"class": "DG-1", "state": "confirmed", "place": None}


async def test_a_write_whose_line_fails_does_not_happen(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bytes:
        raise LookupError

    await act(database, add_class, seats=5)
    monkeypatch.setattr(audit, "digest", broken)
    with pytest.raises(LookupError):
        await act(database, training_acts.change_seats, BY, "DG-1", (5, 9), limits())
    assert (await act(database, find, "DG-1")).seats == 5


async def test_a_clerk_reaches_only_the_own_county(database: Database) -> None:
    await act(database, add_class)
    own, other = clerk("高平市"), clerk("阳城县")
    await act(database, training_acts.change_seats, own, "DG-1", (2, 3), limits())
    for work, *given in (
        (training_acts.change_seats, other, "DG-1", (3, 4), limits()),
        (training_acts.cancel_class, other, "DG-1"),
        (training_acts.remove_person, other, "DG-1", b"x", limits()),
        (training_acts.cancel_class, clerk("", "leader"), "DG-1"),
    ):
        await refused(database, NotAllowedError, "不能办这件事", work, *given)


def values(number: str = "DG-9", **more: Any) -> dict[str, Any]:
    texts = ("place", "hours", "contact", "phone", "bring", "plan", "teachers", "level")
    more = {"qualification": "", "body": ""} | more
    return dict.fromkeys(texts, "") | {
        "number": number, "occupation": "电工", "kind": "inclusive", "county": "高平市",
        "first_day": dt.date(2026, 12, 7), "last_day": dt.date(2026, 12, 11), "days": 5,
        "seats": 3, "deadline": 2**31, "phone": "13900001234",
    } | more  # fmt: skip


async def test_classes_that_come_in_have_a_line_of_what_changed(database: Database) -> None:
    put = training_acts.import_classes
    await act(database, put, BY, [values(), values("DG-8")], limits())
    await act(database, put, BY, [values(seats=4, teachers="赵老师"), values("DG-8")], limits())
    await act(database, put, BY, [values(seats=4, teachers="赵老师")], limits())
    first, second = await lines(database)
    assert (first.before, sorted(first.after or {})) == (None, ["DG-8", "DG-9"])
    assert first.after["DG-9"]["first_day"] == "2026-12-07"  # type: ignore[index]
    assert "13900001234" not in str(first)
    assert second.before == {"DG-9": {"seats": 3, "teachers": ""}}
    assert second.after == {"DG-9": {"seats": 4, "teachers": training_acts.UNTOLD}}


async def test_a_clerk_can_take_no_class_of_another_county(database: Database) -> None:
    put, own = training_acts.import_classes, clerk("阳城县")
    await act(database, put, BY, [values()], limits())
    taken = [values(county="阳城县")]
    await refused(database, NotAllowedError, "阳城县", put, own, taken, limits())
    await refused(database, NotAllowedError, "阳城县", put, own, [values("DG-7")], limits())
    await act(database, put, own, [values("YC-1", county="阳城县")], limits())


async def test_an_import_and_taking_it_back_have_a_line_each(
    database: Database, tmp_path: Path
) -> None:
    file = write_list(tmp_path / "张三的名册.csv", people(60))
    with pytest.raises(NotAllowedError):
        await registry_acts.import_people(desk(database), clerk("高平市"), file, lambda _: True)
    await registry_acts.import_people(desk(database), BY, file, lambda _: True)
    bad = write_list(tmp_path / "b.csv", people(20))
    await registry_acts.import_people(desk(database), BY, bad, lambda _: False)
    assert await registry_acts.undo_people(database, BY) == 0
    first, undone = await lines(database)
    assert (first.action, first.before) == ("people.import", None)
    assert first.after
    assert (first.after["generation"], first.after["people"], first.after["faulty"]) == (1, 60, 0)
    assert (undone.action, undone.before, undone.after) == ("people.undo", first.after, None)
    assert "张三" not in str(await lines(database))


async def test_changing_keys_has_a_line_before_and_after(
    database: Database, tmp_path: Path
) -> None:
    await registry_acts.import_people(
        desk(database), BY, write_list(tmp_path / "a.csv", people(60)), lambda _: True
    )
    assert await registry_acts.rotate_keys(database, BY, NEW, lambda *_: None) == 60
    begun, done = (await lines(database))[1:]
    assert (begun.action, done.action) == ("people.rotate_keys.begun", "people.rotate_keys")
    assert done.after == {"people": 60, "told": 0, "papers": 0, "staff": 0, "key": "k2"}


@pytest.fixture
async def filled(database: Database, tmp_path: Path) -> Database:
    """Two generations with person 3 in both, who has a seat, and is first of a line."""
    for count in (60, 70):
        file = write_list(tmp_path / f"{count}.csv", people(count))
        await registry_acts.import_people(desk(database), BY, file, lambda _: True)
    await act(database, add_class, seats=1)
    await act(database, add_class, number="WH-1", occupation="焊工", seats=0,
              first_day=dt.date(2027, 1, 5))  # fmt: skip
    me = person(3, openid="o3")
    me = replace(me, person=KEYS.id_key(WHO))
    await act(database, enter, me)
    await act(database, enter, 8)
    await act(database, enter, me, "WH-1")
    return database


async def test_an_export_has_all_that_is_kept_and_is_masked_unless_asked(
    filled: Database,
) -> None:
    export = registry_acts.export_person
    kept = await act(filled, export, BY, KEYS, WHO, full=True)
    live, previous = kept["registry"]
    assert (live["name"], live["id_number"], live["phone"], live["note"]) == (
        "欧阳冯陈", WHO, "13900000003", "口信3",
    )  # fmt: skip
    assert previous["id_number"] == WHO
    assert [(e["class"], e["state"], e["place"]) for e in kept["enrolments"]] == [
        ("DG-1", "confirmed", None),
        ("WH-1", "waiting", 1),
    ]
    assert [each["kind"] for each in kept["messages"]] == ["class_reminder"]
    masked = json.dumps(await act(filled, export, BY, KEYS, WHO, full=False), ensure_ascii=False)
    for secret in (WHO, WHO[6:14], "1980-01-15", "13900000003", "欧阳冯陈", "口信", '"o3"'):
        assert secret not in masked
    full, covered = (await lines(filled))[2:]
    assert full.subject == covered.subject
    assert full.after == {"full": True, "registry": 2, "enrolments": 2, "messages": 1}
    assert covered.after
    assert covered.after["full"] is False
    assert WHO not in str(await lines(filled))


async def test_an_export_needs_a_reason_and_the_own_county(filled: Database) -> None:
    export = partial(registry_acts.export_person, full=True)
    await refused(filled, StaffError, "原因", export, replace(BY, reason=""), KEYS, WHO)
    await refused(filled, NotAllowedError, "不能办这件事", export, clerk("阳城县"), KEYS, WHO)
    await refused(filled, NotAllowedError, "不能办这件事", export, clerk("", "teacher"), KEYS, WHO)
    await refused(
        filled, NotAllowedError, "不能办这件事", export, clerk("高平市"), KEYS, id_number(500)
    )
    assert (await act(filled, export, clerk("高平市"), KEYS, WHO))["registry"]


def traces(conn: Connection) -> int:
    """How many rows anywhere name the person, or belong to no person that is there."""
    person = KEYS.id_key(WHO)
    people_left = select(func.count()).where(tables.people.c.id_key == person)
    keys_left = select(func.count()).where(
        tables.people_keys.c.person.not_in(select(tables.people.c.id))
    )
    seats_left = select(func.count()).where(enrolments.c.person == person)
    told = select(func.count()).where(outbox.c.openid == "o3")
    return sum(
        conn.execute(each).scalar_one() for each in (people_left, keys_left, seats_left, told)
    )


async def erase(database: Database, by: By = BY) -> registry_acts.Erased:
    return await registry_acts.erase_person(database, by, OLD, WHO, limits())


async def test_who_is_erased_is_gone_everywhere_and_the_line_moves_up(filled: Database) -> None:
    assert await act(filled, traces) > 0
    assert await erase(filled) == registry_acts.Erased(2, 2)
    assert await act(filled, traces) == 0
    assert await act(filled, registry.by_id, KEYS, WHO) is None
    assert await act(filled, registry.by_tail, KEYS, "0003", 9) == []
    assert await act(filled, registry.by_id, KEYS, id_number(4))
    assert await act(filled, tally) == (1, [])
    assert [each.openid for each in await act(filled, promised) if "prom" in each.kind] == ["o8"]
    counts = select(tables.generations.c.people).order_by(tables.generations.c.number)
    assert (await act(filled, lambda conn: conn.execute(counts).scalars().all())) == [59, 69]
    line = (await lines(filled))[-1]
    assert (line.action, line.before) == ("people.erase", {"rows": 2, "enrolments": 2})
    with pytest.raises(StaffError, match="都没有这个人"):
        await erase(filled)


async def test_after_undoing_the_import_the_erased_stay_erased(filled: Database) -> None:
    await erase(filled)
    assert await registry_acts.undo_people(filled, BY) == 59
    assert await act(filled, registry.by_id, KEYS, WHO) is None


async def test_the_office_may_bring_somebody_back_by_a_list(
    filled: Database, tmp_path: Path
) -> None:
    await erase(filled)
    file = write_list(tmp_path / "c.csv", people(80))
    await registry_acts.import_people(desk(filled), BY, file, lambda _: True)
    assert await act(filled, registry.by_id, KEYS, WHO)


async def test_nobody_is_erased_while_a_list_is_half_in(filled: Database) -> None:
    half = update(tables.generations).where(tables.generations.c.number == 1)
    await act(filled, lambda conn: conn.execute(half.values(state="filling")))
    with pytest.raises(RegistryFillingError):
        await erase(filled)
    assert await act(filled, traces) > 0


async def test_erasing_needs_a_reason_and_the_citys_role(filled: Database) -> None:
    for by in (replace(BY, reason=""), clerk("高平市")):
        with pytest.raises(StaffError):
            await erase(filled, by)
    assert await act(filled, traces) > 0


async def test_no_number_or_name_is_anywhere_in_the_log(filled: Database) -> None:
    await act(filled, registry_acts.export_person, BY, KEYS, WHO, full=True)
    await erase(filled)
    rows = await act(filled, lambda c: c.execute(text("SELECT * FROM audit")).all())
    assert len(rows) == 4
    for secret in (WHO, "13900000003", "欧阳冯陈", "o3", KEYS.id_key(WHO).hex()):
        assert secret not in str(rows)


def test_what_a_number_of_seats_would_do() -> None:
    fields = dict.fromkeys(classes.c.keys(), "") | {"first_day": dt.date(2026, 12, 7)}
    course = training_acts.Course(
        **{k: v for k, v in fields.items() if k not in {"body_id", "at"}},
        body="", confirmed=3, waiting=4,
    )  # fmt: skip
    assert training_acts.foresee(course, 5, NOW) == training_acts.SeatsChanged(2, 0)
    assert training_acts.foresee(course, 99, NOW) == training_acts.SeatsChanged(4, 0)
    assert training_acts.foresee(course, 1, NOW) == training_acts.SeatsChanged(0, 2)
    late = NOW + dt.timedelta(days=30)
    assert training_acts.foresee(course, 5, late) == training_acts.SeatsChanged(0, 0)
