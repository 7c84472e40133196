"""Rows about a participant: who, what happened, where they stand. Touches no database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.facts import EventKind, Status
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.statuses import overruled
from pro_service.services.exports.columns import Row
from pro_service.services.exports.rows.reading import Person, Reading, Sitting
from pro_service.store.exports.people import (
    ExportedConsent,
    ExportedEvent,
    ExportedRestriction,
    ExportedStatus,
    ExportedVisit,
)

_SENT = frozenset({AssessmentState.completed, AssessmentState.late})


def participant_row(
    person: Person,
    consents: Sequence[ExportedConsent],
    restrictions: Sequence[ExportedRestriction],
) -> Row:
    """The row of who it is."""
    one, where = person.participant, person.standing
    signed = [each for each in consents if each.part is None]
    return (
        *person.cells,
        *(one.recorded_at, one.zone, "; ".join(one.treated_knees)),
        *(None if where.status is None else str(where.status), _since(person), where.ended_at),
        *(_injected_on(person, knee) for knee in ("left_knee", "right_knee")),
        *((signed[-1].version, signed[-1].signed_on) if signed else (None, None)),
        bool(restrictions) and restrictions[-1].restricted,
        *(person.withdrew, one.protocol_sha256),
    )


def event_rows(person: Person, events: Sequence[ExportedEvent]) -> Iterator[Row]:
    """A row for each event, as it stood."""
    for one in events:
        day = None if one.occurred_at is None else person.day(one.occurred_at)
        about = (one.kind, one.ordinal, one.target, one.planned_on, one.occurred_at, day)
        study_day = person.study_day("person", day)
        yield (*person.cells, *about, study_day, one.revisions - 1, one.recorded_at, one.actor)


def status_rows(person: Person, statuses: Sequence[ExportedStatus]) -> Iterator[Row]:
    """A row for each status, in the order of record."""
    never = overruled([one.effective_at for one in statuses])
    for one, was_never in zip(statuses, never, strict=True):
        said = (str(one.id), one.status, one.effective_at, was_never)
        yield (*person.cells, *said, one.recorded_at, one.actor)


def consent_rows(person: Person, consents: Sequence[ExportedConsent]) -> Iterator[Row]:
    """A row for each consent, and for each part that was given or taken back."""
    for one in consents:
        yield (
            *person.cells,
            *(str(one.id), one.version, one.signed_on, one.messages, one.cross_border),
            *(one.caregiver, one.part, one.said_on, one.recorded_at, one.actor),
        )


def visit_rows(reading: Reading, visits: Sequence[ExportedVisit]) -> Iterator[Row]:
    """A row for each visit, whether it asks anything or not."""
    asked: dict[UUID, list[Sitting]] = {}
    for sitting in reading.standing:
        asked.setdefault(sitting.asked.visit_id, []).append(sitting)
    for one in visits:
        here = asked.get(one.id, [])
        days = [sitting.answered_on for sitting in here if sitting.answered_on is not None]
        yield (
            *reading.person.cells,
            *(one.definition, one.occurrence, one.kind, one.provisional),
            *(one.target_on, one.opens_at, one.closes_at),
            *(_attended_on(reading.person, reading.protocol, one.definition),),
            *(min(days, default=None), max(days, default=None)),
            *(len(here), sum(sitting.state in _SENT for sitting in here)),
            *(one.schedule_revision, one.locked_at),
        )


def _since(person: Person) -> datetime | None:
    """Since when the status in force is."""
    as_of, status = person.snapshot.as_of, person.standing.status
    told = [one.effective_at for one in person.statuses if one.status is status]
    if status is Status.died:
        deaths = (one.occurred_at for one in person.events if one.kind is EventKind.death)
        told += [at for at in deaths if at is not None]
    return max((at for at in told if at <= as_of), default=None)


def _injected_on(person: Person, knee: str) -> date | None:
    at = {str(target): at for target, at in person.injected_at.items()}.get(knee)
    # One recorded without a knee counts for both; a knee that is not treated has none.
    treated = knee in person.participant.treated_knees
    return None if at is None or not treated else person.day(at)


def _attended_on(person: Person, protocol: Protocol, definition: str) -> date | None:
    """Of a screening or treatment visit, the day of the event that it is for."""
    visit = protocol.find(definition)
    if visit is None or visit.kind not in ("screening", "treatment") or visit.anchor is None:
        return None
    kind, ordinal = visit.anchor.event, visit.anchor.ordinal
    if visit.target.event is not None:
        kind, ordinal = visit.target.event, 1
    days = [
        person.day(one.occurred_at)
        for one in person.events
        if (one.kind, one.ordinal) == (kind, ordinal) and one.occurred_at is not None
    ]
    return days[-1] if days else None
