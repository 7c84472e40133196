"""Numbers stored before endings were found by an index get theirs.

That needs the keys, so no migration can.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from pro_service.domain.delivery.addresses import AddressFormError, phone
from pro_service.services.base.context import ServiceContext
from pro_service.store.connection import Connection
from pro_service.store.texting import tails as store
from pro_service.store.texting.tails import Tail, TaillessNumber
from pro_service.vault import places
from pro_service.vault.keys import VaultKeyError
from pro_service.vault.vault import SealBrokenError, WrappedKey

AT_ONCE: Final = 500
"""Numbers in one statement."""
FIRST: Final = (UUID(int=0), UUID(int=0))


async def fill_tails(
    connection: Connection, context: ServiceContext, go_on: Callable[[], bool] = lambda: True
) -> int:
    """Fill in all that lack it; returns how many were: none, once all have it.

    A number that does not open, or whose key is not among ours, goes without.
    """
    filled, after = 0, FIRST
    while go_on():
        found = await store.list_without_tail(connection, after, AT_ONCE)
        made = [tail for one in found if (tail := _tail_of(context, one)) is not None]
        filled += await store.record_tails(connection, made) if made else 0
        if len(found) < AT_ONCE:
            break
        after = (found[-1].study_id, found[-1].id)
    return filled


def _tail_of(context: ServiceContext, one: TaillessNumber) -> Tail | None:
    vault = context.keys.vault
    try:
        vault.admit(WrappedKey(one.data_key_id, one.wrapped, one.wrapping_key))
        number = places.NUMBER.open(vault, one.address_sealed, key=one.address_key, row_id=one.id)
        index = vault.tail_index(phone(number), key_id=one.index_key)
    except (SealBrokenError, VaultKeyError, AddressFormError):
        return None
    return None if index is None else Tail(one.study_id, one.id, index)
