"""The fields of templates and what goes into each (模板字段): knowledge/sending/templates.toml."""

from __future__ import annotations

import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from knowledge.reading import ROOT, Table, read_toml
from knowledge.replies import placeholders
from knowledge.sending import SUBSCRIPTION, TEMPLATE
from knowledge.template_types import TYPES, length, one_line, type_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from knowledge.sending import SendingRules

FILE = ROOT / "sending" / "templates.toml"
FIRST = "first"
"""The one field of a kind that is not in the file: it takes all the words."""
_PLAIN = string.Formatter()


@dataclass(frozen=True, slots=True)
class Slot:
    """One value of a kind: its field by channel, what it says, what it says where that is void."""

    fields: dict[str, str]
    says: str
    empty: str

    def value(self, channel: str, told: Mapping[str, str]) -> str:
        """Return the value for this channel's field; it always fits.

        Of a day {first} a field of type time takes `first_time`, if there is one.
        """
        kind = type_of(self.fields[channel])
        own = {name: told.get(f"{name}_{kind}", told[name]) for name in placeholders(self.says)}
        # A value that is empty leaves its words behind: then the whole of it is void.
        said = self.says.format_map(own) if all(text.strip() for text in own.values()) else ""
        return TYPES[kind].cut(one_line(said)) or self.empty


@dataclass(frozen=True, slots=True)
class Templates:
    """The slots of each kind that has any."""

    kinds: dict[str, tuple[Slot, ...]] = field(default_factory=dict)

    def values(self, kind: str, channel: str, told: Mapping[str, str]) -> dict[str, str]:
        """Return what each field of a kind's template says, {} for a kind without an entry."""
        slots = self.kinds.get(kind, ())
        return {slot.fields[channel]: slot.value(channel, told) for slot in slots}


def load_templates(path: Path, rules: SendingRules) -> Templates:
    """Read the file; what is no kind, no field, or can never fit is a `KnowledgeError`."""
    table = read_toml(path)
    voids = table.table("empty")
    empty = {kind: voids.text(kind) for kind in voids.keys()}  # noqa: SIM118 - a Table
    samples, parts = _samples(table.table("matter"), rules), table.table("kind")
    kinds = {}
    for kind in parts.keys():  # noqa: SIM118 - a Table
        if kind not in samples:
            raise parts.error(kind, "没有这种通知，或者 matter 里没有写它说的是什么事")
        kinds[kind] = _slots(parts.table(kind), samples[kind], empty)
    for kind, rule in rules.kinds.items():
        if SUBSCRIPTION in rule.channels and kind not in kinds:
            raise parts.error(kind, "缺少这一项：这种通知要走订阅通知，得写明字段")
    table.done()
    return Templates(kinds)


def _samples(table: Table, rules: SendingRules) -> dict[str, dict[str, str]]:
    """Return, by kind, how what may stand in braces looks."""
    found = {}
    for matter in table.keys():  # noqa: SIM118 - a Table
        part = table.table(matter)
        looks = part.table("sample")
        sample = {name: looks.text(name) for name in looks.keys()}  # noqa: SIM118 - a Table
        for kind in part.texts("kinds"):
            if kind not in rules.kinds:
                raise part.error("kinds", f"没有“{kind}”这种通知")
            found[kind] = sample
        part.done()
    return found


def _slots(table: Table, sample: dict[str, str], empty: dict[str, str]) -> tuple[Slot, ...]:
    slots = tuple(_slot(table.table(role), sample, empty) for role in table.keys())  # noqa: SIM118
    for channel in (TEMPLATE, SUBSCRIPTION):
        names = [slot.fields[channel] for slot in slots]
        if twice := {name for name in names if names.count(name) > 1}:
            raise table.error(min(twice), "两项写的是同一个字段")
    table.done()
    return slots


def _slot(part: Table, sample: dict[str, str], empty: dict[str, str]) -> Slot:
    name, says = part.text("field"), part.text("says")
    fields = {TEMPLATE: name, SUBSCRIPTION: part.text("subscription", name)}
    for key, one in (("field", name), ("subscription", fields[SUBSCRIPTION])):
        if not type_of(one):
            raise part.error(key, f"“{one}”应当是类型加数字，类型只能是 {'、'.join(TYPES)}")
    void = part.text("empty", empty.get(type_of(name), ""))
    slot = Slot(fields, says, void)
    for channel in fields:
        _check(part, slot, channel, sample)
    part.done()
    return slot


def _check(part: Table, slot: Slot, channel: str, sample: dict[str, str]) -> None:
    """Refuse what WeChat would refuse whatever the message is about."""
    field_type, field_name = TYPES[type_of(slot.fields[channel])], slot.fields[channel]
    try:
        names = placeholders(slot.says)
        fixed = "".join(text for text, *_ in _PLAIN.parse(slot.says))
    except ValueError as fault:
        raise part.error("says", f"花括号没有配对（{fault}）") from None
    if unknown := names - set(sample):
        raise part.error("says", f"没有“{min(unknown)}”，花括号里只能写 {'、'.join(sample)}")
    if names and field_type.fixed:
        raise part.error("says", f"{field_name} 只能填模板里列出的固定的词，不能有花括号")
    if not names and not field_type.fits(slot.says):
        raise part.error("says", f"“{slot.says}”填不进 {field_name}")
    if names and length(fixed) >= field_type.most:
        raise part.error("says", f"除了花括号已经有{length(fixed)}个字，填不进 {field_name}")
    own = f"_{type_of(field_name)}"  # a day that is written for this type is always known
    if any(name + own not in sample for name in names) and not field_type.fits(slot.empty):
        raise part.error("empty", f"“{slot.empty}”填不进 {field_name}，要写一个填得进的")
    if names and slot.value(channel, sample) == slot.empty:
        raise part.error("says", f"例如“{slot.says.format_map(sample)}”，填不进 {field_name}")
