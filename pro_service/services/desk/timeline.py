"""One participant, whole, as a member of staff may see them.

Answers and scores are in the document only where the database lets this role read them; a reply
that holds an answer is opened only then, while words somebody must read are opened for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.domain.record import Record
from pro_service.domain.study.assessments import AssessmentState, assessment_state
from pro_service.domain.study.facts import (
    DataKeyFacts,
    EventFacts,
    EventKind,
    Status,
    StatusFacts,
    Target,
    Window,
)
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.statuses import standing
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.grid import progress_of
from pro_service.services.desk.seat import NotHereError
from pro_service.services.desk.today import open_body
from pro_service.store.connection import Connection
from pro_service.store.desk import desk as store
from pro_service.store.desk.desk import DeskSite
from pro_service.vault.vault import WrappedKey

_MAY_HOLD_ANSWERS: Final = frozenset({"answer", "unknown"})
"""Texts of these kinds are, or look like, answers: blinded with them."""


class Placing(Record):
    """At which site, from when to when; other sites' periods are not seen."""

    site_id: UUID
    valid_from: datetime
    valid_to: datetime | None


class AssessmentLine(Record):
    """One instrument asked at a visit."""

    id: UUID
    instrument: str
    target: Target
    submitted_at: datetime | None
    declined_at: datetime | None
    partial_scored_at: datetime | None
    mode: str | None
    respondent: str | None
    """Who answered, as `Respondent.word` has it."""


class ReminderLine(Record):
    """One nudge."""

    ordinal: int
    due_at: datetime
    ended_at: datetime | None
    end_reason: str | None


class VisitLine(Record):
    """A visit, present or superseded."""

    id: UUID
    definition: str
    occurrence: int
    schedule_revision: int
    provisional: bool
    opens_at: datetime
    target_on: date
    closes_at: datetime | None
    attended_on: date | None
    superseded_at: datetime | None
    superseded_reason: str | None
    actor: str
    assessments: tuple[AssessmentLine, ...]
    reminders: tuple[ReminderLine, ...]


class ProgressLine(Record):
    """How far an assessment has come."""

    assessment_id: UUID
    begun: bool
    answered: bool
    scorable: bool


class StatusLine(Record):
    """A status from an instant on."""

    status: Status
    effective_at: datetime
    actor: str
    reason: str | None


class EventLine(Record):
    """One word on an event."""

    kind: EventKind
    ordinal: int
    target: Target | None
    planned_on: date | None
    occurred_at: datetime | None
    recorded_at: datetime
    actor: str
    reason: str | None


class ConsentLine(Record):
    """A consent."""

    version: str
    signed_on: date
    messages: bool
    recorded_at: datetime
    actor: str


class MessageLine(Record):
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


class InboundLine(Record):
    """A text they wrote, sealed."""

    id: UUID
    body_sealed: str
    body_key: str
    media_count: int
    disposition: str
    command: str | None
    received_at: datetime
    read_at: datetime | None
    read_by: str | None
    answers_open: bool
    """Whether the reader may see answers of the time it came in."""


class OptOutLine(Record):
    """From when to when the number asked for no texts."""

    started_at: datetime
    ended_at: datetime | None
    reason: str
    actor: str
    end_reason: str | None
    ended_by: str | None


class CallLine(Record):
    """A call task."""

    id: UUID
    visit_id: UUID | None
    reason: str
    created_at: datetime
    closes_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    outcome: str | None


class AlertLine(Record):
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


class AnswerLine(Record):
    """One response; `stands` is False for one that was replaced."""

    assessment_id: UUID
    item: str
    value: int | None
    gap: str | None
    inbound_id: UUID | None
    received_at: datetime
    stands: bool


class ScoreLine(Record):
    """One standing score; raw and 0-100 as exact decimals in text."""

    assessment_id: UUID
    basis: Literal["complete", "partial"]
    scale: str
    raw: str | None
    normalised: str | None
    lowest: int
    highest: int
    answered: int
    substituted: int
    absent_reason: str | None


class TimelineDocument(Record):
    """Everything the database let this member of staff see about one participant."""

    id: UUID
    code: str
    protocol_version_id: UUID
    language: str
    zone: str
    channel: str
    treated_knees: tuple[Target, ...]
    now: datetime
    enrolled_at: datetime
    may_read_scores: bool
    """Whether answers and scores are open to the reader, at the last instant they see."""
    placings: tuple[Placing, ...]
    visits: tuple[VisitLine, ...]
    progress: tuple[ProgressLine, ...]
    statuses: tuple[StatusLine, ...]
    events: tuple[EventLine, ...]
    consents: tuple[ConsentLine, ...]
    messages: tuple[MessageLine, ...]
    inbounds: tuple[InboundLine, ...]
    opt_outs: tuple[OptOutLine, ...]
    calls: tuple[CallLine, ...]
    alerts: tuple[AlertLine, ...]
    answers: tuple[AnswerLine, ...]
    scores: tuple[ScoreLine, ...]
    data_key: DataKeyFacts | None


class Timeline(NamedTuple):
    """One participant with derived states and opened texts."""

    document: TimelineDocument
    protocol: Protocol
    site: DeskSite
    status: Status | None
    states: Mapping[UUID, AssessmentState]
    """By assessment, of present visits."""
    bodies: Mapping[UUID, str | None]
    """Of texts this role may read; None where a text could not be opened."""


async def read_timeline(
    connection: Connection, context: ServiceContext, study_id: UUID, code: str
) -> Timeline:
    """One participant of the desk's sites. Raises NotHereError, for another site's as well."""
    found = await store.get_timeline(connection, study_id, code)
    if found is None:
        raise NotHereError
    document = TimelineDocument.model_validate_json(found)
    sites = {site.id: site for site in await store.list_desk_sites(connection, study_id)}
    placed = sorted(
        (one for one in document.placings if one.site_id in sites),
        key=lambda one: one.valid_to is None,
    )
    if not placed:
        raise NotHereError
    where = standing(
        [
            StatusFacts(status=one.status, effective_at=one.effective_at)
            for one in document.statuses
        ],
        document.now,
        _deaths(document.events),
    )
    progress = {one.assessment_id: one for one in document.progress}
    states: dict[UUID, AssessmentState] = {}
    for visit in document.visits:
        if visit.superseded_at is not None:
            continue
        window = Window(visit.opens_at, visit.closes_at, visit.provisional)
        for asked in visit.assessments:
            done = progress_of(asked, progress.get(asked.id))
            states[asked.id] = assessment_state(window, done, where, document.now)
    return Timeline(
        document,
        await context.protocol(connection, study_id, document.protocol_version_id),
        sites[placed[-1].site_id],
        where.status,
        states,
        _open_bodies(context, document),
    )


def _deaths(events: Sequence[EventLine]) -> tuple[EventFacts, ...]:
    """The latest word on a death."""
    words = [one for one in events if one.kind is EventKind.death]
    return tuple(
        EventFacts(id=UUID(int=0), kind=one.kind, occurred_at=one.occurred_at) for one in words[-1:]
    )


def _open_bodies(context: ServiceContext, document: TimelineDocument) -> dict[UUID, str | None]:
    key = document.data_key
    if key is not None:
        context.vault.admit(WrappedKey(key.id, bytes.fromhex(key.wrapped), key.wrapping_key))
    return {
        one.id: open_body(context, one.id, bytes.fromhex(one.body_sealed), one.body_key)
        for one in document.inbounds
        if one.answers_open or one.disposition not in _MAY_HOLD_ANSWERS
    }
