"""Numbers in the hands of staff: let go again, ended, changed, confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, Guard, StaleRevisionError, write
from pro_service.store.journal import JournalLine
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("texting/numbers")


class NewNumber(NamedTuple):
    """A number as it is stored: sealed, with the index it is found by; and the call about it."""

    id: UUID
    address_sealed: bytes
    address_key: str
    blind_index: bytes
    index_key: str
    call_id: UUID
    """The call task that asks staff to confirm it."""
    actor: str
    reason: str


class PresentNumber(NamedTuple):
    """A sealed number, with the wrapped key that opens it."""

    id: UUID
    address_sealed: bytes
    address_key: str
    key_id: UUID
    wrapped: bytes
    wrapping_key: str


async def list_present_numbers(connection: Connection, study_id: UUID) -> list[PresentNumber]:
    """The numbers in use or waiting to be confirmed."""
    rows = await connection.fetch(_SQL["list_present_numbers"], study_id)
    return [row_of(PresentNumber, row) for row in rows]


async def end_opt_out(
    connection: Connection, guard: Guard, line_ids: Sequence[UUID], *, actor: str, reason: str
) -> int:
    """End what holds these lines back; how many opt-outs that were. Raises StaleRevisionError."""
    row = await write(
        connection,
        _SQL["end_opt_out"],
        *guard,
        list(line_ids),
        actor,
        reason,
        telling=[
            JournalLine(
                kind="opt_out_ended",
                study_id=guard.study_id,
                participant_id=guard.participant_id,
                line_id=line_id,
            )
            for line_id in line_ids
        ],
    )
    if row is None:
        raise StaleRevisionError
    return int(row["ended"])


async def list_lines_of_number(
    connection: Connection, study_id: UUID, their_indexes: Sequence[bytes]
) -> list[UUID]:
    """The lines of a number, whichever of our addresses and index keys they have."""
    rows = await connection.fetch(_SQL["list_lines_of_number"], study_id, list(their_indexes))
    return [row["id"] for row in rows]


async def give_reason(connection: Connection, reason: str) -> None:
    """Say why the transaction under way changes what needs a reason."""
    await connection.fetchval(_SQL["give_reason"], reason)


async def end_number(connection: Connection, guard: Guard) -> None:
    """End the present number with its conversations, links and waiting texts.

    Within a transaction that has a reason. Raises StaleRevisionError.
    """
    said = JournalLine(
        kind="number_ended", study_id=guard.study_id, participant_id=guard.participant_id
    )
    await write(connection, _SQL["end_number"], *guard, telling=[said])


async def insert_number(
    connection: Connection, study_id: UUID, participant_id: UUID, number: NewNumber
) -> None:
    """Keep a new number that somebody must confirm, and ask staff to see to it."""
    said = JournalLine(kind="number_added", study_id=study_id, participant_id=participant_id)
    await write(
        connection, _SQL["insert_number"], study_id, participant_id, *number, telling=[said]
    )


async def confirm_number(connection: Connection, guard: Guard, *, actor: str, outcome: str) -> bool:
    """Confirm the new number on the word of staff; False if none waited. Raises StaleRevisionError.

    Within a transaction that has a reason.
    """
    row = await write(connection, _SQL["confirm_number"], *guard, actor, outcome)
    return row is not None and bool(row["confirmed"])


async def list_codes_of_number(
    connection: Connection, study_id: UUID, their_indexes: Sequence[bytes]
) -> list[str]:
    """The personal codes of everybody who uses a number."""
    rows = await connection.fetch(_SQL["list_codes_of_number"], study_id, list(their_indexes))
    return [row["personal_code"] for row in rows]
