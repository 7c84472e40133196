"""A code is found however its case, width, hyphens and zeros are typed, and no other is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.tables.codes import LONGEST_CODE, TakenCodes, alike_pattern, fold_code


def matches(typed: str, code: str) -> bool:
    """Whether the code is found, as `~*` of PostgreSQL reads the expression."""
    pattern = alike_pattern(typed)
    if pattern is None:
        return False
    return re.search(pattern.replace("[^[:alnum:]]", r"[\W_]"), code, re.IGNORECASE) is not None


@pytest.mark.parametrize(
    "typed", ["K-0012", "k12", "k 12", "Ｋ００１２", "K\u20110012", "k.12", "K00012", " K-12 "]
)
def test_a_code_is_found_as_it_is_said(typed: str) -> None:
    assert matches(typed, "K-0012")


@pytest.mark.parametrize("typed", ["", "-", "K", "12", "K-1", "K-120", "L-0012", "K-0 012x", "%"])
def test_other_codes_are_not_alike(typed: str) -> None:
    assert not matches(typed, "K-0012")


def test_parts_of_numbers_stay_apart() -> None:
    assert matches("1-7", "01-0007")
    assert matches("01 0007", "01-0007")
    assert not matches("17", "01-0007")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("K-0001", "K0001"), ("K-0001", "k 1"), ("K.0001", "K_1"), ("K\u20110001", "Ｋ１")),
        *(("01-007", "1-7"), ("01-007", "01007"), ("BJ01-003", "bj-01 003"), ("AB-C1", "A-BC-1")),
    ],
)
def test_codes_that_differ_in_what_is_left_out_are_one(one: str, other: str) -> None:
    assert TakenCodes([one]).alike(other) == one
    assert TakenCodes([other]).alike(one) == other


@pytest.mark.parametrize(
    ("one", "other"),
    [("1-12", "11-2"), ("01-012", "001-12-0"), ("K-0001", "K-0010"), ("K-1", "KA-1"), ("K1", "1K")],
)
def test_codes_whose_parts_differ_are_two(one: str, other: str) -> None:
    assert TakenCodes([one]).alike(other) is None
    assert TakenCodes([other]).alike(one) is None


def test_of_codes_alike_the_first_is_found_and_a_code_finds_itself() -> None:
    taken = TakenCodes(["1-12", "11-2"])
    assert [taken.alike(one) for one in ("1-12", "11-2", "112", "12")] == [
        *("1-12", "11-2", "1-12", None)
    ]


@given(code=st.from_regex(r"[A-Z]{0,3}-?[0-9]{1,6}(-[0-9]{1,4})?", fullmatch=True))
def test_what_is_the_same_code_to_people_is_found(code: str) -> None:
    assert matches(fold_code(code), code)
    assert matches(code.lower().replace("-", " - "), code)


@given(typed=st.text(max_size=3 * LONGEST_CODE))
def test_whatever_is_typed_makes_an_expression_of_letters_and_digits_alone(typed: str) -> None:
    pattern = alike_pattern(typed)
    rest = (pattern or "").replace("[^[:alnum:]]*", "").replace("0*", "").strip("^$")
    assert all(one.isalnum() for one in rest)
