"""The service as a process of its own, with a slow stand-in for the dialogue: `stand_in.py FOLDER`.

Prints the way in as one line of JSON once it listens.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from pathlib import Path

from pydantic import SecretStr
from worlds import Knowledge, Recorder, changed

from bot.app import build
from bot.fresh import door_of, fresh_config
from bot.server import Server, bind, stop_signal

STEP_SECONDS = 0.03


async def main(folder: Path) -> None:
    url = SecretStr(f"sqlite:///{folder / 'stand-in.db'}")
    config = changed(fresh_config(), "database", url=url)
    stopped = stop_signal()
    service = build(config, Knowledge(), step=Recorder(seconds=STEP_SECONDS))  # type: ignore[arg-type]
    server = Server(service, bind("127.0.0.1", 0), None)
    await server.start()
    sys.stdout.write(json.dumps(dataclasses.asdict(door_of(config, server.url))) + "\n")
    sys.stdout.flush()
    await stopped.wait()
    await server.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
