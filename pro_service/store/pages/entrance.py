"""How participants come to their pages: cards, sessions, tries (the last two: machine time)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

import asyncpg

from pro_service.domain.study.facts import ParticipantFacts
from pro_service.store.around import FactsAround
from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("pages/entrance")
Purpose = Literal["code", "factor"]
Entrance = Literal[
    "link", "link_and_factor", "card", "card_and_factor", "handover", "handover_and_factor"
]
"""How the pages were opened; what a sitting begun there keeps as its authentication."""


class FoundCard(NamedTuple):
    """A card in force and whose it is."""

    study_id: UUID
    id: UUID
    participant_id: UUID


class SealedIdentity(NamedTuple):
    """Something that identifies a participant, sealed under their key."""

    id: UUID
    value_sealed: bytes
    value_key: str


class SessionRow(NamedTuple):
    """Who an open session is; `visit_id` is None for one that a card opened."""

    study_id: UUID
    participant_id: UUID
    visit_id: UUID | None
    authentication: Entrance


async def find_card_by_token(connection: Connection, token_sha256: bytes) -> FoundCard | None:
    """Whose card this token is of, or None for an unknown or ended one."""
    row = await connection.fetchrow(_SQL["find_card_by_token"], token_sha256)
    return None if row is None else row_of(FoundCard, row)


async def find_card_by_code(connection: Connection, personal_code: str) -> FoundCard | None:
    """Whose card this code stands on; None as well where two studies chose the same code."""
    rows = await connection.fetch(_SQL["list_cards_by_code"], personal_code)
    return row_of(FoundCard, rows[0]) if len(rows) == 1 else None


async def begin_entry_try(
    connection: Connection,
    purpose: Purpose,
    source_sha256: bytes,
    *,
    per_source: int,
    overall: int,
    within: timedelta,
) -> int | None:
    """Count one more try and return its number; None if there have been too many."""
    made: int | None = await connection.fetchval(
        _SQL["begin_entry_try"], purpose, source_sha256, per_source, overall, within
    )
    return made


async def forget_entry_try(connection: Connection, number: int) -> None:
    """A try that was right counts no more."""
    await connection.execute(_SQL["forget_entry_try"], number)


async def begin_session(
    connection: Connection,
    session_sha256: bytes,
    study_id: UUID,
    participant_id: UUID,
    *,
    invitation_id: UUID | None = None,
    card_id: UUID | None = None,
    authentication: Entrance,
) -> None:
    """Begin a session opened by a link or by a card, of which exactly one is named."""
    await connection.execute(
        _SQL["begin_session"],
        session_sha256,
        study_id,
        participant_id,
        invitation_id,
        card_id,
        authentication,
    )


async def find_session(
    connection: Connection, session_sha256: bytes, lifetime: timedelta
) -> SessionRow | None:
    """Who an open session is; None once it, its link or its card has ended."""
    row = await connection.fetchrow(_SQL["find_session"], session_sha256, lifetime)
    return None if row is None else row_of(SessionRow, row)


class FoundGuest(NamedTuple):
    """Who comes in, and their lean facts, read in one statement."""

    session: SessionRow
    facts: ParticipantFacts
    origin: str
    """Which rows they were read from (`pro.facts_origin`)."""


class KnownGuest(NamedTuple):
    """Who comes in, and what stands around facts of theirs that are in hand."""

    session: SessionRow
    around: FactsAround


async def find_guest_by_link(
    connection: Connection, token_sha256: bytes, answers_of: Sequence[UUID] = ()
) -> FoundGuest | None:
    """Whose link this is; None for an unknown, ended or expired one."""
    row = await connection.fetchrow(_SQL["find_guest_by_link"], token_sha256, list(answers_of))
    return None if row is None else _guest(row)


async def find_guest_by_session(
    connection: Connection,
    id_sha256: bytes,
    lifetime: timedelta,
    answers_of: Sequence[UUID] = (),
) -> FoundGuest | None:
    """Who an open session is, begun no longer ago than `lifetime`; None for any other."""
    sql = _SQL["find_guest_by_session"]
    row = await connection.fetchrow(sql, id_sha256, lifetime, list(answers_of))
    return None if row is None else _guest(row)


async def look_again_by_link(connection: Connection, token_sha256: bytes) -> KnownGuest | None:
    """The same of a link, for whoever has the facts in hand."""
    row = await connection.fetchrow(_SQL["look_again_by_link"], token_sha256)
    return None if row is None else _known(row)


async def look_again_by_session(
    connection: Connection, id_sha256: bytes, lifetime: timedelta
) -> KnownGuest | None:
    """The same of an open session, for whoever has the facts in hand."""
    row = await connection.fetchrow(_SQL["look_again_by_session"], id_sha256, lifetime)
    return None if row is None else _known(row)


def _guest(row: asyncpg.Record) -> FoundGuest:
    columns = dict(row)
    facts = ParticipantFacts.model_validate_json(columns.pop("facts"))
    origin = columns.pop("origin")
    return FoundGuest(row_of(SessionRow, columns), facts, origin)


def _known(row: asyncpg.Record) -> KnownGuest:
    columns = dict(row)
    around = {name: columns.pop(name) for name in FactsAround._fields}
    return KnownGuest(row_of(SessionRow, columns), row_of(FactsAround, around))


async def mark_factor_given(connection: Connection, session_sha256: bytes) -> None:
    """The session has given its second factor."""
    await connection.execute(_SQL["mark_factor_given"], session_sha256)


async def end_session(connection: Connection, session_sha256: bytes) -> None:
    """End a session; one that has ended stays as it is."""
    await connection.execute(_SQL["end_session"], session_sha256)


async def find_identity(
    connection: Connection, study_id: UUID, participant_id: UUID, kind: Literal["year_of_birth"]
) -> SealedIdentity | None:
    """The latest word of a kind about a participant, or None."""
    row = await connection.fetchrow(_SQL["find_identity"], study_id, participant_id, kind)
    return None if row is None else row_of(SealedIdentity, row)
