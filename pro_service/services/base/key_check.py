"""Whether the keys of the settings fit what is stored: every key a stored value names is tried.

With another index key nobody's number would be found; with another vault key nothing would open;
with another link key every link in people's hands would be dead.
"""

from __future__ import annotations

from time import monotonic
from typing import Final, NamedTuple

from pro_service.domain.delivery.addresses import phone
from pro_service.domain.errors import ProServiceError
from pro_service.store.base import key_check as store
from pro_service.store.base.key_check import IndexSample
from pro_service.store.connection import Connection
from pro_service.vault import places
from pro_service.vault.keys import VaultKeyError
from pro_service.vault.vault import SealBrokenError, Vault, WrappedKey, token_hash

EVERY: Final = 60.0
"""Seconds between two looks of a running process (machine time)."""
VAULT, INDEX, LINK = "PRO_VAULT_KEYS", "PRO_INDEX_KEYS", "PRO_LINK_KEYS"


class KeyFault(NamedTuple):
    """What does not fit: the ring's setting, the key's id, what is wrong, and the mend."""

    ring: str
    key_id: str
    message: str
    mend: str


class KeysDoNotFitError(ProServiceError):
    """The keys of the settings do not open what is stored."""


class KeysInUse(NamedTuple):
    """The ids of the keys that stored values name, by ring."""

    vault_keys: tuple[str, ...]
    index_keys: tuple[str, ...]
    link_keys: tuple[str, ...]


async def keys_in_use(connection: Connection) -> KeysInUse:
    """The keys without which something stored would be lost."""
    return KeysInUse(
        tuple(one.key_id for one in await store.list_wrapping_keys(connection)),
        tuple(one.key_id for one in await store.list_index_keys(connection)),
        tuple(sorted({one.key_id for one in await store.list_link_keys(connection)})),
    )


async def check_keys(connection: Connection, vault: Vault) -> list[KeyFault]:
    """Try every key that stored values name on one of them; what does not fit, none if all do."""
    faults: list[KeyFault | None] = []
    for wrapped in await store.list_wrapping_keys(connection):
        key = WrappedKey(wrapped.id, wrapped.wrapped, wrapped.key_id)
        faults.append(_try_vault(vault, key))
    for number in await store.list_index_keys(connection):
        faults.append(_try_index(vault, number))
    for link in await store.list_link_keys(connection):
        try:
            token = vault.link_token(link.id, key_id=link.key_id)
        except VaultKeyError:
            faults.append(_missing(LINK, link.key_id))
            continue
        if token_hash(token) != link.token_sha256:
            faults.append(_another(LINK, link.key_id, "it makes other tokens than those given out"))
    return list(dict.fromkeys(fault for fault in faults if fault is not None))


async def demand_fitting_keys(connection: Connection, vault: Vault) -> None:
    """Raise KeysDoNotFitError, which names every ring and key at fault."""
    fault = await _fault_of(connection, vault)
    if fault is not None:
        raise fault


async def _fault_of(connection: Connection, vault: Vault) -> KeysDoNotFitError | None:
    faults = await check_keys(connection, vault)
    if not faults:
        return None
    return KeysDoNotFitError(
        " ".join(fault.message for fault in faults),
        mend=" ".join(dict.fromkeys(fault.mend for fault in faults)),
    )


def _try_vault(vault: Vault, key: WrappedKey) -> KeyFault | None:
    try:
        vault.admit(key)
    except VaultKeyError:
        return _missing(VAULT, key.wrapping_key)
    except SealBrokenError:
        return _another(VAULT, key.wrapping_key, "it does not open the data keys stored under it")
    return None


def _try_index(vault: Vault, number: IndexSample) -> KeyFault | None:
    key = WrappedKey(number.data_key_id, number.wrapped, number.wrapping_key)
    fault = _try_vault(vault, key)
    if fault is not None:
        return fault
    try:
        address = places.NUMBER.open(
            vault, number.address_sealed, key=number.address_key, row_id=number.id
        )
    except SealBrokenError:
        return _another(VAULT, number.wrapping_key, "a number stored under it does not open")
    indexes = dict(vault.blind_indexes(phone(address)))
    if number.key_id not in indexes:
        return _missing(INDEX, number.key_id)
    if indexes[number.key_id] != number.blind_index:
        return _another(INDEX, number.key_id, "numbers stored under it would not be found by it")
    return None


def _missing(ring: str, key_id: str) -> KeyFault:
    return KeyFault(
        ring,
        key_id,
        f"{ring} lacks the key {key_id!r}, which stored values name.",
        f"Put that key back into {ring}, behind the primary one.",
    )


def _another(ring: str, key_id: str, what: str) -> KeyFault:
    return KeyFault(
        ring,
        key_id,
        f"The key {key_id!r} of {ring} is not the one stored values were made with: {what}.",
        f"Set {ring} to the ring this database was used with.",
    )


class KeyWatch:
    """Tries the keys of a running process on what is stored, at most once in `EVERY` seconds.

    They stay what they were; what is stored may become another's, when a database is put in the
    place of one that was lost.
    """

    def __init__(self, vault: Vault) -> None:
        """Nothing was looked at yet."""
        self._vault = vault
        self._looked_at = -EVERY
        self._fault: KeysDoNotFitError | None = None

    async def demand(self, connection: Connection) -> None:
        """Raise KeysDoNotFitError unless they fitted when they were last looked at."""
        if monotonic() - self._looked_at >= EVERY:
            self._fault = await _fault_of(connection, self._vault)
            self._looked_at = monotonic()
        if self._fault is not None:
            raise self._fault
