"""Sittings that were sent, and requests to record them where they belong. Runs as the clerk."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.model import Language
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.record import Record
from pro_service.domain.study.facts import Target
from pro_service.domain.study.respondents import Mode, Relation, RespondentKind
from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import Authentication

_SQL: Final = load_queries("desk/sittings")


class HeldResponse(Record):
    """A response that stands in a sitting; instants are aware UTC."""

    id: UUID
    item: str
    value: Value | None
    gap: str | None
    raw_hex: str | None
    raw_key: str | None
    answered_at: datetime
    answered_offset_minutes: int | None
    entered_at: datetime | None
    entered_by: str | None

    @property
    def raw_sealed(self) -> bytes | None:
        """What was typed, sealed."""
        return None if self.raw_hex is None else bytes.fromhex(self.raw_hex)


class HeldSitting(Record):
    """A sitting as it was held, whole."""

    id: UUID
    assessment_id: UUID
    ordinal: int
    mode: Mode
    respondent: RespondentKind
    respondent_relation: Relation | None
    authentication: Authentication
    language: Language
    device_class: str | None
    release: str
    instrument_sha256: str
    wording_sha256: str
    started_at: datetime
    submitted_at: datetime | None
    interviewer: str | None
    original: str | None
    apart: str | None
    apart_reason: str | None
    moved_from: UUID | None
    responses: tuple[HeldResponse, ...]


class SentSitting(NamedTuple):
    """A sitting that was sent, and when its last answer was given, as claimed."""

    id: UUID
    answered_at: datetime


class MoveAsked(NamedTuple):
    """A request as it is decided about: where the answers stand, and where they belong."""

    assessment_id: UUID
    attempt_id: UUID
    definition: str
    occurrence: int
    target: Target
    to_code: str
    """Whose they are: of the participant asked about, or of another."""
    actor: str
    decided: bool
    decided_by: str | None
    approved: bool | None


class MoveBetween(NamedTuple):
    """A request that answers recorded for one participant are another's; never a value."""

    id: UUID
    from_code: str
    to_code: str
    instrument: str
    target: str
    definition: str
    occurrence: int
    approved: bool | None
    decided_at: datetime | None
    decided_by: str | None


async def list_moves_between(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[MoveBetween]:
    """What was asked about answers of this participant that are another's, or the other way."""
    rows = await connection.fetch(_SQL["list_moves_between"], study_id, participant_id)
    return [row_of(MoveBetween, row) for row in rows]


async def list_sittings_held(
    connection: Connection, study_id: UUID, participant_id: UUID, visit_id: UUID
) -> list[HeldSitting]:
    """Every sitting held at a visit, by assessment and in order."""
    rows = await connection.fetch(_SQL["list_sittings_held"], study_id, participant_id, visit_id)
    return [HeldSitting.model_validate(dict(row)) for row in rows]


async def find_sitting_sent(
    connection: Connection, study_id: UUID, participant_id: UUID, assessment_id: UUID
) -> SentSitting | None:
    """The sitting sent at an assessment."""
    row = await connection.fetchrow(
        _SQL["find_sitting_sent"], study_id, participant_id, assessment_id
    )
    return None if row is None else row_of(SentSitting, row)


async def is_move_asked(
    connection: Connection, study_id: UUID, participant_id: UUID, assessment_id: UUID
) -> bool:
    """Whether a request about what was sent there waits for its decision."""
    found: bool = await connection.fetchval(
        _SQL["is_move_asked"], study_id, participant_id, assessment_id
    )
    return found


async def get_move_asked(
    connection: Connection, study_id: UUID, participant_id: UUID, correction_id: UUID
) -> MoveAsked | None:
    """A request that answers belong elsewhere."""
    row = await connection.fetchrow(_SQL["get_move_asked"], study_id, participant_id, correction_id)
    return None if row is None else row_of(MoveAsked, row)
