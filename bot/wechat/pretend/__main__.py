"""The pretend WeChat API as a process of its own: `python -m bot.wechat.pretend --port 8090`.

Prints `ready http://…` once it listens, and stops at SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from bot.fresh import door_of
from bot.wechat.pretend.rules import Rules
from bot.wechat.pretend.world import Pretend, serving
from jcbot.config import load_config


def _arguments() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m bot.wechat.pretend", description=__doc__)
    reader.add_argument("--host", default="127.0.0.1")
    reader.add_argument("--port", type=int, default=0, help="0: any free port")
    reader.add_argument("--journal", type=Path, help="SQLite file of what everybody received")
    reader.add_argument("--config", type=Path, help="the product's settings: ids, secret, keys")
    reader.add_argument("--webhook", help="the product's address, http://…, for finish events")
    reader.add_argument("--rules", default="{}", help="figures as JSON, see rules.py")
    return reader.parse_args()


async def main() -> None:
    """Serve until stopped."""
    given, door = _arguments(), None
    rules = Rules().changed(json.loads(given.rules))
    if given.config:
        config = load_config(given.config)
        secret = config.wechat.app_secret.get_secret_value()
        rules = rules.changed({"app_id": config.wechat.app_id, "secret": secret})
        if given.webhook:
            door = door_of(config, given.webhook.rstrip("/"))
    stopped = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    pretend = Pretend(rules, journal=given.journal, door=door)
    async with serving(pretend, given.host, given.port) as url:
        sys.stdout.write(f"ready {url}\n")
        sys.stdout.flush()
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(main())
