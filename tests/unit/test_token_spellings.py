"""Tokens we give have one spelling: what base32 and base64 would read as the same is none."""

from __future__ import annotations

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from pro_service.messaging.email.wire import Returns
from pro_service.services.pages.showing import DeviceMemory, read_memory, write_memory
from pro_service.vault.keys import KeyRing
from pro_service.vault.vault import Vault

VAULT = Vault(KeyRing.generate(), KeyRing.generate(), KeyRing.generate())
RETURNS = Returns("bounces@letters.example", SecretStr("a mark of ours"))
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_AN_ID = UUID("01890000-0000-7000-8000-000000000001")


def bytes_of(token: str) -> bytes:
    """What base32 reads of a token, whatever its last letter's spare bits say."""
    return base64.b32decode(f"{token.upper()}{'=' * (-len(token) % 8)}")


@given(st.uuids(), st.integers(0, 51), st.sampled_from(LETTERS))
def test_a_letter_opens_by_the_spelling_it_was_given_and_by_no_other(
    message_id: UUID, place: int, letter: str
) -> None:
    token = VAULT.letter_token(message_id)
    assert VAULT.read_letter_token(token) == message_id
    assert VAULT.read_letter_token(token.upper()) == message_id
    for at in (place, 51):
        other = f"{token[:at]}{letter}{token[at + 1 :]}"
        assert (VAULT.read_letter_token(other) == message_id) == (other == token)


@given(st.uuids(), st.sampled_from(LETTERS))
def test_a_letter_returns_to_the_address_it_was_given_and_to_no_other(
    message_id: UUID, letter: str
) -> None:
    local, _, domain = RETURNS.address_of(message_id).partition("@")
    assert RETURNS.message_of(f"{local.upper()}@{domain}") == message_id
    other = f"{local[:-1]}{letter}"
    assert (RETURNS.message_of(f"{other}@{domain}") == message_id) == (other == local)


def test_spellings_there_are_of_the_same_bytes_are_refused() -> None:
    token = VAULT.letter_token(_AN_ID)
    alike = [one for one in LETTERS if bytes_of(token[:-1] + one) == bytes_of(token)]
    assert len(alike) == 16
    assert [VAULT.read_letter_token(token[:-1] + one) for one in alike].count(_AN_ID) == 1


@pytest.mark.parametrize("token", ["\u0131" * 52, "\u017f" * 52, "=" * 52, "", "a" * 51])
def test_what_is_no_token_is_read_as_none(token: str) -> None:
    assert VAULT.read_letter_token(token) is None
    assert RETURNS.message_of(f"bounces+{token}@letters.example") is None


def test_a_device_remembers_by_one_spelling_of_a_sitting() -> None:
    cookie = write_memory(VAULT, DeviceMemory({_AN_ID: 5}))
    assert read_memory(VAULT, cookie).given == {_AN_ID: 5}
    name, _, rest = cookie.partition(".")
    assert name.endswith("Q")
    others = [f"{name[:-1]}{one}.{rest}" for one in "RSTUVWXYZabcdef"]
    assert all(not read_memory(VAULT, one).given for one in others)
