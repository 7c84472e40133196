"""One participant, whole, as the desk sees them: short queries, read in one snapshot.

Row-level security decides what each finds; nothing here filters by site.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.numbers import Value
from pro_service.domain.record import Record
from pro_service.domain.study.facts import EventKind, Status, Target
from pro_service.domain.study.sittings import StandingReason
from pro_service.store.connection import Connection
from pro_service.store.desk.conversation import Conversation, read_conversation
from pro_service.store.desk.desk import ContactLine, Progress, contact_lines, list_progress
from pro_service.store.notes import NoteSeen, OwnKey
from pro_service.store.rows import answer, row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/timeline")


class Placing(NamedTuple):
    """At which site, from when to when; other sites' periods are not seen."""

    site_id: UUID
    valid_from: datetime
    valid_to: datetime | None


class SittingLine(Record):
    """One sitting: how, by whom and when it was answered, never what."""

    id: UUID
    ordinal: int
    mode: str
    respondent: str
    """Who answered, as `Respondent.word` has it."""
    started_at: datetime
    submitted_at: datetime | None
    chosen: StandingReason | None
    """Why it is written down as standing, for the present closing of its visit; None: it is not."""
    card_shown_at: datetime | None
    """When a card was shown at the desk where it began, within the hour before; None: none was."""
    apart: str | None = None
    """What of an entry the protocol does not name for analysis; None: nothing, or no entry."""
    original: str | None = None
    """Where the paper lies that was typed in, as a note."""
    answered: tuple[str, ...]
    """Items with a value, and..."""
    last_answer_at: datetime | None
    """...when the last was given: read only where an assessment has several sittings."""


class AssessmentLine(NamedTuple):
    """One instrument asked at a visit."""

    visit_id: UUID
    id: UUID
    instrument: str
    target: Target
    submitted_at: datetime | None
    declined_at: datetime | None
    partial_scored_at: datetime | None
    sittings: tuple[SittingLine, ...]
    """In the order they were begun."""


class ReminderLine(NamedTuple):
    """One nudge."""

    visit_id: UUID
    ordinal: int
    due_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    undelivered: bool
    """The text it became did not arrive."""


class VisitLine(NamedTuple):
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


class StatusLine(NamedTuple):
    """A status from an instant on."""

    status: Status
    effective_at: datetime
    actor: str
    reason: str | None


class EventLine(NamedTuple):
    """One word on an event."""

    kind: EventKind
    ordinal: int
    target: Target | None
    planned_on: date | None
    occurred_at: datetime | None
    recorded_at: datetime
    actor: str
    reason: str | None


class ConsentLine(NamedTuple):
    """One word on a consent, as it was written down; the last of all holds."""

    version: str
    signed_on: date
    messages: bool
    cross_border: bool
    caregiver: bool
    part: str | None
    """What was given or taken back by it; None: the version was signed."""
    said_on: date | None
    recorded_at: datetime
    actor: str


class OwnEventLine(NamedTuple):
    """One revision of an event of the protocol's own; days are the participant's."""

    event_id: UUID
    revision: int
    kind: str
    target: str | None
    began_on: date
    ended_on: date | None
    dose: Decimal | None
    dose_unit: str | None
    struck: bool
    recorded_at: datetime
    actor: str
    stands: bool
    """Whether it is the last revision."""


class RemarkLine(NamedTuple):
    """What staff wrote down that stands for itself; `said` refers to the note."""

    said: str
    recorded_at: datetime
    actor: str


class AnswerLine(NamedTuple):
    """One response; `stands` is False for one that was replaced in its sitting."""

    assessment_id: UUID
    attempt_id: UUID
    item: str
    value: Value | None
    gap: str | None
    inbound_id: UUID | None
    received_at: datetime
    answered_at: datetime
    """As claimed."""
    stands: bool


class ScoreLine(NamedTuple):
    """One score of a sitting, as last written; raw and 0-100 as exact decimals in text."""

    assessment_id: UUID
    attempt_id: UUID
    basis: Literal["complete", "unsent", "partial"]
    scale: str
    raw: str | None
    normalised: str | None
    lowest: int
    highest: int
    answered: int
    substituted: int
    absent_reason: str | None


class TimelineDocument(NamedTuple):
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
    safety_ended_at: datetime | None
    """When an investigator last ended the safety follow-up."""
    death_reported_at: datetime | None
    """When a death was reported whose day is still to be recorded; None: none was."""
    restricted: bool
    """Whether numbers are shown to nobody but an investigator, with a reason (R17)."""
    contacts: tuple[ContactLine, ...]
    """In the order they are tried."""
    placings: tuple[Placing, ...]
    visits: tuple[VisitLine, ...]
    progress: Mapping[UUID, Progress]
    statuses: tuple[StatusLine, ...]
    events: tuple[EventLine, ...]
    consents: tuple[ConsentLine, ...]
    own_events: tuple[OwnEventLine, ...]
    remarks: tuple[RemarkLine, ...]
    conversation: Conversation
    answers: tuple[AnswerLine, ...]
    scores: tuple[ScoreLine, ...]
    key_id: UUID | None
    wrapped: bytes | None
    wrapping_key: str | None
    notes: tuple[NoteSeen, ...]

    @property
    def data_key(self) -> OwnKey | None:
        """The participant's own key, wrapped; None once it was destroyed."""
        if self.key_id is None or self.wrapped is None or self.wrapping_key is None:
            return None
        return OwnKey(self.key_id, self.wrapped, self.wrapping_key)


class _Reader:
    """Reads what there is about one participant, table by table."""

    def __init__(self, connection: Connection, study_id: UUID, participant_id: UUID) -> None:
        self._connection = connection
        self._who = (study_id, participant_id)

    async def visits(self) -> tuple[VisitLine, ...]:
        asked, nudged = await self.assessments(), await self.reminders()
        return tuple(
            row_of(
                VisitLine,
                row,
                assessments=tuple(asked[row["id"]]),
                reminders=tuple(nudged[row["id"]]),
            )
            for row in await self._connection.fetch(_SQL["list_visits_seen"], *self._who)
        )

    async def assessments(self) -> Mapping[UUID, list[AssessmentLine]]:
        by_visit: dict[UUID, list[AssessmentLine]] = defaultdict(list)
        for row in await self._connection.fetch(_SQL["list_assessments_seen"], *self._who):
            sittings = tuple(SittingLine.model_validate(each) for each in row["sittings"])
            by_visit[row["visit_id"]].append(row_of(AssessmentLine, row, sittings=sittings))
        return by_visit

    async def reminders(self) -> Mapping[UUID, list[ReminderLine]]:
        by_visit: dict[UUID, list[ReminderLine]] = defaultdict(list)
        for row in await self._connection.fetch(_SQL["list_reminders_seen"], *self._who):
            by_visit[row["visit_id"]].append(row_of(ReminderLine, row))
        return by_visit

    async def placings(self) -> tuple[Placing, ...]:
        rows = await self._connection.fetch(_SQL["list_placings"], *self._who)
        return tuple(row_of(Placing, row) for row in rows)

    async def statuses(self) -> tuple[StatusLine, ...]:
        rows = await self._connection.fetch(_SQL["list_statuses_seen"], *self._who)
        return tuple(row_of(StatusLine, row, status=Status(row["status"])) for row in rows)

    async def events(self) -> tuple[EventLine, ...]:
        rows = await self._connection.fetch(_SQL["list_events_seen"], *self._who)
        return tuple(row_of(EventLine, row, kind=EventKind(row["kind"])) for row in rows)

    async def consents(self) -> tuple[ConsentLine, ...]:
        return await list_consents(self._connection, *self._who)

    async def own_events(self) -> tuple[OwnEventLine, ...]:
        rows = await self._connection.fetch(_SQL["list_own_events_seen"], *self._who)
        return tuple(row_of(OwnEventLine, row) for row in rows)

    async def remarks(self) -> tuple[RemarkLine, ...]:
        rows = await self._connection.fetch(_SQL["list_remarks_seen"], *self._who)
        return tuple(row_of(RemarkLine, row) for row in rows)

    async def answers(self) -> tuple[AnswerLine, ...]:
        rows = await self._connection.fetch(_SQL["list_answers_seen"], *self._who)
        return tuple(row_of(AnswerLine, row, value=answer(row["value"])) for row in rows)

    async def scores(self) -> tuple[ScoreLine, ...]:
        rows = await self._connection.fetch(_SQL["list_scores_seen"], *self._who)
        return tuple(row_of(ScoreLine, row) for row in rows)

    async def notes(self) -> tuple[NoteSeen, ...]:
        return await list_notes(self._connection, *self._who)


async def list_consents(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> tuple[ConsentLine, ...]:
    """Every word on a participant's consent, oldest first, as far as it is seen from here."""
    rows = await connection.fetch(_SQL["list_consents_seen"], study_id, participant_id)
    return tuple(row_of(ConsentLine, row) for row in rows)


async def list_notes(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> tuple[NoteSeen, ...]:
    """What staff wrote about a participant, sealed, as far as it is seen from here."""
    rows = await connection.fetch(_SQL["list_notes_seen"], study_id, participant_id)
    return tuple(row_of(NoteSeen, row) for row in rows)


async def read_document(
    connection: Connection, study_id: UUID, code: str
) -> TimelineDocument | None:
    """Everything the desk may see about a participant; None if it may see nothing.

    Within a transaction that reads one snapshot, or its parts may not belong together.
    """
    found = await connection.fetchrow(_SQL["get_participant_seen"], study_id, code)
    if found is None:
        return None
    row = dict(found)
    reader = _Reader(connection, study_id, row["id"])
    return row_of(
        TimelineDocument,
        row,
        treated_knees=tuple(row["treated_knees"]),
        contacts=contact_lines(row["contacts"]),
        visits=await reader.visits(),
        progress=await list_progress(connection, study_id, [row["id"]]),
        notes=await reader.notes(),
        placings=await reader.placings(),
        statuses=await reader.statuses(),
        events=await reader.events(),
        consents=await reader.consents(),
        own_events=await reader.own_events(),
        remarks=await reader.remarks(),
        conversation=await read_conversation(connection, study_id, row["id"]),
        answers=await reader.answers(),
        scores=await reader.scores(),
    )
