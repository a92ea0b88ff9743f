"""What is announced, as its file says (通知内容): title, text, kind, class, link."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from jcbot.pushed_text import unfit
from jcbot.staff.model import StaffError
from jcbot.storage.notice_tables import announcements
from jcbot.storage.training_tables import classes
from knowledge.reading import read_toml

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from knowledge.announcements import Announcing
    from knowledge.reading import Table
    from knowledge.subscriptions import Subscriptions

_LINK = re.compile(r"https?://[^\s<>\"]+", re.ASCII)
_A = announcements.c
_LETTER = select(_A.title, _A.text, _A.about, _A.class_number, _A.link).where(
    _A.number == bindparam("n")
)


@dataclass(frozen=True, slots=True)
class Letter:
    """The content of an announcement; `course` is a class's number or "", `link` may be ""."""

    title: str
    text: str
    about: str
    course: str
    link: str

    def digest(self, audience: str) -> str:
        """Return what the same content to the same audience has in common."""
        parts = (self.title, self.text, self.about, self.course, self.link, audience)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def read_letter(path: Path, words: Announcing, kinds: Subscriptions) -> Letter:
    """Read the file; a `KnowledgeError` names the key that is wrong."""
    table = read_toml(path)
    letter = Letter(
        _said(table, "title", words.title, words), _said(table, "text", words.text, words),
        _kind(table, kinds), table.text("class", "").strip(), _link(table, words.link),
    )  # fmt: skip
    table.done()
    return letter


def check_class(conn: Connection, letter: Letter) -> None:
    """Raise `StaffError` where the class is none, or called off."""
    if not letter.course:
        return
    state = conn.execute(select(classes.c.state).where(classes.c.number == letter.course)).scalar()
    if state != "open":
        what = "没有这个班" if state is None else "这个班已经取消了"
        raise StaffError(f"class：“{letter.course}”：{what}。")


def letter_of(conn: Connection, number: int) -> Letter:
    """Return what an announcement says; LookupError for a number that is none."""
    row = conn.execute(_LETTER, {"n": number}).first()
    if row is None:
        raise LookupError("no such announcement")
    return Letter(*row)


def _said(table: Table, key: str, most: int, words: Announcing) -> str:
    text = table.text(key).strip()
    if fault := unfit(text, most, words.sensitive):
        raise table.error(key, fault)
    return text


def _kind(table: Table, kinds: Subscriptions) -> str:
    written = table.text("kind", kinds.kinds[kinds.usual].label)
    code = kinds.code(written)
    if code is None:
        known = "、".join(f"{each.label}（{code}）" for code, each in kinds.kinds.items())
        raise table.error("kind", f"没有“{written}”这种通知，可以写：{known}")
    return code


def _link(table: Table, most: int) -> str:
    link = table.text("link", "").strip()
    if link and not (_LINK.fullmatch(link) and len(link) <= most):
        raise table.error("link", f"要写 https:// 开头的网址，中间不能有空格，最多{most}个字")
    return link
