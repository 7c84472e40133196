"""Passwords that are tried first are refused, and those made of a few words are not (M2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.services.study.guessing import common_words, pieces
from pro_service.services.study.passwords import (
    FEWEST_PIECES,
    SHORTEST_PASSWORD,
    Passwords,
    WeakPasswordError,
    check_password,
    new_hasher,
)

LOGIN = "wang.li"
GOOD = [
    "four plain words here",
    "another four plain words",
    "some other words",
    "correct horse battery staple",
    "Tea-kettle under 9 bridges",
    "qT7#vm2Lx!pe",
    "我的自行车停在桥下第三棵树",
    "gh7kq2vzr4tn",
    "umbrella sandwich tractor",
]


@pytest.mark.parametrize(
    ("password", "said"),
    [
        # The four of the field case.
        ("123456789012", "all digits"),
        ("password1234", "tried first"),
        ("wang.li12345", "login in it"),
        (" " * 12, "blank"),
        # Their neighbours.
        ("\t\u3000\u00a0" * 5, "blank"),
        ("WANG.LI is here", "login in it"),
        ("ｗａｎｇ．ｌｉ 12345", "login in it"),
        ("I am WangLi, hello", "login in it"),
        ("210987654321", "all digits"),
        ("138 0013 8000 1", "all digits"),
        ("abcdefghijkl", "tried first"),
        ("qwertyuiop12", "tried first"),
        ("1qaz2wsx3edc", "tried first"),
        ("QWERTYuiop!!", "tried first"),
        ("aaaaaaaaaaaa", "tried first"),
        ("abababababab", "tried first"),
        ("P@ssw0rd2026", "tried first"),
        ("passwordpassword", "tried first"),
        ("Password!2026!", "tried first"),
        ("pass-word-1234", "tried first"),
        ("iloveyouforever", "tried first"),
        ("woaini5201314", "tried first"),
        ("Beijing2008Beijing", "tried first"),
        ("Hospital2026!!", "tried first"),
        ("Welcome123456", "tried first"),
        ("admin admin admin", "tried first"),
        ("Summer2026Winter", "tried first"),
        ("letmein19900412", "tried first"),
        ("short", "5 characters"),
        ("x" * 300, "too long"),
    ],
)
def test_m2_what_is_tried_first_is_refused_and_told_why(password: str, said: str) -> None:
    with pytest.raises(WeakPasswordError) as refused:
        check_password(LOGIN, password)
    assert said in str(refused.value)
    assert "Take " in str(refused.value)
    if password.strip() and len(password) > SHORTEST_PASSWORD:
        assert password not in str(refused.value)


@pytest.mark.parametrize("password", GOOD)
def test_m2_a_few_words_or_a_dozen_odd_characters_are_taken(password: str) -> None:
    check_password(LOGIN, password)


@pytest.mark.parametrize("login", ["", "li", "knee-oa/li", "KNEE-OA/o"])
def test_m2_a_short_name_forbids_no_words_and_the_study_is_no_name(login: str) -> None:
    for password in GOOD:
        check_password(login, password)


@given(
    st.sampled_from(sorted(common_words())),
    st.sampled_from(["", "1", "12", "123", "1234", "2026", "!", "123!", "abc", "!!!", "1990"]),
)
def test_m2_no_common_word_with_a_number_behind_it_is_taken(word: str, tail: str) -> None:
    for password in (word + tail, word.title() + tail, tail + word, f"{word} {tail}"):
        assert pieces(password) < FEWEST_PIECES
        with pytest.raises(WeakPasswordError):
            check_password(LOGIN, password)


def test_m2_the_list_is_shipped_and_has_the_most_common_ones() -> None:
    assert 800 < len(common_words()) < 5000
    assert {"password", "qwerty", "iloveyou", "woaini", "letmein", "dragon"} <= common_words()


def test_what_is_stored_took_19_mebibytes_and_two_passes() -> None:
    """As OWASP's password storage cheat sheet asks of Argon2id."""
    assert new_hasher().hash(GOOD[0]).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_password_is_compared_as_it_was_typed_and_may_be_long() -> None:
    passwords = Passwords()
    long = "Tea-kettle under 9 bridges, and " * 7
    check_password(LOGIN, long)
    stored = await passwords.hash(long)
    assert await passwords.matches(stored, long)
    # Nothing is cut, folded or trimmed.
    for other in (long.lower(), long[:72], long.strip(), f" {long}"):
        assert not await passwords.matches(stored, other)
