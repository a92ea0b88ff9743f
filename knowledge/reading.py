"""Strict reading of the text files under knowledge/: every fault names file, key and what is wrong.

A `Table` hands out each key once and at the end refuses the ones nobody asked for, so a
misspelt key in a data file is an error at start and never a silently missing rule.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).parent

T = TypeVar("T")

NAMES = {
    str: "一段文字",
    int: "一个整数",
    bool: "true 或 false",
    dict: "一个表",
    list: "一个列表",
    dt.date: "一个日期",
}


class KnowledgeError(Exception):
    """A fault in the data: which file, which key, and one sentence saying what is wrong."""

    def __init__(self, file: str, key: str, fault: str) -> None:
        """Keep the three parts; `str()` joins them into the sentence shown to the officer."""
        super().__init__(f"{file}：{key}：{fault}" if key else f"{file}：{fault}")
        self.file, self.key, self.fault = file, key, fault


class Table:
    """One TOML table being read; `path` is the dotted key from the top of the file."""

    def __init__(self, file: str, data: dict[str, Any], path: str = "") -> None:
        self.file, self.path = file, path
        self._data = data
        self._seen: set[str] = set()

    def error(self, key: str, fault: str) -> KnowledgeError:
        """Build the error for one key of this table (the caller raises it)."""
        return KnowledgeError(self.file, self._dotted(key), fault)

    def keys(self) -> list[str]:
        """List the table's keys in the order of the file."""
        return list(self._data)

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def get(self, key: str, kind: type[T], default: T | None = None) -> T:
        """Return the value of `key`, of exactly type `kind`; raise if absent without default."""
        self._seen.add(key)
        if key not in self._data:
            if default is None:
                raise self.error(key, "缺少这一项")
            return default
        value = self._data[key]
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise self.error(key, f"应当是{NAMES.get(kind, kind.__name__)}，写的是 {value!r}")
        return value

    def any(self, key: str) -> Any:
        """Return the raw value of `key`, or None; the caller checks its type."""
        self._seen.add(key)
        return self._data.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a non-empty string."""
        value = self.get(key, str, default)
        if not value.strip() and default is None:
            raise self.error(key, "不能是空的")
        return value

    def texts(self, key: str, default: list[str] | None = None) -> list[str]:
        """Return a list of strings."""
        values = self.get(key, list, default)
        if not all(isinstance(value, str) for value in values):
            raise self.error(key, "列表里只能是文字")
        return values

    def table(self, key: str) -> Table:
        """Return a sub-table; an absent one reads as empty."""
        return Table(self.file, self.get(key, dict, {}), self._dotted(key))

    def tables(self, key: str) -> list[Table]:
        """Return an array of tables; an absent one reads as empty."""
        found = []
        for number, item in enumerate(self.get(key, list, []), start=1):
            dotted = f"{self._dotted(key)}[{number}]"
            if not isinstance(item, dict):
                raise KnowledgeError(self.file, dotted, "应当是一个表")
            found.append(Table(self.file, item, dotted))
        return found

    def done(self) -> None:
        """Refuse keys that nobody read."""
        for key in self._data:
            if key not in self._seen:
                raise self.error(key, "没有这样的项，是不是写错了")

    def _dotted(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def read_toml(path: Path) -> Table:
    """Read one TOML file; a syntax fault or a missing file is a `KnowledgeError`."""
    name = str(path.relative_to(ROOT.parent)) if path.is_relative_to(ROOT.parent) else str(path)
    try:
        return Table(name, tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise KnowledgeError(name, "", "找不到这个文件") from None
    except UnicodeDecodeError:
        raise KnowledgeError(name, "", "不是 UTF-8 编码") from None
    except tomllib.TOMLDecodeError as fault:
        raise KnowledgeError(name, "", f"格式有误（{fault}）") from None
