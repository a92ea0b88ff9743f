"""Importing: one flip, undo, stop and resume, one at a time; sealed all the way down."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from lists import OLD, desk, id_number, people, write_list
from racer import opened
from sqlalchemy import func, select

from jcbot.lists.sheet import SheetError
from jcbot.people import generations, importing, registry
from jcbot.people.generations import ImportBusyError, ImportLostError, Start, UndoError
from jcbot.people.importing import check_list, import_list, undo_import
from jcbot.people.keys import PeopleKeys
from jcbot.storage import people_tables as tables

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from jcbot.people.report import Report
    from jcbot.storage.database import Database

KEYS = PeopleKeys(OLD)


def yes(_report: Report) -> bool:
    return True


def no(_report: Report) -> bool:
    return False


def state(conn: Connection) -> dict[int, str]:
    rows = conn.execute(select(tables.generations.c.number, tables.generations.c.state))
    return {row.number: row.state for row in rows}


def sizes(conn: Connection) -> tuple[int, int]:
    """How many people and keys there are in all generations."""
    both = (tables.people, tables.people_keys)
    found = [conn.execute(select(func.count()).select_from(table)).scalar_one() for table in both]
    return found[0], found[1]


def find(number: int, conn: Connection) -> registry.Person | None:
    return registry.by_id(conn, KEYS, id_number(number))


def unnoted(*_: object) -> None:
    """A flip that nobody writes down."""


async def test_what_was_imported_is_found(database: Database, tmp_path: Path) -> None:
    report = await import_list(desk(database), write_list(tmp_path / "a.csv", people(170)), no)
    assert (report.good, report.faulty, report.live) == (170, 0, True)
    assert await database.run(generations.count) == 170
    assert await database.run(sizes) == (170, 170 * 4)
    person = await database.run(partial(find, 169))
    assert person
    assert (person.name, person.phone, person.note) == ("李周吴", "13900000169", "口信169")
    assert (person.row.county, person.row.sex) == ("高平市", "female")
    assert person.row.groups__veteran is None
    assert await database.run(partial(find, 170)) is None


async def test_people_are_found_by_name_and_phone(database: Database, tmp_path: Path) -> None:
    await import_list(desk(database), write_list(tmp_path / "a.csv", people(170)), no)

    def look(conn: Connection) -> tuple[Any, ...]:
        return (
            len(registry.by_name(conn, KEYS, "欧阳冯陈", 100)),
            [each.id_number for each in registry.by_phone(conn, KEYS, "13900000007", 9)],
            [each.phone for each in registry.by_tail(conn, KEYS, "0007", 9)],
            registry.by_name(conn, KEYS, "无此人", 9),
        )

    assert await database.run(look) == (42, [id_number(7)], ["13900000007"], [])


async def test_a_dry_run_changes_nothing(database: Database, tmp_path: Path) -> None:
    rows = people(60)
    rows[3]["身份证号"] = "1.40522E+17"
    report = await check_list(desk(database), write_list(tmp_path / "a.csv", rows))
    assert (report.good, report.faulty, report.live) == (59, 1, False)
    assert await database.run(state) == {}


async def test_faulty_rows_need_a_yes_and_then_go_on(database: Database, tmp_path: Path) -> None:
    rows = people(200)
    for row in rows[::5] + rows[1::5]:
        row["手机号"] = "123"
    file = write_list(tmp_path / "a.csv", rows)
    report = await import_list(desk(database), file, no)
    assert (report.good, report.faulty, report.live) == (120, 80, False)
    assert await database.run(generations.count) == 0
    assert await database.run(state) == {1: "filling"}
    report = await import_list(desk(database), file, yes)
    assert (report.good, report.faulty, report.live) == (120, 80, True)
    assert await database.run(state) == {1: "live"}
    assert await database.run(sizes) == (120, 480)


async def test_a_list_that_halves_the_registry_needs_a_yes(
    database: Database, tmp_path: Path
) -> None:
    await import_list(desk(database), write_list(tmp_path / "a.csv", people(100)), no)
    report = await import_list(desk(database), write_list(tmp_path / "b.csv", people(49)), no)
    assert (report.shrinks, report.live) == (True, False)
    assert await database.run(generations.count) == 100


async def test_nothing_good_is_refused(database: Database, tmp_path: Path) -> None:
    rows = [row | {"身份证号": "1"} for row in people(5)]
    with pytest.raises(SheetError, match="没有一行"):
        await import_list(desk(database), write_list(tmp_path / "a.csv", rows), yes)
    assert await database.run(generations.live) is None


async def test_undo_takes_back_the_last_import_once(database: Database, tmp_path: Path) -> None:
    lists = [write_list(tmp_path / f"{n}.csv", people(n)) for n in (60, 70, 80)]
    for file in lists:
        await import_list(desk(database), file, yes)
    assert await database.run(sizes) == (150, 600)  # live and previous only
    assert await undo_import(database, unnoted) == 70
    assert await database.run(sizes) == (70, 280)
    assert await database.run(partial(find, 79)) is None
    with pytest.raises(UndoError):
        await undo_import(database, unnoted)
    await import_list(desk(database), lists[2], yes)
    assert await undo_import(database, unnoted) == 70


async def test_undo_of_the_very_first_import_leaves_none(
    database: Database, tmp_path: Path
) -> None:
    await import_list(desk(database), write_list(tmp_path / "a.csv", people(60)), yes)
    assert await undo_import(database, unnoted) == 0
    with pytest.raises(UndoError):
        await undo_import(database, unnoted)
    assert await database.run(sizes) == (0, 0)


async def test_no_plain_word_of_a_person_is_kept(
    database: Database, url: str, tmp_path: Path
) -> None:
    rows = people(170)
    for row in rows:
        row["技能"] = f"焊工 {row['手机号']}"
    await import_list(desk(database), write_list(tmp_path / "a.csv", rows), no)

    def everything(conn: Connection) -> str:
        found = (tables.people, tables.people_keys, tables.generations)
        return "".join(repr(list(conn.execute(select(table)))) for table in found)

    stored = (await database.run(everything)).encode("utf-8")
    if url.startswith("sqlite:///"):
        files = sorted(tmp_path.glob("test.db*"))  # noqa: ASYNC240 - nothing else runs
        assert [file.suffix for file in files] == [".db", ".db-shm", ".db-wal"]
        stored += b"".join(file.read_bytes() for file in files)
    words = {row[key] for row in rows for key in ("姓名", "身份证号", "手机号", "备注")}
    for word in words:
        assert word.encode("utf-8") not in stored
        assert word.encode("utf-16-le") not in stored
    assert "高平市".encode() in stored


async def test_equal_people_are_sealed_differently(database: Database, tmp_path: Path) -> None:
    rows = [row | {"姓名": "张三", "备注": "一样"} for row in people(60)]
    await import_list(desk(database), write_list(tmp_path / "a.csv", rows), no)
    cells = select(tables.people.c.name, tables.people.c.note)
    found = await database.run(lambda conn: conn.execute(cells).all())
    assert len({bytes(cell) for row in found for cell in row}) == 120


async def test_of_two_imports_at_once_the_second_is_refused(
    two: tuple[Database, Database], tmp_path: Path
) -> None:
    file = write_list(tmp_path / "a.csv", people(600))
    other = write_list(tmp_path / "b.csv", people(500, first=1000))
    begun = asyncio.Event()

    async def second() -> object:
        await begun.wait()
        return await import_list(desk(two[1], watch_s=30), other, yes)

    def slowly(_stage: str, _done: int, _total: int) -> None:
        begun.set()
        time.sleep(0.03)

    first = desk(two[0], progress=slowly, chunk=10)
    results = await asyncio.gather(import_list(first, file, yes), second(), return_exceptions=True)
    assert isinstance(results[1], ImportBusyError)
    assert "正在进行" in results[1].sentence
    assert await two[0].run(generations.count) == 600
    assert await two[0].run(sizes) == (600, 2400)


async def test_an_import_that_stands_still_is_taken_over_and_then_refused(
    database: Database, tmp_path: Path
) -> None:
    start = Start("other list", "x.csv", "me", 0)
    mine = await database.run(lambda conn: generations.begin(conn, start))
    report = await import_list(desk(database), write_list(tmp_path / "a.csv", people(60)), yes)
    assert report.live
    with pytest.raises(ImportLostError):
        await database.run(lambda conn: generations.go_live(conn, mine, 0))
    assert await database.run(generations.count) == 60


@pytest.mark.parametrize(("stage", "at"), [("核对", 300), ("建索引", 4_000)])
def test_killed_the_old_registry_is_whole_and_the_import_goes_on(
    shared_url: str, tmp_path: Path, stage: str, at: int
) -> None:
    old = write_list(tmp_path / "a.csv", people(80))
    new = write_list(tmp_path / "b.csv", people(1200, first=40))

    def die(now: str, done: int, _total: int) -> None:
        if now == stage and done >= at:
            os.kill(os.getpid(), signal.SIGKILL)

    async def before() -> None:
        async with opened(shared_url) as database:
            await import_list(desk(database), old, yes)

    async def killed() -> None:
        async with opened(shared_url) as database:
            await import_list(desk(database, progress=die), new, yes)

    async def after() -> None:
        async with opened(shared_url) as database:
            assert await database.run(state) == {1: "live", 2: "filling"}
            assert await database.run(generations.count) == 80
            assert await database.run(partial(find, 1)) is not None
            written = (await database.run(sizes))[0] - 80
            assert 200 < written < 1201
            report = await import_list(desk(database), new, yes)
            assert (report.good, report.live) == (1200, True)
            assert await database.run(state) == {1: "previous", 2: "live"}
            assert await database.run(sizes) == (1280, 1280 * 4)
            assert await database.run(partial(find, 1)) is None
            assert await database.run(partial(find, 1239)) is not None

    asyncio.run(before())
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(killed())
        finally:
            os._exit(1)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    asyncio.run(after())


async def test_a_resumed_import_writes_only_what_is_missing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_list(tmp_path / "a.csv", people(300))

    class StopError(Exception):
        pass

    def stop(_stage: str, done: int, _total: int) -> None:
        if done >= 200:
            raise StopError

    with pytest.raises(StopError):
        await import_list(desk(database, progress=stop), file, yes)
    made: list[int] = []
    really = importing.record_of

    def counted(values: Any, id_key: bytes, keys: PeopleKeys, person: int, now: int) -> Any:
        made.append(person % (1 << tables.ROW_BITS))
        return really(values, id_key, keys, person, now)

    monkeypatch.setattr(importing, "record_of", counted)
    assert (await import_list(desk(database), file, yes)).live
    assert made == list(range(152, 302))
    assert await database.run(sizes) == (300, 1200)


async def test_another_list_drops_what_was_half_filled(database: Database, tmp_path: Path) -> None:
    rows = people(60)
    rows[0]["手机号"] = "1"
    await import_list(desk(database), write_list(tmp_path / "a.csv", rows), no)
    await import_list(desk(database), write_list(tmp_path / "b.csv", people(70)), no)
    assert await database.run(state) == {1: "dropped", 2: "live"}
    assert await database.run(sizes) == (70, 280)
