"""What is left when the process dies: all that was acknowledged, whole, and the same reply."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer import answer, opened
from sqlalchemy import func, select

from jcbot.storage.tables import questions

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

CRASHER = Path(__file__).with_name("crasher.py")
ROUNDS = 24


def crash(path: Path, rounds: int, *extra: str) -> list[dict[str, Any]]:
    command = [sys.executable, str(CRASHER), str(path), str(rounds), *extra]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 - our own script
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results


def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    results = crash(tmp_path / "test.db", ROUNDS)
    fine = {"integrity": "ok", "lost": 0, "half": 0}
    assert [(each["copy"], each["file"]) for each in results] == [(fine, fine)] * ROUNDS
    assert sum(each["count"] for each in results) > 100


def test_a_writer_that_answers_before_the_commit_does_lose(tmp_path: Path) -> None:
    """The test above is believed because this one, with the protection out, fails.

    A kill has to fall between the word and the commit; a quiet disk leaves little room for it.
    """
    early = (crash(tmp_path / f"{number}.db", 8, "early") for number in range(12))
    assert any(each["file"]["lost"] > 0 for results in early for each in results)


def count_effects(conn: Connection) -> int:
    return conn.execute(select(func.count(questions.c.id))).scalar_one()


def run_in_a_process_that_dies(work: Callable[[], object]) -> None:
    """Fork, do the work, die without a goodbye."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def test_dying_between_commit_and_reply_the_repeat_gets_that_reply(shared_url: str) -> None:
    async def start() -> tuple[str, int]:
        async with opened(shared_url) as database:
            reply = await database.run(partial(answer, "1"))
            if os.getpid() != tester:
                os.kill(os.getpid(), signal.SIGKILL)
            return reply, await database.run(count_effects)

    tester = os.getpid()
    run_in_a_process_that_dies(lambda: asyncio.run(start()))
    reply, effects = asyncio.run(start())
    assert reply != f"1 by {os.getpid()}"
    assert effects == 1


def test_dying_in_the_middle_of_the_work_the_repeat_starts_afresh(shared_url: str) -> None:
    async def start() -> str:
        async with opened(shared_url) as database:
            return await database.run(work)

    def work(conn: Connection) -> str:
        reply = answer("1", conn)
        if os.getpid() != tester:
            os.kill(os.getpid(), signal.SIGKILL)
        return reply

    tester = os.getpid()
    run_in_a_process_that_dies(lambda: asyncio.run(start()))
    assert asyncio.run(start()) == f"1 by {tester}"
