"""ID numbers: right or refused, never guessed; and how much of them is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lists import id_number

from jcbot.people.identity import (
    IdentityError,
    birth_of,
    mask_id,
    mask_name,
    mask_phone,
    read_id,
    read_phone,
    sex_of,
)

# Area 990105, which is nobody's, with X as its check character.
STANDARD = "99010519491231004X"
FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
DAMAGED = ["1.40522E+17", "9.90000E+17", "1.40522e17", "1E+17", "990000198001150000.0"]


def test_the_standards_own_example() -> None:
    assert read_id(STANDARD) == STANDARD
    assert str(birth_of(STANDARD)) == "1949-12-31"
    assert sex_of(STANDARD) == "female"


@pytest.mark.parametrize(
    "written",
    [
        STANDARD.lower(),
        STANDARD.translate(FULL_WIDTH),
        "990105 19491231 004x",
        f"\u3000{STANDARD}\u200b\n",
        f"'{STANDARD}",
    ],
)
def test_forms_that_mean_the_same_are_taken(written: str) -> None:
    assert read_id(written) == STANDARD


@pytest.mark.parametrize("written", DAMAGED)
def test_what_excel_damaged_is_refused_as_such(written: str) -> None:
    with pytest.raises(IdentityError, match="Excel"):
        read_id(written)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("990105491231002", "15位"),
        ("", "0位"),
        (STANDARD[:-1], "17位"),
        (STANDARD + "1", "19位"),
        ("99010519490229002X", "出生日期"),
        ("990105194912310041", "校验"),
        ("9901051949123100AX", "只能是"),
        ("099010519491231004", "只能是"),
    ],
)
def test_each_refusal_has_its_reason(written: str, reason: str) -> None:
    with pytest.raises(IdentityError, match=reason) as refused:
        read_id(written)
    assert STANDARD[6:14] not in refused.value.reason


@given(st.integers(0, 998), st.integers(0, 16), st.integers(1, 9))
def test_any_one_wrong_digit_is_found(number: int, place: int, more: int) -> None:
    right = id_number(number)
    digit = str((int(right[place]) + more) % 10)
    with pytest.raises(IdentityError):
        read_id(right[:place] + digit + right[place + 1 :])


@given(st.integers(0, 998), st.integers(0, 15))
def test_two_neighbours_swapped_are_found(number: int, place: int) -> None:
    right = id_number(number)
    swapped = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
    if swapped != right:
        with pytest.raises(IdentityError):
            read_id(swapped)


@pytest.mark.parametrize(
    "written", ["13900001234", "139 0000 1234", "+86 139-0000-1234", "１３９００００１２３４"]
)
def test_phones(written: str) -> None:
    assert read_phone(written) == "13900001234"


@pytest.mark.parametrize("written", ["1390000123", "03561234567", "23900001234", "1.39E+10"])
def test_what_is_no_mobile_number_is_refused(written: str) -> None:
    with pytest.raises(IdentityError, match="手机号"):
        read_phone(written)


def test_masks() -> None:
    assert mask_id(STANDARD) == "990***********004X"
    assert mask_phone("13900001234") == "139****1234"
    assert mask_name("张三丰") == "张*"
    assert (mask_name(""), mask_id("12345"), mask_phone("123")) == ("", "*****", "***")
