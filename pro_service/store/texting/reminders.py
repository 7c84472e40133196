"""Due nudges, their claims, and the links they carry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store import writes
from pro_service.store.connection import Connection, Guard, write
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("texting/reminders")


class DueRow(NamedTuple):
    """A participant for whom something is to be done."""

    study_id: UUID
    participant_id: UUID


class InvitationRow(NamedTuple):
    """A link in force; its token is made again from the id and the named link key."""

    id: UUID
    visit_id: UUID
    link_key: str
    expires_at: datetime | None


class LinkOf(NamedTuple):
    """A link among those of several, and whose it is."""

    participant_id: UUID
    id: UUID
    visit_id: UUID
    link_key: str
    expires_at: datetime | None

    @property
    def link(self) -> InvitationRow:
        """The link alone."""
        return InvitationRow(*self[1:])


class FoundInvitation(NamedTuple):
    """Whose link a token is."""

    study_id: UUID
    id: UUID
    participant_id: UUID
    visit_id: UUID
    expires_at: datetime | None


@dataclass
class LaterWrite:
    """The nudge that asks again somebody who said "later"; empty, it takes the turn alone."""

    moved: list[writes.MovedReminderRow] = field(default_factory=list)
    planned: list[writes.ReminderRow] = field(default_factory=list)


async def ask_later(connection: Connection, guard: Guard, document: LaterWrite) -> None:
    """Move a nudge, or plan one more. Raises StaleRevisionError."""
    await write(connection, _SQL["ask_later"], *guard, document)


async def list_due(connection: Connection, limit: int) -> list[DueRow]:
    """Participants with a nudge due at study time."""
    rows = await connection.fetch(_SQL["list_due"], limit)
    return [row_of(DueRow, row) for row in rows]


async def next_due(connection: Connection) -> datetime | None:
    """The instant of the next open nudge."""
    at: datetime | None = await connection.fetchval(_SQL["next_due"])
    return at


@dataclass
class ClaimWrite:
    """What due nudges become, and what is asked of staff; empty, it takes the turn alone."""

    lines: list[writes.LineRow] = field(default_factory=list)
    invitations: list[writes.InvitationRow] = field(default_factory=list)
    messages: list[writes.ReminderMessageRow] = field(default_factory=list)
    ended: list[writes.EndedReminderRow] = field(default_factory=list)
    postponed: list[writes.MovedReminderRow] = field(default_factory=list)
    planned: list[writes.ReminderRow] = field(default_factory=list)
    conversations: list[writes.ConversationRow] = field(default_factory=list)
    calls: list[writes.CallRow] = field(default_factory=list)


async def claim_reminders(connection: Connection, guard: Guard, document: ClaimWrite) -> None:
    """End what is due and claim the message it became.

    Raises StaleRevisionError, DuplicateError.
    """
    await write(connection, _SQL["claim_reminders"], *guard, document)


@dataclass(frozen=True, kw_only=True)
class ClaimOf:
    """One participant's part of a wave, and the revision of the facts it was decided from."""

    participant_id: UUID
    revision: int
    claim: ClaimWrite


@dataclass
class WaveWrite:
    """The claims of many participants, each of them once."""

    claims: list[ClaimOf] = field(default_factory=list)


async def claim_wave(connection: Connection, study_id: UUID, document: WaveWrite) -> set[UUID]:
    """Claim for many participants at once; those whose facts had not moved on.

    Raises DuplicateError; nothing was written then.
    """
    row = await write(connection, _SQL["claim_wave"], study_id, document)
    return set() if row is None else set(row["done"])


async def close_calls_over(connection: Connection) -> int:
    """Close the call tasks whose window closed a day ago; returns how many."""
    return len(await connection.fetch(_SQL["close_calls_over"]))


async def list_invitations(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[InvitationRow]:
    """The links in force."""
    rows = await connection.fetch(_SQL["list_invitations"], study_id, participant_id)
    return [row_of(InvitationRow, row) for row in rows]


async def list_invitations_of(
    connection: Connection, study_id: UUID, visit_ids: Sequence[UUID]
) -> dict[UUID, list[InvitationRow]]:
    """The links in force to these visits, by participant; who has none is absent."""
    found: dict[UUID, list[InvitationRow]] = defaultdict(list)
    for row in await connection.fetch(_SQL["list_invitations_of"], study_id, list(visit_ids)):
        each = row_of(LinkOf, row)
        found[each.participant_id].append(each.link)
    return found


async def find_invitation(connection: Connection, token_sha256: bytes) -> FoundInvitation | None:
    """Whose link this is, or None for an unknown, ended or expired one."""
    row = await connection.fetchrow(_SQL["find_invitation"], token_sha256)
    return None if row is None else row_of(FoundInvitation, row)
