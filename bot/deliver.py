"""`jcbot deliver`: the courier as its own process (派送)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.metrics import Metrics
from bot.post import Post, crew_of
from bot.serve import prepare, say
from bot.server import stop_signal
from jcbot.audit import audit_key
from jcbot.clock import Clock
from jcbot.keyring import open_keyring
from jcbot.shared import open_shared
from jcbot.storage.database import open_database

if TYPE_CHECKING:
    from jcbot.config import Config
    from jcbot.keyring import Keyring
    from knowledge.library import Library


async def main(config: Config, library: Library, keyring: Keyring) -> None:
    """Deliver until a signal comes."""
    stopped = stop_signal()
    url = config.database.url.get_secret_value()
    size, key = config.database.pool_size, audit_key(keyring.index_key)
    database = open_database(url, pool_size=size, audit_key=key)
    shared = open_shared(config.redis)
    post = Post(config, library, database, shared, Clock(config.clock.fixed), Metrics(), keyring)
    await database.migrate()
    try:
        async with crew_of(post) as crew:
            say("ready deliver")
            await crew.run(stopped)
    finally:
        await database.close()
        await shared.close()


def run(config: Config) -> int:
    """Do `jcbot deliver`; return the exit code."""
    keyring = open_keyring(config)  # a wrong key is told before anything is sent
    library = prepare(config)
    asyncio.run(main(config, library, keyring))
    return 0
