"""Cut a long reply into pages (分页) that WeChat takes whole; 更多 shows the next one."""

from __future__ import annotations

import unicodedata

SENTENCE_ENDS = "。！？；!?;"
LONGEST_CLUSTER = 40
"""Characters we go back at most to spare a cluster; a longer one is mischief and may be cut."""

_JOINER = "\u200d"
_FLAGS = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)


def paginate(text: str, limit: int) -> list[str]:
    """Split `text` into pages of at most `limit` bytes of UTF-8 (≥ 4), in order.

    A page ends at a line's end where one lies in its second half, else at a sentence's end, else
    between two visible characters. Nothing but white space at the cuts is lost; an empty text
    gives one empty page.
    """
    pages = []
    rest = text.strip()
    while len(rest.encode("utf-8", "replace")) > limit:
        end = _page_end(rest, cut(rest, limit))
        pages.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*pages, rest] if rest or not pages else pages


def cut(text: str, limit: int) -> int:
    """Return how many characters of `text` fit into `limit` bytes without breaking a visible one.

    A visible character may be several code points (family emoji, flags, accents). At least one
    code point is taken.
    """
    end = len(text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore"))
    if end >= len(text):
        return len(text)
    back = end
    while back > max(1, end - LONGEST_CLUSTER) and _inside_cluster(text, back):
        back -= 1
    return max(1, end if _inside_cluster(text, back) else back)


def _page_end(text: str, room: int) -> int:
    """Return the best end within the first `room` characters of `text`."""
    head = text[:room]
    line = head.rfind("\n")
    if line > room // 2:
        return line
    sentence = max(head.rfind(mark) for mark in SENTENCE_ENDS) + 1
    if sentence > room // 2:
        return sentence
    return room


def _inside_cluster(text: str, at: int) -> bool:
    """Tell whether a cut before `text[at]` would break one visible character."""
    before, after = text[at - 1], text[at]
    if _JOINER in (before, after) or unicodedata.category(after).startswith("M"):
        return True
    code = ord(after)
    if code in _SKIN_TONES or code in _TAGS:
        return True
    if code not in _FLAGS:
        return False
    start = at
    while start > 0 and ord(text[start - 1]) in _FLAGS:
        start -= 1
    return (at - start) % 2 == 1
