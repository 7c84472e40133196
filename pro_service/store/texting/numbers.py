"""Contacts in the hands of staff: added, ordered, changed, confirmed, ended, let go again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.contacts import Agreed
from pro_service.store.connection import Connection, Guard, StaleRevisionError, write
from pro_service.store.journal import JournalLine
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import CallRow, FurtherConsentRow, LineCallRow

_SQL: Final = load_queries("texting/numbers")


class NumberUser(NamedTuple):
    """Somebody who uses a number, found by its keyed hash."""

    blind_index: bytes
    code: str
    personal_code: str
    restricted: bool
    """Whether it is nobody's to know from the number (R17)."""


@dataclass(frozen=True, kw_only=True)
class NewContactRow:
    """A person a participant is reached by, at an address sealed and found by its index."""

    id: UUID
    kind: str
    whose: str
    address_sealed: bytes
    address_key: str
    blind_index: bytes
    index_key: str
    tail_index: bytes | None
    ordinal: int
    may_be_texted: bool | None
    """What the person agreed to; None for the participant's own, which follows their consent."""
    may_be_told: bool | None
    agreed_on: date | None
    actor: str
    reason: str


@dataclass
class ContactWrite:
    """A further contact, or somebody's next address."""

    contacts: list[NewContactRow] = field(default_factory=list)
    consents: list[FurtherConsentRow] = field(default_factory=list)
    calls: list[CallRow] = field(default_factory=list)


class ContactAt(NamedTuple):
    """A contact at a number, and whose it is."""

    id: UUID
    participant_id: UUID


@dataclass
class WrongNumberWrite:
    """A number that is somebody else's: the contacts it was taken for, and who must find theirs."""

    contacts: list[UUID] = field(default_factory=list)
    calls: list[LineCallRow] = field(default_factory=list)


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


async def silence_contact(
    connection: Connection,
    guard: Guard,
    contact_id: UUID,
    their_indexes: Sequence[bytes],
    *,
    ends: bool,
) -> None:
    """End a contact, or mark it as somebody else's (`ends` False), with all that goes there.

    Within a transaction that has a reason. Raises StaleRevisionError.
    """
    indexes = list(their_indexes)
    said = JournalLine(
        kind="number_ended" if ends else "number_wrong",
        study_id=guard.study_id,
        participant_id=guard.participant_id,
        contact_id=contact_id,
    )
    await write(
        connection, _SQL["silence_contact"], *guard, contact_id, indexes, ends, telling=[said]
    )


async def list_contacts_at(
    connection: Connection, study_id: UUID, their_indexes: Sequence[bytes]
) -> list[ContactAt]:
    """Everybody who uses, or is to use, one of these numbers."""
    rows = await connection.fetch(_SQL["list_contacts_at"], study_id, list(their_indexes))
    return [row_of(ContactAt, row) for row in rows]


async def is_known_wrong(
    connection: Connection, study_id: UUID, their_indexes: Sequence[bytes]
) -> bool:
    """Whether a number was a participant's contact until it turned out to be somebody else's."""
    return bool(await connection.fetchval(_SQL["is_known_wrong"], study_id, list(their_indexes)))


async def rest_number(
    connection: Connection,
    guard: Guard,
    their_indexes: Sequence[bytes],
    contacts: Sequence[ContactAt],
    document: WrongNumberWrite,
) -> None:
    """Let a number rest that is somebody else's, for all of these contacts.

    Within a transaction that has a reason. Raises StaleRevisionError.
    """
    telling = [
        JournalLine(
            kind="number_wrong",
            study_id=guard.study_id,
            participant_id=one.participant_id,
            contact_id=one.id,
        )
        for one in contacts
    ]
    indexes = list(their_indexes)
    await write(connection, _SQL["rest_number"], *guard, indexes, document, telling=telling)


async def insert_contact(connection: Connection, guard: Guard, document: ContactWrite) -> None:
    """Keep a new contact or address that somebody must confirm.

    Raises StaleRevisionError, DuplicateError.
    """
    said = JournalLine(
        kind="number_added", study_id=guard.study_id, participant_id=guard.participant_id
    )
    await write(connection, _SQL["insert_contact"], *guard, document, telling=[said])


async def confirm_contact(
    connection: Connection, guard: Guard, contact_id: UUID, *, actor: str, outcome: str
) -> bool:
    """Confirm a new address on the word of staff; False if it did not wait.

    Within a transaction that has a reason. Raises StaleRevisionError.
    """
    row = await write(connection, _SQL["confirm_contact"], *guard, contact_id, actor, outcome)
    return row is not None and bool(row["confirmed"])


async def order_contacts(connection: Connection, guard: Guard, contact_ids: Sequence[UUID]) -> None:
    """Put the contacts in this order, all of them. Within a transaction that has a reason.

    Raises StaleRevisionError.
    """
    await write(connection, _SQL["order_contacts"], *guard, list(contact_ids))


async def agree_for_contact(
    connection: Connection, guard: Guard, contact_id: UUID, agreed: Agreed
) -> None:
    """Write down what another person agreed to. Within a transaction that has a reason.

    Raises StaleRevisionError.
    """
    said = JournalLine(
        kind="consent_given" if agreed.may_be_texted else "consent_withdrawn",
        study_id=guard.study_id,
        participant_id=guard.participant_id,
        contact_id=contact_id,
    )
    statement = _SQL["agree_for_contact"]
    await write(connection, statement, *guard, contact_id, *agreed, telling=[said])


async def mark_bad_number(
    connection: Connection,
    study_id: UUID,
    participant_id: UUID,
    their_indexes: Sequence[bytes],
    call_id: UUID,
    actor: str,
) -> None:
    """Let a number rest that nothing reaches, and ask staff to look into it.

    Within a transaction that has a reason.
    """
    said = JournalLine(kind="bad_number", study_id=study_id, participant_id=participant_id)
    indexes = list(their_indexes)
    parameters = (study_id, participant_id, indexes, call_id, actor)
    await write(connection, _SQL["mark_bad_number"], *parameters, telling=[said])


async def list_users_of_numbers(
    connection: Connection, study_id: UUID, their_indexes: Sequence[bytes]
) -> list[NumberUser]:
    """Everybody who uses one of these numbers."""
    rows = await connection.fetch(_SQL["list_users_of_numbers"], study_id, list(their_indexes))
    return [row_of(NumberUser, row) for row in rows]
