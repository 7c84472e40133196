"""What is signed names every field, and only the private key makes what the public one verifies."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pro_service.domain.seals import Seal, SealContent, UnreadableSealError, read_seal
from pro_service.vault.keys import VaultKeyError
from pro_service.vault.signing import PublicKeys, Signature, SigningRing

CONTENT = SealContent(
    id=7,
    sealed_at=datetime(2026, 11, 25, 8, 0, 0, 250_000, tzinfo=UTC),
    generation=2,
    after_entry_id=400,
    first_xact_id="0",
    below_xact_id="812",
    entry_count=12,
    previous_sha256=b"p" * 32,
    sha256=b"s" * 32,
)


def test_the_signed_text_names_every_field() -> None:
    text = CONTENT.text("k1")
    for name in (field.name for field in fields(SealContent)):
        assert f"\n{'seal' if name == 'id' else name}: " in text
    others = (
        replace(CONTENT, id=8),
        replace(CONTENT, sealed_at=CONTENT.sealed_at + timedelta(microseconds=1)),
        replace(CONTENT, generation=3),
        replace(CONTENT, after_entry_id=401),
        replace(CONTENT, first_xact_id="1"),
        replace(CONTENT, below_xact_id="813"),
        replace(CONTENT, entry_count=13),
        replace(CONTENT, previous_sha256=b"q" * 32),
        replace(CONTENT, sha256=b"t" * 32),
    )
    assert len(others) == len(fields(SealContent))
    texts = {text, CONTENT.text("k2")} | {other.text("k1") for other in others}
    assert len(texts) == len(others) + 2


def test_the_signed_text_is_the_same_in_every_zone() -> None:
    moved = CONTENT.sealed_at.astimezone(timezone(timedelta(hours=8)))
    assert replace(CONTENT, sealed_at=moved).text("k1") == CONTENT.text("k1")


def test_a_seal_reads_back_as_it_was_written() -> None:
    for seal in (Seal(CONTENT, 2, "k1", b"x" * 64), Seal(CONTENT, 1, None, None)):
        assert read_seal(seal.as_json()) == seal


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"seal": 1}', "null"])
def test_what_is_no_seal_is_refused(line: str) -> None:
    with pytest.raises(UnreadableSealError):
        read_seal(line)


def test_the_public_key_verifies_what_the_private_one_signed_and_nothing_else() -> None:
    ring, other = SigningRing.generate(), SigningRing.generate()
    signed = ring.sign("text")
    public = PublicKeys.parse(str(ring.public))
    assert public.verifies("text", signed)
    assert not public.verifies("test", signed)
    assert not public.verifies("text", Signature(signed.key_id, other.sign("text").value))
    assert not public.verifies("text", other.sign("text"))


def test_the_first_key_signs_and_all_verify() -> None:
    old, new = SigningRing.generate(), SigningRing.generate()
    ring = SigningRing.parse(f"{new.reveal()},{old.reveal()}")
    assert ring.sign("text").key_id == new.key_id != old.key_id
    assert ring.public.verifies("text", old.sign("text"))


def test_a_private_key_never_shows() -> None:
    ring = SigningRing.generate()
    secret = ring.reveal().partition(":")[2]
    assert secret not in repr(ring)
    assert secret not in str(ring.public)
    with pytest.raises(VaultKeyError) as refused:
        SigningRing.parse(f"k1:{secret[:-4]}")
    assert secret[:-4] not in str(refused.value)
