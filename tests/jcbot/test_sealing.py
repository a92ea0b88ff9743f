"""Sealing: opens only with its key and in its place; equal texts look different."""

from __future__ import annotations

import hashlib

import pytest
from lists import NEW, OLD, id_number

from jcbot.keyring import Keyring
from jcbot.people.keys import PeopleKeys
from jcbot.sealing import BlindIndex, Sealer, SealError

WHERE = b"table\0column\0row"


def test_what_was_sealed_opens_again() -> None:
    sealer = Sealer(OLD)
    for text in ("", "张三", "𠮷" * 500):
        assert sealer.open(sealer.seal(text, WHERE), WHERE) == text


def test_equal_texts_are_sealed_differently() -> None:
    sealer = Sealer(OLD)
    assert len({sealer.seal("张三", WHERE) for _ in range(50)}) == 50


def test_the_active_key_seals_and_the_old_one_still_opens() -> None:
    old, new = Sealer(OLD).seal("张三", WHERE), Sealer(NEW).seal("张三", WHERE)
    assert Sealer(NEW).open(old, WHERE) == "张三"
    assert new.startswith(b"\x02k2")
    with pytest.raises(SealError, match=r"privacy\.keys"):
        Sealer(OLD).open(new, WHERE)


def test_moved_changed_or_cut_it_does_not_open() -> None:
    sealer = Sealer(OLD)
    sealed = sealer.seal("张三", WHERE)
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for wrong in (changed, sealed[:10], sealed[:-1], b""):
        with pytest.raises(SealError):
            sealer.open(wrong, WHERE)
    with pytest.raises(SealError):
        sealer.open(sealed, b"table\0column\0other row")


def test_a_cell_belongs_to_its_person_and_column() -> None:
    keys = PeopleKeys(OLD)
    sealed = keys.seal("13900001234", b"a" * 16, "phone")
    assert keys.open(sealed, b"a" * 16, "phone") == "13900001234"
    for row, column in ((b"b" * 16, "phone"), (b"a" * 16, "note")):
        with pytest.raises(SealError):
            keys.open(sealed, row, column)


def test_the_index_needs_its_key_and_keeps_domains_apart() -> None:
    number = id_number(1)
    one, other = BlindIndex(OLD, "a", 16), BlindIndex(OLD, "b", 16)
    stranger = BlindIndex(Keyring(OLD.keys, b"j" * 32), "a", 16)
    plain = hashlib.sha256(number.encode()).digest()[:16]
    found = {one.of(number), other.of(number), stranger.of(number), plain}
    assert len(found) == 4
    assert one.of(number) == BlindIndex(NEW, "a", 16).of(number)


def test_names_are_compared_without_blanks_and_dots() -> None:
    keys = PeopleKeys(OLD)
    assert keys.name_key("买买提·艾力") == keys.name_key("买买提．艾力 ")
    assert keys.name_key("张三") != keys.name_key("张四")
    assert keys.tail_key("13900001234") == keys.tail_key("1234")
