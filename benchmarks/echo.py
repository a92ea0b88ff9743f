"""The least a WeChat bot can do: bare aiohttp with wechatpy's crypto, a fixed encrypted reply.

`python -m benchmarks.echo TOKEN AES_KEY APP_ID` prints `ready URL` and serves until killed.
"""

from __future__ import annotations

import sys

from aiohttp import web
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import TextReply

ANSWER = "您大约能领2000元，发给您本人。" * 8


def main() -> None:
    crypto = WeChatCrypto(*sys.argv[1:4])

    async def push(request: web.Request) -> web.Response:
        query = request.query
        proof = (query["msg_signature"], query["timestamp"], query["nonce"])
        message = parse_message(crypto.decrypt_message(await request.read(), *proof))
        reply = TextReply(content=ANSWER, message=message).render()
        return web.Response(text=crypto.encrypt_message(reply, query["nonce"]))

    app = web.Application()
    app.add_routes([web.post("/wechat", push)])
    web.run_app(
        app, host="127.0.0.1", port=0, access_log=None, print=lambda text: announce(app, text)
    )


def announce(_app: web.Application, text: str) -> None:
    """aiohttp tells its address in prose; pass it on in our form."""
    url = next(word for word in text.split() if word.startswith("http://"))
    print(f"ready {url}", flush=True)


if __name__ == "__main__":
    main()
