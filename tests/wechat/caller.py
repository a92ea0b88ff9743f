"""Many callers at once in a process of their own: `caller.py URL REDIS PREFIX NAME COUNT`.

Makes one call, says `ready`, waits for a line, then sends COUNT messages at once and prints how
many arrived.
"""

from __future__ import annotations

import asyncio
import sys

from apis import calling, template
from pydantic import SecretStr

from jcbot.settings import Redis
from jcbot.shared import open_shared


async def main(url: str, redis: str, prefix: str, name: str, count: int) -> None:
    shared = open_shared(Redis(url=SecretStr(redis), prefix=prefix))
    async with calling(url, shared) as client:
        await template(client, f"o-{name}", "first")
        print("ready", flush=True)  # noqa: T201 - the one who waits reads it
        await asyncio.to_thread(sys.stdin.readline)
        sent = await asyncio.gather(
            *(template(client, f"o-{name}-{number}", "second") for number in range(count))
        )
        print(sent.count("ok"), flush=True)  # noqa: T201 - the same
    await shared.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5], int(sys.argv[5])))
