"""Codes participants type: forgiving in form, never guessing in content."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.vault.codes import ALPHABET, LENGTH, grouped, new_code, normalise

codes = st.binary(min_size=16, max_size=16).map(new_code)


@given(codes)
def test_new_code_is_valid_and_of_unmistakable_characters(code: str) -> None:
    assert normalise(code) == code
    assert len(code) == LENGTH
    assert not set(code) & set("0O1IL5SZBGQUV")


@given(codes)
def test_form_of_a_typed_code_does_not_matter(code: str) -> None:
    wide = "".join(chr(ord(character) + 0xFEE0) for character in code)
    for typed in (
        code.lower(),
        grouped(code),
        f" {' '.join(code)}\n",
        f"{code[:4]}–{code[4:]}",
        wide,
    ):
        assert normalise(typed) == code


@given(codes, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_noticed(code: str, place: int, wrong: str) -> None:
    typed = code[:place] + wrong + code[place + 1 :]
    assert (normalise(typed) == code) == (wrong == code[place])
    assert normalise(typed) in {code, None}


@given(codes, st.integers(0, LENGTH - 2))
def test_every_swap_of_neighbours_is_noticed(code: str, place: int) -> None:
    typed = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert normalise(typed) == (code if typed == code else None)


@pytest.mark.parametrize("text", ["", "4", "STOP", "2346789", "A2", "K7M4PXRR", "my knee hurts"])
def test_other_texts_are_not_codes(text: str) -> None:
    assert normalise(text) is None


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
