"""Importing a list of people (导入名册): checked, filled into a new generation, then one flip.

The list goes in in short transactions, while the live generation goes on answering. Stopped
or killed, the same list goes on from where it was; nothing shows before the flip.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from jcbot.clock import monotonic
from jcbot.lists.sheet import SheetError, look_through
from jcbot.people import generations
from jcbot.people.bulk import write
from jcbot.people.generations import Filling, ImportBusyError, Start
from jcbot.people.keys import PeopleKeys
from jcbot.people.list_reading import ListReading
from jcbot.people.patience import insist
from jcbot.people.records import COLUMNS, KEY_COLUMNS, KeyLists, record_of
from jcbot.people.sweeping import sweep
from jcbot.people.verified import load
from jcbot.sealing import BlindIndex
from jcbot.storage.locks import hold
from jcbot.storage.people_tables import ROW_BITS, people, people_keys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy import Connection, Row

    from jcbot.clock import Clock
    from jcbot.keyring import Keyring
    from jcbot.lists.sheet import Sheet
    from jcbot.people.bulk import Record
    from jcbot.people.list_reading import Person
    from jcbot.people.report import Report
    from jcbot.people.verified import Verified
    from jcbot.storage.database import Database
    from knowledge.registry import ListColumns

CHUNK = 1_000
KEY_CHUNK = 4_000
WATCH_S = 10.0
"""How long an import that stands still is watched before another takes it for dead."""
GLANCE_S = 0.2
SOURCE_SHOWN = 100
Noted = Callable[["Connection", "Row[Any] | None", "Row[Any] | None"], None]
FAULTS_ENDING = ".有问题的行.csv"


@dataclass(frozen=True, slots=True)
class Desk:
    """What an import works with. `progress` is told (stage, done, of how many); 0: not known.

    `noted` writes down the flip, in its transaction: it is given the generations before and after.
    """

    database: Database
    columns: ListColumns
    keyring: Keyring
    clock: Clock
    progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None
    noted: Noted = lambda _conn, _before, _after: None
    watch_s: float = WATCH_S
    chunk: int = CHUNK


async def check_list(desk: Desk, path: Path) -> Report:
    """Read the whole list and change nothing (a dry run)."""
    sheet = await asyncio.to_thread(look_through, path)
    reading, verified = _open(desk, sheet), await _verified(desk)
    try:
        async for chunk in _chunks(desk, reading, sheet):
            await asyncio.to_thread(verified.look, chunk)
    finally:
        report = reading.close()
    return await _compared(desk, report, verified)


async def import_list(desk: Desk, path: Path, agree: Callable[[Report], bool]) -> Report:
    """Import a list as the whole new registry; `agree` is asked where the report is doubtful.

    `report.live` says whether it went live. `SheetError`, `ImportBusyError`, `ImportLostError`.
    """
    sheet = await asyncio.to_thread(look_through, path)
    reading = _open(desk, sheet)
    filling = await _begin(desk, sheet)
    try:
        return await _Import(desk, sheet, reading, filling).run(agree)
    finally:
        reading.close()
        await insist(desk.database, partial(_release, filling))


async def undo_import(database: Database, noted: Noted) -> int:
    """Take the last import back; return how many people the registry has now. `UndoError`."""
    await insist(database, partial(_flipping, generations.undo, noted))
    await sweep(database)
    return await insist(database, generations.count)


def _flipping(flip: Callable[[Connection], None], noted: Noted, conn: Connection) -> None:
    """Flip, and write it down in the same transaction."""
    hold(conn, "registry")
    before = generations.live(conn)
    flip(conn)
    noted(conn, before, generations.live(conn))


def _release(filling: Filling, conn: Connection) -> None:
    generations.release(conn, filling)


def _open(desk: Desk, sheet: Sheet) -> ListReading:
    faults = sheet.path.with_name(sheet.path.stem + FAULTS_ENDING)
    return ListReading(sheet, desk.columns, desk.clock.today(), faults)


async def _chunks(desk: Desk, reading: ListReading, sheet: Sheet) -> AsyncIterator[list[Person]]:
    """Yield the reading's chunks without holding up the loop, and tell the progress."""
    chunks = reading.chunks(desk.chunk)
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        desk.progress("核对", reading.row, max(sheet.lines, reading.row))
        yield chunk


async def _verified(desk: Desk) -> Verified:
    keys = PeopleKeys(desk.keyring)
    return await insist(desk.database, lambda conn: load(conn, keys))


async def _compared(desk: Desk, report: Report, verified: Verified) -> Report:
    report.unlike = verified.unlike()
    live = await insist(desk.database, generations.live)
    report.replaces = live.people if live else 0
    if not report.good:
        raise SheetError("没有一行可以导入，什么也没有改。请看问题清单。" if report.faulty else
                         "文件里只有表头，没有人。")  # fmt: skip
    return report


async def _begin(desk: Desk, sheet: Sheet) -> Filling:
    """Begin; an import that holds the registry is watched until it moves or seems dead."""
    # The columns belong to it: the same file read by other rules is another list.
    digest = BlindIndex(desk.keyring, "people.file", 32).of(sheet.digest + repr(desk.columns))
    start = Start(
        digest.hex(), sheet.path.name[:SOURCE_SHOWN], secrets.token_hex(8), _seconds(desk.clock)
    )

    def work(stood_at: tuple[int, int] | None, conn: Connection) -> Filling:
        return generations.begin(conn, start, stood_at)

    first: tuple[int, int] | None = None
    end = monotonic() + desk.watch_s
    while True:
        waited = monotonic() >= end
        try:
            return await insist(desk.database, partial(work, first if waited else None))
        except ImportBusyError as fault:
            if waited or (first and fault.beat != first):
                raise
            first = fault.beat
        await asyncio.sleep(min(GLANCE_S, desk.watch_s))


def _seconds(clock: Clock) -> int:
    return int(clock.now().timestamp())


class _Import:
    """One run of an import that holds its generation."""

    def __init__(self, desk: Desk, sheet: Sheet, reading: ListReading, filling: Filling) -> None:
        self._desk, self._sheet, self._reading, self._filling = desk, sheet, reading, filling
        self._keys = PeopleKeys(desk.keyring)
        self._lists = KeyLists(self._keys)
        self._now = _seconds(desk.clock)

    async def run(self, agree: Callable[[Report], bool]) -> Report:
        await sweep(self._desk.database)
        verified = await _verified(self._desk)
        await self._fill(verified)
        await self._write_keys()
        report = await _compared(self._desk, self._reading.close(), verified)
        if report.doubtful and not await asyncio.to_thread(agree, report):
            return report
        await insist(self._desk.database, partial(_flipping, self._flip, self._desk.noted))
        report.live = True
        await sweep(self._desk.database)
        return report

    async def _fill(self, verified: Verified) -> None:
        """Write people in chunks, one after another: side by side they only fight for Python."""
        async for chunk in _chunks(self._desk, self._reading, self._sheet):
            records = await asyncio.to_thread(self._prepare, chunk)
            await asyncio.to_thread(verified.look, chunk)
            if records:
                work = partial(self._put_people, records, chunk[-1][0])
                await insist(self._desk.database, work)

    def _prepare(self, chunk: list[Person]) -> list[Record]:
        """Seal a chunk; people that an earlier run wrote are only taken into the keys."""
        records = []
        for row, values in chunk:
            id_key = self._keys.id_key(values["id_number"])
            self._lists.add(row, values, id_key)
            if row > self._filling.row:
                person = self._filling.number << ROW_BITS | row
                records.append(record_of(values, id_key, self._keys, person, self._now))
        return records

    def _put_people(self, records: list[Record], row: int, conn: Connection) -> None:
        found = self._reading.report
        generations.advance(conn, self._filling, row=row, people=found.good, faulty=found.faulty)
        write(conn, people, COLUMNS, records)

    async def _write_keys(self) -> None:
        done, total = self._filling.keyed, self._lists.total()
        for piece in self._lists.pieces(self._filling.number, KEY_CHUNK, done):
            done += len(piece)
            await insist(self._desk.database, partial(self._put_keys, piece, done))
            self._desk.progress("建索引", done, total)

    def _put_keys(self, piece: list[Record], done: int, conn: Connection) -> None:
        generations.advance(conn, self._filling, keyed=done)
        write(conn, people_keys, KEY_COLUMNS, piece)

    def _flip(self, conn: Connection) -> None:
        generations.go_live(conn, self._filling, self._now)
