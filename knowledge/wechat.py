"""What is fixed between us and WeChat (微信的规矩): error codes, quotas, the account's menu."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from knowledge.reading import ROOT, Table, read_toml

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "wechat"

Kind = Literal["done", "temporary", "limit", "permanent", "token", "account"]
Wait = Literal["moment", "slower", "tomorrow", "next_month", "user", "staff", "never"]

BUTTONS, UNDER = 3, 5
WIDTH, WIDTH_UNDER = 8, 16
"""Columns on the screen: a Chinese character takes two."""
KEY_BYTES = 128


@dataclass(frozen=True, slots=True)
class Known:
    """An error code we know: how it is to be treated, until when, and what staff are told."""

    code: int
    name: str
    kind: Kind
    wait: Wait
    means: str


@dataclass(frozen=True, slots=True)
class Button:
    """A button of the menu: either a `key` that a press sends, or buttons `under` it."""

    name: str
    key: str = ""
    under: tuple[Button, ...] = ()

    def as_wechat(self) -> dict[str, Any]:
        """Return it as menu/create wants it."""
        if self.under:
            return {"name": self.name, "sub_button": [each.as_wechat() for each in self.under]}
        return {"type": "click", "name": self.name, "key": self.key}


@dataclass(frozen=True, slots=True)
class WeChatBook:
    """Error codes by number, calls allowed a day by name, and the menu."""

    errors: dict[int, Known]
    quotas: dict[str, int]
    menu: tuple[Button, ...]


def load_wechat(folder: Path = FOLDER) -> WeChatBook:
    """Read the three files; the first fault is raised as `KnowledgeError`."""
    quotas = read_toml(folder / "quotas.toml")
    return WeChatBook(
        errors=_errors(read_toml(folder / "errors.toml")),
        quotas={name: quotas.get(name, int) for name in quotas.keys()},  # noqa: SIM118 - a Table
        menu=_menu(read_toml(folder / "menu.toml")),
    )


def _errors(table: Table) -> dict[int, Known]:
    found: dict[int, Known] = {}
    for part in table.tables("error"):
        kind = _one_of(part, "kind", Kind)
        wait = _one_of(part, "wait", Wait)
        name, means = part.text("name"), part.text("means")
        for code in part.get("codes", list):
            if type(code) is not int or code == 0 or code in found:
                raise part.error("codes", f"{code!r} 不是错误码，或者写了两遍")
            found[code] = Known(code, name, kind, wait, means)
        part.done()
    table.done()
    return found


def _one_of(part: Table, key: str, choices: Any) -> Any:
    value = part.text(key)
    if value not in get_args(choices):
        raise part.error(key, f"只能是 {'、'.join(get_args(choices))}")
    return value


def _menu(table: Table) -> tuple[Button, ...]:
    buttons = tuple(_button(part, WIDTH) for part in table.tables("button"))
    keys = [each.key for button in buttons for each in (button.under or (button,))]
    if not 1 <= len(buttons) <= BUTTONS:
        raise table.error("button", f"最少1个，最多{BUTTONS}个")
    if len(set(keys)) < len(keys):
        raise table.error("button", "有两个按钮的 key 一样")
    table.done()
    return buttons


def _button(part: Table, most: int) -> Button:
    name, key = part.text("name"), part.text("key", "")
    under = tuple(_button(each, WIDTH_UNDER) for each in part.tables("under"))
    if _width(name) > most:
        raise part.error("name", f"太长，最多{most // 2}个汉字")
    if under and (most == WIDTH_UNDER or len(under) > UNDER):
        raise part.error("under", f"只有两层，下面最多{UNDER}个")
    if bool(key) == bool(under):
        raise part.error("key", "要么有 key，要么下面有按钮")
    if len(key.encode()) > KEY_BYTES:
        raise part.error("key", f"最多{KEY_BYTES}字节")
    part.done()
    return Button(name, key, under)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
