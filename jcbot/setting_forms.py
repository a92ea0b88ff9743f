"""Forms that settings are written in: keys and moments."""

from __future__ import annotations

import base64
import binascii
import datetime as dt

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
