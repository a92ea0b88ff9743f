"""The outer XML of safe mode (外层): cut apart by a small grammar, for nobody has proved it yet.

No parser runs on it: a flat list of plain elements is all that WeChat sends, and whatever else
stands there, be it a DOCTYPE, an attribute or a missing tag, is refused.
"""

from __future__ import annotations

import re

from bot.wechat.xml import XmlError

MOST_PARTS = 8

_OPEN = re.compile(
    rb"(?:\xef\xbb\xbf)?[ \t\r\n]*(?:<\?xml[^<>]{0,100}\?>)?[ \t\r\n]*<xml>[ \t\r\n]*"
)
_PART = re.compile(
    rb"<([A-Za-z]{1,32})>[ \t\r\n]*(?:<!\[CDATA\[(.*?)\]\]>|([^<>&]*))[ \t\r\n]*</\1>[ \t\r\n]*",
    re.DOTALL,
)
_CLOSE = re.compile(rb"</xml>[ \t\r\n]*")


def unwrap(body: bytes) -> dict[str, str]:
    """Return the elements by name, each at most once; `XmlError` for anything but a flat list."""
    start = _OPEN.match(body)
    if start is None:
        raise XmlError
    parts: dict[str, str] = {}
    at = start.end()
    while part := _PART.match(body, at):
        name, marked, bare = part.groups()
        if name.decode() in parts or len(parts) == MOST_PARTS:
            raise XmlError
        parts[name.decode()] = _text(bare.strip() if marked is None else marked)
        at = part.end()
    if _CLOSE.fullmatch(body, at) is None:
        raise XmlError
    return parts


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise XmlError from None
