"""Forms that settings are written in: keys, moments, addresses and tokens of services."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pydantic import SecretStr

KEY_BYTES = 32


def is_key(text: str) -> bool:
    """Tell whether the text is 32 bytes in base64."""
    try:
        return len(base64.b64decode(text, validate=True)) == KEY_BYTES
    except (ValueError, binascii.Error):
        return False


def read_moment(text: str) -> dt.date | dt.datetime | None:
    """Read a bare date or a datetime; None for an empty text, ValueError for anything else."""
    if not text.strip():
        return None
    for read in (dt.date.fromisoformat, dt.datetime.fromisoformat):
        try:
            return read(text.strip())
        except ValueError:
            continue
    raise ValueError("应当是日期（2026-11-23）或带时区的时间（2026-11-23T09:00:00+08:00）")


def https_only(value: str) -> str:
    """Return the address of a service that is told about people; ValueError unless by TLS."""
    host = urlsplit(value).hostname or ""
    near = value.startswith("http://") and host in {"127.0.0.1", "localhost", "::1"}
    if value and not near and not (value.startswith("https://") and host):
        raise ValueError("应当以 https:// 开头（同一台机器上的可以是 http://127.0.0.1）")
    return value


def bearer_token(value: SecretStr) -> SecretStr:
    """Return a token that fits into a request's head; ValueError otherwise."""
    token = value.get_secret_value()
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise ValueError("应当是字母、数字和符号，不能有空格")
    return value
