"""What was said on the lines of a participant, and what staff are to do about it."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.record import Record
from pro_service.domain.study.follow_up.alert_steps import AlertStage, Verdict, stage_of
from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/conversation")


class MessageLine(NamedTuple):
    """A text we wrote, or did not send and why."""

    kind: str
    template: str
    state: str
    state_reason: str | None
    error_code: str | None
    segments: int
    at: datetime
    dealt_at: datetime | None
    dealt_by: str | None
    dealt_note: str | None


class InboundLine(NamedTuple):
    """A text they wrote, sealed."""

    id: UUID
    body_sealed: bytes
    body_key: str
    media_count: int
    disposition: str
    command: str | None
    urgent: bool
    """Whether it names a sign of harm."""
    received_at: datetime
    read_at: datetime | None
    read_by: str | None
    settled: str | None
    """What staff did about it; None: nothing, or only that they had read it."""
    answers_open: bool
    """Whether the reader may see answers of the time it came in."""


class OptOutLine(NamedTuple):
    """From when to when the number asked for no texts."""

    started_at: datetime
    ended_at: datetime | None
    reason: str
    actor: str
    end_reason: str | None
    ended_by: str | None


class CallLine(NamedTuple):
    """A call task."""

    id: UUID
    visit_id: UUID | None
    reason: str
    created_at: datetime
    closes_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    outcome: str | None
    wanted_from: datetime | None
    """From when it is wanted, where it waits for a time."""


class AssessmentLine(Record):
    """What an investigator said of an alert."""

    id: UUID
    verdict: Verdict
    reference: str | None
    told: str
    assessed_at: datetime
    actor: str


class AlertLine(NamedTuple):
    """An alert."""

    id: UUID
    rule: str
    severity: str
    assessment_id: UUID | None
    raised_at: datetime
    seen_at: datetime | None
    seen_by: str | None
    acted_at: datetime | None
    acted_by: str | None
    action: str | None
    by_text: bool
    """Whether words of a text raised it, and no answer."""
    uncertain_who: bool
    """Whether nobody knows which of those who use the telephone wrote that text."""
    answered_at: datetime | None
    """When the answer was given that a correction changed, which raised this late; None: it is not
    late."""
    held_until: datetime | None
    held_by: str | None
    """Who has taken it until then; None: nobody has."""
    assessments: tuple[AssessmentLine, ...]
    """In the order they were given; the last stands."""

    @property
    def stage(self) -> AlertStage:
        """How far it has come."""
        return stage_of(
            seen=self.seen_at is not None,
            assessed=bool(self.assessments),
            acted=self.acted_at is not None,
        )


class UndoneLine(NamedTuple):
    """Something staff did and took back."""

    kind: str
    of_id: UUID
    """The settlement, the alert or the call task."""
    undone_at: datetime
    actor: str


class Conversation(NamedTuple):
    """What was sent and received, what was asked to stop, and the calls and alerts of it."""

    messages: tuple[MessageLine, ...]
    inbounds: tuple[InboundLine, ...]
    opt_outs: tuple[OptOutLine, ...]
    calls: tuple[CallLine, ...]
    alerts: tuple[AlertLine, ...]
    undone: tuple[UndoneLine, ...]


async def read_conversation(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> Conversation:
    """Everything of it the database lets this member of staff see."""
    who = (study_id, participant_id)
    return Conversation(
        messages=await _messages(connection, who),
        inbounds=await _inbounds(connection, who),
        opt_outs=await _opt_outs(connection, who),
        calls=await _calls(connection, who),
        alerts=await _alerts(connection, who),
        undone=await _undone(connection, who),
    )


async def _undone(connection: Connection, who: tuple[UUID, UUID]) -> tuple[UndoneLine, ...]:
    rows = await connection.fetch(_SQL["list_undone_seen"], *who)
    return tuple(row_of(UndoneLine, row) for row in rows)


async def _messages(connection: Connection, who: tuple[UUID, UUID]) -> tuple[MessageLine, ...]:
    rows = await connection.fetch(_SQL["list_messages_seen"], *who)
    return tuple(row_of(MessageLine, row) for row in rows)


async def _inbounds(connection: Connection, who: tuple[UUID, UUID]) -> tuple[InboundLine, ...]:
    rows = await connection.fetch(_SQL["list_inbounds_seen"], *who)
    return tuple(row_of(InboundLine, row) for row in rows)


async def _opt_outs(connection: Connection, who: tuple[UUID, UUID]) -> tuple[OptOutLine, ...]:
    rows = await connection.fetch(_SQL["list_opt_outs_seen"], *who)
    return tuple(row_of(OptOutLine, row) for row in rows)


async def _calls(connection: Connection, who: tuple[UUID, UUID]) -> tuple[CallLine, ...]:
    rows = await connection.fetch(_SQL["list_calls_seen"], *who)
    return tuple(row_of(CallLine, row) for row in rows)


async def _alerts(connection: Connection, who: tuple[UUID, UUID]) -> tuple[AlertLine, ...]:
    rows = await connection.fetch(_SQL["list_alerts_seen"], *who)
    return tuple(
        row_of(
            AlertLine,
            row,
            assessments=tuple(AssessmentLine.model_validate(one) for one in row["assessments"]),
        )
        for row in rows
    )
