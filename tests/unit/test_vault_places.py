"""A sealed value opens where it was sealed, and nowhere else."""

from __future__ import annotations

from uuid import UUID

import pytest

from pro_service.vault import places
from pro_service.vault.keys import KeyRing
from pro_service.vault.vault import SealBrokenError, Vault

ROW, OTHER = UUID(int=1), UUID(int=2)


def test_a_value_opens_only_in_its_own_column_and_row() -> None:
    vault = Vault(KeyRing.generate("m1"), KeyRing.generate("i1"), KeyRing.generate("l1"))
    key = vault.new_data_key()
    sealed = places.NUMBER.seal(vault, "+12025550143", data_key=key.id, row_id=ROW)
    stored, named = sealed.ciphertext, sealed.key
    assert places.NUMBER.open(vault, stored, key=named, row_id=ROW) == "+12025550143"
    with pytest.raises(SealBrokenError):
        places.NUMBER.open(vault, stored, key=named, row_id=OTHER)
    with pytest.raises(SealBrokenError):
        places.LINE_ADDRESS.open(vault, stored, key=named, row_id=ROW)


def test_a_place_is_what_was_bound_before_it_had_a_name() -> None:
    vault = Vault(KeyRing.generate("m1"), KeyRing.generate("i1"), KeyRing.generate("l1"))
    key = vault.new_data_key()
    sealed = vault.seal("4", data_key=key.id, table="responses", column="raw", row_id=ROW)
    opened = places.TYPED_ANSWER.open(vault, sealed.ciphertext, key=sealed.key, row_id=ROW)
    assert opened == "4"
