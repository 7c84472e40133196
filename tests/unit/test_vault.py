"""The vault: sealing, blind look-ups, tokens."""

from __future__ import annotations

import base64
from uuid import UUID

import pytest

from pro_service.domain.delivery.addresses import Address, AddressFormError, phone
from pro_service.store.ids import new_id
from pro_service.vault import places
from pro_service.vault.keys import KeyRing, VaultKeyError
from pro_service.vault.vault import (
    KEY_LASTS,
    DataKeyMissingError,
    SealBrokenError,
    Vault,
    WrappedKey,
    token_hash,
)

NUMBER = "+12025550143"
ROW = UUID("01890000-0000-7000-8000-000000000001")
OTHER_ROW = UUID("01890000-0000-7000-8000-000000000002")


def ring_text(*ids: str) -> str:
    """A ring with recognisable key bytes."""
    return ",".join(
        f"{key_id}:{base64.b64encode(bytes([place + 65]) * 32).decode()}"
        for place, key_id in enumerate(ids)
    )


def make_vault(
    *, master: str = "m1", index: str = "i1", link: str = "l1", capacity: int = 100
) -> Vault:
    rings = [KeyRing.parse(ring_text(*ids.split())) for ids in (master, index, link)]
    return Vault(*rings, capacity=capacity)


def test_first_key_of_a_ring_is_primary_and_all_are_kept() -> None:
    ring = KeyRing.parse(ring_text("new", "old"))
    assert ring.primary == "new"
    assert list(ring.keys) == ["new", "old"]


def test_generated_ring_survives_being_written_and_read() -> None:
    ring = KeyRing.generate("k7")
    assert dict(KeyRing.parse(ring.reveal()).keys) == dict(ring.keys)
    assert dict(KeyRing.generate().keys) != dict(KeyRing.generate().keys)


def test_repr_of_a_ring_and_of_a_vault_shows_no_key() -> None:
    ring = KeyRing.parse(ring_text("k1"))
    vault = Vault(ring, ring, ring)
    for shown in (repr(ring), str(ring), repr(vault)):
        assert "AAAA" not in shown
        assert "QUFB" not in shown


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Key 1 is not written as"),
        ("SECRETKEYMATERIAL", "Key 1 is not written as"),
        ("k1:SECRETKEYMATERIAL!", "Key 1 is not valid base64"),
        ("k1:" + base64.b64encode(b"SECRET").decode(), "Key 1 has 6 bytes"),
        (ring_text("k1") + "," + ring_text("k1"), "The id of key 2 occurs twice"),
        ("SECRET KEY:" + ring_text("k1")[3:], "The id of key 1 is not valid"),
    ],
)
def test_malformed_ring_is_refused_without_repeating_it(text: str, says: str) -> None:
    with pytest.raises(VaultKeyError) as caught:
        KeyRing.parse(text)
    assert says in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_sealed_text_opens_at_its_place() -> None:
    vault = make_vault()
    key = vault.new_data_key()
    sealed = vault.seal("Ada 王", data_key=key.id, table="identities", column="name", row_id=ROW)
    assert sealed.key == f"A256GCM:{key.id}"
    opened = vault.unseal(
        sealed.ciphertext, key=sealed.key, table="identities", column="name", row_id=ROW
    )
    assert opened == "Ada 王"


@pytest.mark.parametrize(
    ("table", "column", "row_id"),
    [
        ("identitie", "sname", ROW),
        ("contacts", "name", ROW),
        ("identities", "address", ROW),
        ("identities", "name", OTHER_ROW),
    ],
)
def test_sealed_text_does_not_open_elsewhere(table: str, column: str, row_id: UUID) -> None:
    vault = make_vault()
    key = vault.new_data_key()
    sealed = vault.seal("x", data_key=key.id, table="identities", column="name", row_id=ROW)
    with pytest.raises(SealBrokenError):
        vault.unseal(sealed.ciphertext, key=sealed.key, table=table, column=column, row_id=row_id)


def test_altered_or_short_ciphertext_does_not_open() -> None:
    vault = make_vault()
    key = vault.new_data_key()
    sealed = vault.seal("x", data_key=key.id, table="t", column="c", row_id=ROW)
    altered = sealed.ciphertext[:-1] + bytes([sealed.ciphertext[-1] ^ 1])
    for ciphertext in (altered, b"", sealed.ciphertext[:12]):
        with pytest.raises(SealBrokenError):
            vault.unseal(ciphertext, key=sealed.key, table="t", column="c", row_id=ROW)


@pytest.mark.parametrize("key", ["", "A256GCM:", "A256GCM:nonsense", f"ROT13:{ROW}"])
def test_unknown_algorithm_or_key_text_is_refused(key: str) -> None:
    with pytest.raises(SealBrokenError):
        make_vault().unseal(b"x" * 40, key=key, table="t", column="c", row_id=ROW)


def test_sealing_twice_gives_different_ciphertexts() -> None:
    vault = make_vault()
    key = vault.new_data_key()
    made = {
        vault.seal("x", data_key=key.id, table="t", column="c", row_id=ROW).ciphertext
        for _ in range(50)
    }
    assert len(made) == 50


def test_another_process_with_the_same_master_opens_after_admitting_the_key() -> None:
    first, second = make_vault(), make_vault()
    key = first.new_data_key()
    sealed = first.seal("x", data_key=key.id, table="t", column="c", row_id=ROW)
    with pytest.raises(DataKeyMissingError):
        second.unseal(sealed.ciphertext, key=sealed.key, table="t", column="c", row_id=ROW)
    second.admit(key)
    opened = second.unseal(sealed.ciphertext, key=sealed.key, table="t", column="c", row_id=ROW)
    assert opened == "x"


def test_wrapped_key_cannot_be_passed_off_as_another() -> None:
    key = make_vault().new_data_key()
    with pytest.raises(SealBrokenError):
        make_vault().admit(WrappedKey(ROW, key.wrapped, key.wrapping_key))


def test_data_key_outlives_the_rotation_of_the_master_key() -> None:
    old = Vault(KeyRing.parse(ring_text("m1")), KeyRing.generate(), KeyRing.generate())
    key = old.new_data_key()
    sealed = old.seal("x", data_key=key.id, table="t", column="c", row_id=ROW)
    both = ring_text("m1") + ",m2:" + base64.b64encode(b"z" * 32).decode()
    rotated = Vault(
        KeyRing.parse(",".join(reversed(both.split(",")))), KeyRing.generate(), KeyRing.generate()
    )
    wrapped_anew = rotated.rewrap(key)
    assert wrapped_anew.wrapping_key == "m2"
    only_new = Vault(KeyRing.parse(both.split(",")[1]), KeyRing.generate(), KeyRing.generate())
    with pytest.raises(VaultKeyError):
        only_new.admit(key)
    only_new.admit(wrapped_anew)
    opened = only_new.unseal(sealed.ciphertext, key=sealed.key, table="t", column="c", row_id=ROW)
    assert opened == "x"


def test_least_recently_used_data_key_leaves_first_and_a_forgotten_one_at_once() -> None:
    vault = make_vault(capacity=2)
    first, second = vault.new_data_key(), vault.new_data_key()
    vault.admit(first)
    third = vault.new_data_key()
    vault.seal("x", data_key=first.id, table="t", column="c", row_id=ROW)
    with pytest.raises(DataKeyMissingError):
        vault.seal("x", data_key=second.id, table="t", column="c", row_id=ROW)
    vault.forget(third.id)
    with pytest.raises(DataKeyMissingError):
        vault.seal("x", data_key=third.id, table="t", column="c", row_id=ROW)


def test_blind_index_is_stable_and_depends_on_the_key() -> None:
    vault = make_vault(index="i1 i2")
    rotated = dict(vault.blind_indexes(phone(NUMBER)))
    assert vault.index_key_id == "i1"
    assert list(rotated) == ["i1", "i2"]
    assert (
        rotated["i1"] == vault.blind_index(phone(NUMBER)) == make_vault().blind_index(phone(NUMBER))
    )
    assert rotated["i1"] != rotated["i2"]
    assert len(rotated["i1"]) == 32


@pytest.mark.parametrize(
    ("number", "stored"),
    [
        ("+12025550143", "dcaad38a06ba3366181a6ff557c5fc3ce35acc99fe93dd73120726d453fd90e5"),
        ("+8613800138000", "eee9810e7b839a5c52ae4093c2785f71089272caa6d14ea9956bc905af031e79"),
    ],
)
def test_a_telephones_index_is_what_it_was_before_there_were_kinds(
    number: str, stored: str
) -> None:
    # As the release at 216a353 stored it under this key.
    index = KeyRing.parse("i1:" + base64.b64encode(bytes(range(32))).decode())
    vault = Vault(KeyRing.generate(), index, KeyRing.generate())
    assert vault.blind_index(phone(number)).hex() == stored


def test_an_address_of_another_kind_has_an_index_and_a_seal_of_its_own() -> None:
    vault = make_vault()
    letters = Address(kind="email", value="li@example.org")
    same_words = Address(kind="wechat", value="abc_123456")
    indexes = {vault.blind_index(one) for one in (letters, same_words, phone(NUMBER))}
    assert len(indexes) == 3
    key = vault.new_data_key()
    sealed = places.NUMBER.seal(vault, letters.value, data_key=key.id, row_id=ROW)
    opened = places.NUMBER.open(vault, sealed.ciphertext, key=sealed.key, row_id=ROW)
    assert opened == letters.value


@pytest.mark.parametrize("number", ["12025550143", "+1 202 555 0143", "", "+0123456789"])
def test_number_not_in_international_form_is_refused_without_repeating_it(number: str) -> None:
    with pytest.raises(AddressFormError) as caught:
        make_vault().blind_index(phone(number))
    assert "202" not in str(caught.value)


def test_link_token_is_26_characters_and_made_again_alike() -> None:
    token = make_vault().link_token(ROW)
    assert token == make_vault().link_token(ROW)
    assert token != make_vault().link_token(OTHER_ROW)
    assert len(token) == 26
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_link_token_of_a_retired_key_can_still_be_made() -> None:
    old = make_vault(link="l1")
    new = Vault(
        KeyRing.generate(),
        KeyRing.generate(),
        KeyRing.parse("l2:" + base64.b64encode(b"q" * 32).decode() + "," + ring_text("l1")),
    )
    assert new.link_key_id == "l2"
    assert new.link_token(ROW) != old.link_token(ROW)
    assert new.link_token(ROW, key_id="l1") == old.link_token(ROW)


def test_hash_of_a_token_forgives_case_and_spaces_only() -> None:
    vault = make_vault()
    token = vault.link_token(ROW)
    assert vault.token_hash(f" {token[:5].upper()} {token[5:]}\n") == token_hash(token)
    assert vault.token_hash(token[:-1]) != vault.token_hash(token)
    assert len(vault.token_hash(token)) == 32


def test_new_ids_are_version_7_and_sort_in_the_order_made() -> None:
    made = [new_id() for _ in range(5000)]
    assert made == sorted(set(made))
    assert {made_id.version for made_id in made} == {7}


def test_a_key_that_was_not_read_again_for_long_opens_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vault = make_vault()
    now = 1000.0
    monkeypatch.setattr("pro_service.vault.vault.monotonic", lambda: now)
    key = vault.new_data_key()
    sealed = places.NUMBER.seal(vault, NUMBER, data_key=key.id, row_id=ROW)
    now += KEY_LASTS - 1
    assert not vault.holds(key.id)
    assert places.NUMBER.open(vault, sealed.ciphertext, key=sealed.key, row_id=ROW) == NUMBER
    now += 1
    with pytest.raises(DataKeyMissingError):
        places.NUMBER.open(vault, sealed.ciphertext, key=sealed.key, row_id=ROW)
    vault.admit(key)
    assert vault.holds(key.id)
    assert places.NUMBER.open(vault, sealed.ciphertext, key=sealed.key, row_id=ROW) == NUMBER
