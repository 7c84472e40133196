"""Signatures as they are kept, and what it takes to compute what was signed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

import asyncpg

from pro_service.domain.study.facts import Target
from pro_service.store.connection import Connection, Guard, write
from pro_service.store.rows import row_of, rows_of
from pro_service.store.sql_files import load_queries
from pro_service.store.streams import Stream

_SQL: Final = load_queries("record/signatures")


@dataclass(frozen=True, kw_only=True)
class SignatureRow:
    """A signature that is made with this write."""

    id: UUID
    visit_id: UUID | None
    """None: of every visit that had closed by then."""
    format: int
    content_sha256: str
    meaning: str
    printed_name: str
    signed_at: datetime
    """Study time: the record as it stood then is what is signed."""
    actor: str


@dataclass
class SignatureWrite:
    """What a signing writes."""

    signatures: list[SignatureRow] = field(default_factory=list)


class Signature(NamedTuple):
    """A signature, with the visit it is of; none: of every visit that had closed by `signed_at`."""

    participant_id: UUID
    id: UUID
    visit_id: UUID | None
    definition: str | None
    occurrence: int | None
    format: int
    content_sha256: str
    meaning: str
    printed_name: str
    signed_at: datetime
    actor: str


class ProtocolFollowed(NamedTuple):
    """A version of the protocol, and since when (study time) it was followed."""

    since: datetime
    content_sha256: str


class SignedPerson(NamedTuple):
    """Whose record is signed."""

    participant_id: UUID
    study: str
    code: str
    protocols: list[dict[str, str]]
    """Documents of the versions followed, in their order."""

    @property
    def followed(self) -> tuple[ProtocolFollowed, ...]:
        """The versions of the protocol, in the order in which they were followed."""
        return tuple(
            ProtocolFollowed(datetime.fromisoformat(one["since"]), one["content_sha256"])
            for one in self.protocols
        )


class RecordedChange(NamedTuple):
    """Something that was recorded of a sitting: of an item, a scale, or the sitting itself."""

    definition: str
    occurrence: int
    instrument: str
    target: Target
    sitting: int
    what: Literal["item", "score", "sitting"]
    name: str
    """The item; basis and scale, with a colon between them; empty for the sitting itself."""
    recorded_at: datetime
    actor: str


async def record_signature(connection: Connection, guard: Guard, document: SignatureWrite) -> None:
    """Keep a signature. Raises StaleRevisionError if anything happened since it was shown."""
    await write(connection, _SQL["record_signature"], *guard, document)


async def list_signatures(
    connection: Connection, study_id: UUID, participant_id: UUID, as_of: datetime
) -> list[Signature]:
    """The signatures about a participant that there were at `as_of`, in the order of signing."""
    rows = await connection.fetch(_SQL["list_signatures"], study_id, [participant_id], as_of)
    return rows_of(Signature, rows)


async def stream_signatures(
    connection: asyncpg.Connection[asyncpg.Record],
    study_id: UUID,
    participant_ids: Sequence[UUID],
    as_of: datetime,
) -> Stream[Signature]:
    """Those about many participants, in the order of these."""
    sql = _SQL["list_signatures"]
    return await Stream.open(connection, sql, Signature, study_id, participant_ids, as_of)


async def stream_signed_people(
    connection: asyncpg.Connection[asyncpg.Record],
    study_id: UUID,
    participant_ids: Sequence[UUID],
) -> Stream[SignedPerson]:
    """Whose records those of many participants are, in the order of these."""
    sql = _SQL["list_signed_people"]
    return await Stream.open(connection, sql, SignedPerson, study_id, participant_ids)


async def list_signed_participants(
    connection: Connection, study_id: UUID, as_of: datetime
) -> list[UUID]:
    """About whom there were signatures at `as_of`."""
    rows = await connection.fetch(_SQL["list_signed_participants"], study_id, as_of)
    return [row["participant_id"] for row in rows]


async def get_signed_person(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> SignedPerson | None:
    """Whose record it is; None: there is nobody of that id."""
    rows = await connection.fetch(_SQL["list_signed_people"], study_id, [participant_id])
    return next(iter(rows_of(SignedPerson, rows)), None)


async def list_changes_since(
    connection: Connection, study_id: UUID, participant_id: UUID, since: datetime
) -> list[RecordedChange]:
    """What was recorded of a participant's sittings after an instant, the latest last."""
    rows = await connection.fetch(_SQL["list_changes_since"], study_id, participant_id, since)
    return [row_of(RecordedChange, row) for row in rows]


class PersonToSign(NamedTuple):
    """A participant with visits that can be signed."""

    code: str
    site_id: UUID
    visits: int
    since: datetime
    """When the first of them closed."""
    open_queries: int
    """Data queries about them that nobody has closed."""


async def count_open_queries(connection: Connection, study_id: UUID, participant_id: UUID) -> int:
    """How many data queries about a participant nobody has closed, as far as they are seen."""
    counted: int = await connection.fetchval(_SQL["count_open_queries"], study_id, participant_id)
    return counted


class VoidSignatures(NamedTuple):
    """Whose signatures are void, and how many."""

    code: str
    site_id: UUID
    signatures: int


async def count_visits_to_sign(
    connection: Connection, study_id: UUID, sites: Sequence[UUID], most: int
) -> int:
    """How many visits wait to be signed at some of the sites seen from here, counted to `most`."""
    query = _SQL["count_visits_to_sign"]
    counted: int = await connection.fetchval(query, study_id, list(sites), most)
    return counted


async def count_void_signatures(
    connection: Connection, study_id: UUID, sites: Sequence[UUID]
) -> int:
    """How many signatures at some of the sites seen from here are void."""
    query = _SQL["count_void_signatures"]
    counted: int = await connection.fetchval(query, study_id, list(sites))
    return counted


async def list_void_signatures(
    connection: Connection, study_id: UUID, sites: Sequence[UUID]
) -> list[VoidSignatures]:
    """Whose signatures at these sites are void."""
    rows = await connection.fetch(_SQL["list_void_signatures"], study_id, list(sites))
    return [row_of(VoidSignatures, row) for row in rows]


async def list_people_to_sign(
    connection: Connection, study_id: UUID, sites: Sequence[UUID], most: int
) -> list[PersonToSign]:
    """Whose visits those are, `most` of them, the longest waiting first."""
    rows = await connection.fetch(_SQL["list_people_to_sign"], study_id, list(sites), most)
    return [row_of(PersonToSign, row) for row in rows]
