"""Whether the record is what was sealed: seals, entries, and the rows the entries describe."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from pro_service.domain.seals import Seal
from pro_service.services.record.chain import Chain, Fault
from pro_service.services.record.grounds import look_at_grounds
from pro_service.services.record.moving import list_unlike
from pro_service.store.record import seals
from pro_service.store.record.seals import DirectConnection, EntryFault, RowFault
from pro_service.vault.signing import PublicKeys
from pro_service.vault.vault import Vault

MOST: Final = 100
"""Faults told of one seal or one table; where there are more, the rest says nothing new."""
Told = Callable[[str, int, int], None]
"""Told as it goes on: what is being looked at, how much of it is done, out of how much."""
_ENTRY_WORDS: Final = {
    "gone": "it was sealed and is gone",
    "added": "it was not there when the seal was made",
    "changed": "it is not what was sealed",
}
_ROW_WORDS: Final = {
    "changed": "not what {entry} says: changed without the audit",
    "deleted": "gone, though {entry} describes it",
    "no_entry": "there without any entry of the audit",
}


@dataclass
class Verdict:
    """What was looked at, and what is wrong with it: nothing, if the record is whole."""

    seals: int = 0
    entries: int = 0
    unsealed: int = 0
    """Entries not sealed yet: the next seal covers them."""
    tables: int = 0
    faults: list[Fault] = field(default_factory=list)


def silent(_what: str, _done: int, _of: int) -> None:
    """Tell nobody."""


async def verify(
    connection: DirectConnection,
    keys: PublicKeys,
    *,
    heads: Iterable[Seal] = (),
    vault: Vault | None = None,
    told: Told = silent,
) -> Verdict:
    """Look at everything, in one state of the database. The public keys are all it takes.

    `heads` are what `PRO_SEAL_HEADS` kept: seals that must still be there. The connection is an
    operator's. With a `vault`, words of staff that were moved out of entries are put back, and the
    hashes that gives compared with those sealed. Memory does not grow with the record.
    """
    chain = Chain(keys, heads)
    verdict = Verdict(faults=list(chain.heads()))
    async with seals.one_state(connection):
        extent = await seals.get_extent(connection)
        verdict.entries, verdict.unsealed = extent.entries, extent.entries - extent.sealed
        async for seal in seals.list_seals(connection):
            number = seal.content.id
            anew = await seals.seal_anew(connection, number)
            wrong = list(chain.look(seal, entry_count=anew.entry_count, sha256=anew.sha256))
            verdict.faults += wrong
            if (anew.entry_count, anew.sha256) != (seal.content.entry_count, seal.content.sha256):
                found = await seals.list_deviations(connection, number, MOST)
                verdict.faults += [_entry_fault(number, one) for one in found]
            told("seals", chain.seals, extent.seals)
        verdict.faults += chain.end()
        verdict.faults += [fault async for fault in look_at_grounds(connection, MOST)]
        for moved in await seals.list_moved_faults(connection, MOST):
            place = f"entry {moved.entry_id}"
            verdict.faults.append(Fault(place, "not what it was left as when its words were moved"))
        for entry_id in [] if vault is None else await list_unlike(connection, vault):
            place = f"entry {entry_id}"
            verdict.faults.append(Fault(place, "not what was sealed, with its words put back"))
        tables = await seals.list_audited_tables(connection)
        for done, table in enumerate(tables, start=1):
            rows = await seals.list_row_faults(connection, table, MOST)
            verdict.faults += [_row_fault(table, one) for one in rows]
            told("rows against their entries", done, len(tables))
    verdict.seals, verdict.tables = chain.seals, len(tables)
    return verdict


def _entry_fault(seal_id: int, one: EntryFault) -> Fault:
    about = "" if one.table_name is None else f" about {one.table_name}"
    return Fault(f"entry {one.entry_id}{about}, in seal {seal_id}", _ENTRY_WORDS[one.fault])


def _row_fault(table: str, one: RowFault) -> Fault:
    rows = ", ".join(str(row) for row in one.row_ids[:MOST])
    place = f"row {rows} of {table}"
    if len(one.row_ids) > 1:
        place = f"one of the rows {rows} of {table}"
    return Fault(place, _ROW_WORDS[one.fault].format(entry=f"entry {one.entry_id}"))
