"""Reading one fact's JSON value into the form the rules walk over; one function a kind.

A parser takes (key, value, values) and writes into `values`; what cannot be is a ValueError
whose text is a sentence in Chinese. Forms: scalar, list, {"min"}, {"max"}, {"min","max"},
{"approx"}, {"not": [...]}; which of them a kind takes is said by its function.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from knowledge.fact_specs import FactSpec

Values = dict[str, Any]
Parser = Callable[[str, object, Values], None]
EARLIEST, LATEST = dt.date(1949, 10, 1), dt.date(2099, 12, 31)
LONGEST_LIST, LONGEST_TEXT = 60, 60
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def parser_for(spec: FactSpec, approx_percent: int) -> Parser:
    """Return the parser of one fact."""

    def parse(key: str, value: object, values: Values) -> None:
        READERS[spec.kind](spec, approx_percent, key, value, values)

    return parse


def _number(spec: FactSpec, percent: int, _key: str, value: object, values: Values) -> None:
    low, high = number_range(spec, percent, value)
    values[spec.key] = (low, high)


def number_range(spec: FactSpec, percent: int, value: object) -> tuple[float, float]:
    """Read a number, {"min"}, {"max"}, both, or {"approx"} into (low, high); high may be inf."""
    if not isinstance(value, dict):
        exact = _one_number(spec, value)
        return exact, exact
    if set(value) == {"approx"}:
        middle = _one_number(spec, value["approx"])
        low, high = middle * (100 - percent) / 100, middle * (100 + percent) / 100
        if not spec.fraction:
            low, high = math.ceil(low), math.floor(high)
        return low, min(high, spec.most)
    if not value or set(value) - {"min", "max"}:
        raise ValueError("数字可以写成一个数，或者 min、max、approx")
    low = _one_number(spec, value["min"]) if "min" in value else 0
    high = _one_number(spec, value["max"]) if "max" in value else math.inf
    if low > high:
        raise ValueError("最小值比最大值还大")
    return low, high


def _one_number(spec: FactSpec, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("应当是一个数字")  # noqa: TRY004 - one error type for all that cannot be
    if math.isnan(value) or math.isinf(value):
        raise ValueError("应当是一个实在的数字")
    if value < 0:
        raise ValueError("不能是负数")
    if value > spec.most:
        raise ValueError(f"太大了，最多{spec.most}{spec.unit}")
    if isinstance(value, float) and not spec.fraction:
        raise ValueError("应当是整数")
    if spec.fraction and 0 < value < 1:
        raise ValueError("请写百分数，比如80")
    return value


def _numbers(spec: FactSpec, _percent: int, _key: str, value: object, values: Values) -> None:
    if not isinstance(value, list) or not value:
        raise ValueError("应当是一串数字，比如 [8, 6]")
    if len(value) > LONGEST_LIST:
        raise ValueError("这一串太长了")
    found = [_one_number(spec, each) for each in value]
    derived = {spec.longest: max(found), spec.count: len(found)}
    derived.pop("", None)
    values |= {key: (number, number) for key, number in derived.items()}
    if spec.total:
        values.setdefault(spec.total, (sum(found), sum(found)))
    if spec.single and len(found) == 1:
        values.setdefault(spec.single, (found[0], found[0]))


def _flag(spec: FactSpec, _percent: int, _key: str, value: object, values: Values) -> None:
    if isinstance(value, dict) and value in ({"not": [True]}, {"not": [False]}):
        value = value == {"not": [False]}
    if not isinstance(value, bool):
        raise ValueError("应当是 true 或 false")  # noqa: TRY004 - as above
    values[spec.key] = value


def _choice(spec: FactSpec, _percent: int, _key: str, value: object, values: Values) -> None:
    names = frozenset(name for name, _ in spec.choices)
    if isinstance(value, dict):
        left = names - _words(names, _not(value))
        if not left:
            raise ValueError("把所有选项都排除了")
        values[spec.key] = left
    else:
        values[spec.key] = _words(names, [value])


def _set(spec: FactSpec, _percent: int, key: str, value: object, values: Values) -> None:
    """Read one of the three keys of a set; `merge_set` then makes one value of them."""
    names = frozenset(name for name, _ in spec.choices)
    if isinstance(value, dict):
        key, value = spec.not_, _not(value)
    values[key] = _words(names, value)


def merge_set(spec: FactSpec, values: Values) -> None:
    """Make (surely in, surely out) of the complete list, what was named, what was denied.

    A complete list denies all others but those one of its own leaves open. What was named or
    denied beside it must not contradict it.
    """
    names = frozenset(name for name, _ in spec.choices)
    complete = values.pop(spec.key, None)
    has, no = values.pop(spec.has, None), values.pop(spec.not_, None)
    if complete is None and has is None and no is None:
        return
    has, no = has or frozenset(), no or frozenset()
    if complete is not None:
        left_open = [others for member, others in spec.leaves_open if member in complete]
        others = names.difference(complete, *left_open)
        if has & others:
            raise ValueError("没有列出的情况，另外又说是")
        has, no = has | complete, no | others
    if has & no:
        raise ValueError("同一种情况又说是又说不是")
    values[spec.key] = (has, no)


def _list_of_words(spec: FactSpec, _p: int, _key: str, value: object, values: Values) -> None:
    names = frozenset(name for name, _ in spec.choices)
    if isinstance(value, dict):
        has, no = frozenset[str](), _words(names, _not(value))
    else:
        has = _words(names, value if isinstance(value, list) else [value])
        no = names - has
    values[spec.key] = (has, no)


def _date(spec: FactSpec, _percent: int, _key: str, value: object, values: Values) -> None:
    if not isinstance(value, dict):
        low = high = _one_date(value)
    elif not value or set(value) - {"min", "max"}:
        raise ValueError("日期可以写成一天，或者 min、max")
    else:
        low = _one_date(value["min"]) if "min" in value else EARLIEST
        high = _one_date(value["max"]) if "max" in value else LATEST
    if low > high:
        raise ValueError("开始的日期比结束的还晚")
    values[spec.key] = (low, high)


def _one_date(value: object) -> dt.date:
    day = iso_date(value) if isinstance(value, str) else None
    if day is None:
        raise ValueError("应当是一个真实的日期，比如 2021-05-01")
    if not EARLIEST <= day <= LATEST:
        raise ValueError(f"日期应当在{EARLIEST.year}年到{LATEST.year}年之间")
    return day


def iso_date(text: str) -> dt.date | None:
    """Return the day written 2026-01-31; None for any other way, or no such day."""
    try:
        return dt.date.fromisoformat(text) if ISO_DATE.fullmatch(text) else None
    except ValueError:
        return None


def _place(spec: FactSpec, _percent: int, _key: str, value: object, values: Values) -> None:
    if isinstance(value, dict):
        if {_holds_city(spec, _short_text(each)) for each in _not(value)} & {True}:
            values[spec.key] = False
        return
    home = _lies_in(spec, _short_text(value))
    if home is not None:
        values[spec.key] = home


def _lies_in(spec: FactSpec, place: str) -> bool | None:
    """Say whether a place lies in the city; None where only the province is named."""
    place = _below(spec, place)
    return place.startswith(spec.home) if place else None


def _holds_city(spec: FactSpec, place: str) -> bool:
    """Say whether the whole city lies in a place, so that who is not of it is from elsewhere."""
    return _below(spec, place) in {"", *spec.whole}


def _below(spec: FactSpec, place: str) -> str:
    """Take off the province and the country."""
    for above in spec.above:
        place = place.removeprefix(above)
    return place


def _text(_spec: FactSpec, _percent: int, _key: str, value: object, _values: Values) -> None:
    for each in _not(value) if isinstance(value, dict) else [value]:
        _short_text(each)


def _short_text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("应当是一段文字")
    if len(value) > LONGEST_TEXT:
        raise ValueError("这段文字太长了")
    return value.strip()


def _ids(spec: FactSpec, _percent: int, _key: str, value: object, values: Values) -> None:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("应当是一个列表，列出补贴的代号")
    if len(value) > LONGEST_LIST:
        raise ValueError("这一串太长了")
    values[spec.key] = tuple(dict.fromkeys(value))


def _not(value: dict[Any, Any]) -> list[Any]:
    if set(value) != {"not"} or not isinstance(value["not"], list) or not value["not"]:
        raise ValueError('只能写成一个值，或者 {"not": [...]}')
    return value["not"]


def _words(names: frozenset[str], value: object) -> frozenset[str]:
    if not isinstance(value, list):
        raise ValueError("应当是一个列表")  # noqa: TRY004 - one error type for all that cannot be
    for each in value:
        if not isinstance(each, str) or each not in names:
            raise ValueError(f"只能从这些里选：{'、'.join(sorted(names))}")
    return frozenset(value)


READERS: dict[str, Callable[[FactSpec, int, str, object, Values], None]] = {
    "number": _number,
    "numbers": _numbers,
    "flag": _flag,
    "choice": _choice,
    "set": _set,
    "list_of_words": _list_of_words,
    "date": _date,
    "place": _place,
    "text": _text,
    "ids": _ids,
}
