"""Puts announcement 1 of a database out, a few at a time; dies like a killed process if asked.

python announcer.py URL [PIECES]     kill itself after so many pieces, never without
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import town
from school import NOW

from jcbot.announcing import sending
from jcbot.announcing.parsing import parse_audience
from jcbot.announcing.sending import Sending, put_out
from jcbot.storage.database import open_database

AUDIENCE = "card or followers"


async def main(url: str, pieces: int) -> None:
    done = 0

    def tell(*_: object) -> None:
        nonlocal done
        done += 1
        if done == pieces:
            os.kill(os.getpid(), signal.SIGKILL)

    sending.PIECE = 30
    database = open_database(url)
    node = parse_audience(AUDIENCE, town.words())
    print(await put_out(database, Sending(1, node, town.rules(), NOW, 500), tell))  # noqa: T201
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0))
