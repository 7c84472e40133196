"""Codes participants type: forgiving in form, never guessing in content."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.conversation.warning.reading import read_warning
from pro_service.services.pages.entrance import CODE_PACE, SHORT_CODE_PACE
from pro_service.vault.codes import (
    ALPHABET,
    LENGTH,
    OLD_ALPHABET,
    OLD_LENGTH,
    OLD_SPACE,
    SPACE,
    grouped,
    is_short,
    new_code,
    normalise,
    old_check,
    without,
)

codes = st.binary(min_size=16, max_size=16).map(new_code)
old_codes = st.builds(
    lambda first, second, rest: (body := first + second + rest) + old_check(body),
    st.sampled_from("ACDEFHJKMNPRTWXY"),
    st.sampled_from("2346789"),
    st.text(OLD_ALPHABET, min_size=4, max_size=4),
)
YEAR = timedelta(days=365.25)


def test_m16_a_hit_takes_over_a_hundred_years_at_ten_thousand_participants() -> None:
    tries_to_a_hit = SPACE / 10_000
    assert timedelta(seconds=1) <= CODE_PACE
    assert tries_to_a_hit * CODE_PACE > 100 * YEAR
    # Codes of the cards of before cannot be made longer: they are tried at a sixth of the pace at
    # which they were, 9,600 a day.
    assert timedelta(days=1) / SHORT_CODE_PACE <= 9_600 / 6
    assert OLD_SPACE == 16 * 7 * 23**4


def test_m16_the_space_is_what_codes_are_drawn_from() -> None:
    drawn = [new_code(seed.to_bytes(16, "big")) for seed in range(19 * 8)]
    assert len({code[:2] for code in drawn}) == 19 * 8
    assert len(set(ALPHABET)) == 27
    assert SPACE == 19 * 8 * 27**8


@given(codes)
def test_new_code_is_valid_and_of_unmistakable_characters(code: str) -> None:
    assert normalise(code) == code
    assert len(code) == LENGTH == 10
    assert not set(code) & set("OQ1I5VZBG")


@given(codes, st.data())
def test_characters_that_look_alike_are_one(code: str, data: st.DataObject) -> None:
    alike = {"0": "0OQo", "L": "L1Il", "S": "S5s", "U": "UVv", "2": "2Zz", "8": "8B", "6": "6G"}
    typed = "".join(data.draw(st.sampled_from(alike.get(one, one))) for one in code)
    # A whole word of seven is read as an older code; ten are not.
    assert normalise(typed) == code


@given(st.one_of(codes, old_codes))
def test_form_of_a_typed_code_does_not_matter(code: str) -> None:
    wide = "".join(chr(ord(character) + 0xFEE0) for character in code)
    assert unicodedata.normalize("NFKC", wide) == code
    for typed in (
        code.lower(),
        grouped(code),
        f" {' '.join(code)}\n",
        f"{code[:4]}–{code[4:]}",
        wide,
    ):
        assert normalise(typed) == code


@given(old_codes)
def test_codes_of_older_cards_go_on_working(code: str) -> None:
    assert len(code) == OLD_LENGTH
    assert normalise(code) == code
    assert is_short(code)


@given(old_codes, st.integers(0, OLD_LENGTH - 1), st.sampled_from(OLD_ALPHABET))
def test_every_single_wrong_character_of_an_older_code_is_noticed(
    code: str, place: int, wrong: str
) -> None:
    typed = code[:place] + wrong + code[place + 1 :]
    assert (normalise(typed) == code) == (wrong == code[place])
    assert normalise(typed) in {code, None}


@given(old_codes, st.integers(0, OLD_LENGTH - 2))
def test_every_swap_of_neighbours_in_an_older_code_is_noticed(code: str, place: int) -> None:
    typed = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert normalise(typed) == (code if typed == code else None)


@given(codes, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_a_mistyped_new_code_is_another_code_or_none_and_never_taken_for_it(
    code: str, place: int, wrong: str
) -> None:
    typed = code[:place] + wrong + code[place + 1 :]
    assert (normalise(typed) == code) == (wrong == code[place])


@pytest.mark.parametrize(
    "text",
    ["", "4", "STOP", "2346789", "A2", "K7M4PXRR", "my knee hurts", "7K34567890", "K7M-4PX-9RTAA"],
)
def test_other_texts_are_not_codes(text: str) -> None:
    assert normalise(text) is None


def test_printed_in_groups_that_are_read_at_a_glance() -> None:
    assert grouped("K7M4PX9RTA") == "K7M-4PX-9RTA"
    assert grouped("K7M4PXR") == "K7M-4PXR"


def test_code_cannot_be_all_digits_or_all_letters() -> None:
    for seed in range(500):
        code = new_code(seed.to_bytes(16, "big"))
        assert code[0].isalpha()
        assert code[1].isdigit()


def test_codes_spread_over_the_whole_space() -> None:
    made = {new_code(seed.to_bytes(16, "big")) for seed in range(5000)}
    assert len(made) == 5000


def test_too_few_random_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="16 random bytes"):
        new_code(b"short")


@pytest.mark.parametrize("typed", ["W7FM72T38C", "w7f-m72-t38c", "It is W7F M72 T38C."])
def test_a_code_that_ends_like_a_temperature_is_no_fever(typed: str) -> None:
    assert read_warning("W7FM72T38C").named
    assert not read_warning(without(["W7FM72T38C"], typed)).named
    assert read_warning(without(["W7FM72T38C"], f"{typed} I have 39.2 C")).named
