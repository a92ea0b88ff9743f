"""Lets announcements start whose hour has come (定时群发), in any process that delivers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog

from bot.rounds import Rounds
from jcbot.announcing import starting
from jcbot.announcing.letters import check_class, letter_of
from jcbot.announcing.parsing import AudienceError, parse_audience
from jcbot.announcing.selecting import Rules, check_names
from jcbot.announcing.sending import GrownError, Sending, put_out, take_back
from jcbot.announcing.vocabulary import Books, vocabulary
from jcbot.staff.model import By, StaffError

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection, Row

    from jcbot.clock import Clock
    from jcbot.storage.database import Database
    from knowledge.library import Library

log = structlog.get_logger("bot.starter")


@dataclass(slots=True)
class Starter(Rounds):
    """One of these in each process; whoever takes an announcement first puts it out.

    `most` is how many it may go to without a second person.
    """

    database: Database
    clock: Clock
    library: Library
    most: int

    async def round(self) -> bool:
        """Let the next one start; say whether there was one."""
        now = self.clock.now()
        number = await self.database.run(partial(starting.due, now=int(now.timestamp())))
        if number is None:
            return False
        by = By("jcbot", now, "jcbot deliver")
        row = await self.database.run(lambda conn: starting.begin_due(conn, by, number))
        if row is not None:
            await self._start(row, by)
        return True

    async def _start(self, row: Row[Any], by: By) -> None:
        """Put it out to whom it means now; what is not right any more ends it, with the reason."""
        library = self.library
        books = Books(
            library.announcing, library.registry, library.subscriptions, library.policies,
            library.topics,
        )  # fmt: skip
        try:
            node = parse_audience(row.audience, vocabulary(books))
            await self.database.run(partial(check_names, node=node, expression=row.audience))
            await self.database.run(partial(_check, number=row.number))
            rules = Rules(library.policies, by.at.date())
            sending = Sending(row.number, node, rules, by.at, self.most)
            await put_out(self.database, sending, lambda *_: None)
        except GrownError:  # it is a draft again, and waits for a second person
            log.warning("announcement grew", number=row.number)
        except (AudienceError, StaffError) as fault:
            why = str(fault)
            await self.database.run(lambda conn: starting.give_up(conn, by, row.number, why))
            await take_back(self.database, row.number, by.at)


def _check(conn: Connection, number: int) -> None:
    check_class(conn, letter_of(conn, number))
