"""Turn words into the XML that goes back to WeChat (回复), sealed in safe mode."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from wechatpy.replies import TextReply

from bot.wechat.sealing import seal, sign
from handlers.paging import cut

if TYPE_CHECKING:
    from bot.wechat.reading import Message
    from bot.wechat.sealing import Account

MOST_BYTES = 2_000
"""UTF-8 bytes of one reply: WeChat cuts at 2,048 (文档无正式上限)."""

SUCCESS = "success"
"""Ends WeChat's retries without saying anything."""

_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""What XML forbids, and the marks that turn the direction of the text (bidi) around."""

_ENVELOPE = """<xml>
<Encrypt><![CDATA[{sealed}]]></Encrypt>
<MsgSignature><![CDATA[{signature}]]></MsgSignature>
<TimeStamp>{timestamp}</TimeStamp>
<Nonce><![CDATA[{nonce}]]></Nonce>
</xml>"""


def clean(text: str, most: int = MOST_BYTES) -> str:
    """Drop what must not go out and keep to `most` bytes, cut between visible characters."""
    text = _UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return text[: cut(text, most)] if text else ""


def render(
    account: Account, message: Message, text: str, now: float, most: int = MOST_BYTES
) -> str:
    """Return the body of the HTTP answer: `success` for an empty text, else the reply.

    `now` is the machine's real time in seconds. The reply is sealed with the key that opened the
    message, under a nonce and timestamp of its own.
    """
    text = clean(text, most)
    if not text:
        return SUCCESS
    reply = TextReply(
        source=message.account,
        target=message.incoming.openid,
        time=int(now),
        # A CDATA section cannot hold its own end; two sections can, and read as one text.
        content=text.replace("]]>", "]]]]><![CDATA[>"),
    )
    plain = str(reply.render())
    if message.seal is None:
        return plain
    sealed = seal(message.seal, account.app_id, plain.encode())
    nonce, timestamp = secrets.token_hex(8), str(int(now))
    signature = sign(account.token, timestamp, nonce, sealed)
    return _ENVELOPE.format(sealed=sealed, signature=signature, timestamp=timestamp, nonce=nonce)
