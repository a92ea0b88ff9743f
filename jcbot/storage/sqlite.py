"""SQLite: one writer thread that commits several units of work together.

A commit costs a sync of the disk. While one is going on, new work queues up and shares the next
one: each in a savepoint of its own, so that a failing one is taken back alone. Answers leave
after the commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from jcbot.errors import DatabaseUnavailableError, StorageError
from jcbot.storage.database import Database
from jcbot.storage.faults import translate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

T = TypeVar("T")

TOGETHER = 64
"""How many units of work share a commit at most."""
PATIENCE_S = 3.0
"""How long another process may hold the write lock before we say that we are busy."""


@dataclass(slots=True)
class _Job:
    """One unit of work and how it went."""

    work: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    result: Any = None
    fault: BaseException | None = None


class SQLite(Database):
    """One file, or memory if `path` is None, behind the writer thread."""

    def __init__(
        self, path: Path | None, *, waiting: int, options: dict[str, Any] | None = None
    ) -> None:
        """Nothing is opened before the first unit of work."""
        super().__init__(waiting)
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._writer = _Writer(path, self._queue, options or {})

    async def _run(self, work: Callable[[Connection], T]) -> T:
        if not self._writer.ident:
            self._writer.start()
        job = _Job(work, asyncio.get_running_loop().create_future())
        self._queue.put(job)
        result: T = await job.future
        return result

    async def _close(self) -> None:
        if self._writer.ident:
            self._queue.put(None)
            await asyncio.to_thread(self._writer.join)


class _Writer(Thread):
    """The only thread that touches the connection."""

    def __init__(
        self, path: Path | None, queue: SimpleQueue[_Job | None], options: dict[str, Any]
    ) -> None:
        super().__init__(name="jcbot-writer", daemon=True)
        self._path = path
        self._queue = queue
        self._options = options
        self._connected: tuple[sqlite3.Connection, Connection] | None = None

    def run(self) -> None:
        """Serve until the end mark, which stands behind all work taken before the close."""
        while (first := self._queue.get()) is not None:
            self._serve(first)
        self._drop()

    def _serve(self, first: _Job) -> None:
        """Run `first` and whatever comes meanwhile, commit it together, then answer."""
        batch = [first]
        try:
            raw, conn = self._connect()
            raw.execute("BEGIN IMMEDIATE")
            _attempt(first, raw, conn)
            while len(batch) < TOGETHER and (job := self._next()):
                batch.append(job)
                _attempt(job, raw, conn)
            raw.execute("COMMIT")
        except (sqlite3.Error, OSError, StorageError) as fault:
            self._give_up(batch, _as_known(fault))
        _deliver(batch)

    def _next(self) -> _Job | None:
        """Return the next unit of work if one is waiting; the end mark stays where it is."""
        try:
            job = self._queue.get_nowait()
        except Empty:
            return None
        if job is None:
            self._queue.put(None)
        return job

    def _give_up(self, batch: list[_Job], fault: StorageError) -> None:
        """Take the whole transaction back; a connection that broke is opened anew next time."""
        if self._connected:
            with contextlib.suppress(sqlite3.Error):
                self._connected[0].rollback()
        if self._path and isinstance(fault, DatabaseUnavailableError):
            self._drop()
        for job in batch:
            job.fault = type(fault)(fault.sentence)  # each waiter gets a traceback of its own

    def _connect(self) -> tuple[sqlite3.Connection, Connection]:
        if self._connected is None:
            raw = _open(self._path)
            engine = create_engine(
                "sqlite://",
                creator=lambda: raw,
                poolclass=StaticPool,
                execution_options=self._options,
            )
            conn = engine.connect()
            conn.begin()  # SQLAlchemy sees one long transaction; the real ones are ours
            self._connected = raw, conn
        return self._connected

    def _drop(self) -> None:
        if self._connected:
            raw, conn = self._connected
            self._connected = None
            conn.close()
            raw.close()


def _open(path: Path | None) -> sqlite3.Connection:
    """Open the file, readable by its owner only; BEGIN, SAVEPOINT and COMMIT are ours to say."""
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    name = str(path) if path else ":memory:"
    raw = sqlite3.connect(name, timeout=PATIENCE_S, isolation_level=None)
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("PRAGMA synchronous = FULL")
    return raw


def _attempt(job: _Job, raw: sqlite3.Connection, conn: Connection) -> None:
    """Run one unit of work in its savepoint, unless whoever asked has gone."""
    if job.future.cancelled():
        return
    raw.execute("SAVEPOINT job")
    try:
        job.result = job.work(conn)
    except BaseException as fault:
        job.fault = fault
        if not raw.in_transaction:  # a full disk takes back everybody's work
            raise _as_known(fault) from fault
        raw.execute("ROLLBACK TO job")
    raw.execute("RELEASE job")


def _as_known(fault: BaseException) -> StorageError:
    if isinstance(fault, StorageError):
        return fault
    return translate(fault) or DatabaseUnavailableError()


def _deliver(batch: list[_Job]) -> None:
    """Hand the outcomes over to the event loops, one wake-up for each loop."""
    loops: defaultdict[asyncio.AbstractEventLoop, list[_Job]] = defaultdict(list)
    for job in batch:
        loops[job.future.get_loop()].append(job)
    for loop, jobs in loops.items():
        with contextlib.suppress(RuntimeError):  # a loop that has ended waits for nothing
            loop.call_soon_threadsafe(_settle, jobs)


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.fault is None:
            job.future.set_result(job.result)
        else:
            job.future.set_exception(_presentable(job.fault))


def _presentable(fault: BaseException) -> BaseException:
    """Translate a fault of the database; a future cannot carry StopIteration."""
    if isinstance(fault, StopIteration):
        return RuntimeError("a unit of work let a StopIteration out")
    return translate(fault) or fault
