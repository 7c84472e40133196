"""Who has answered what: participants by visits, and the two figures per visit and site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.adherence import (
    Adherence,
    AskedVisit,
    VisitOutcome,
    adherence,
    is_enrolled,
    visit_outcome,
)
from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.facts import EventFacts, EventKind, Status, StatusFacts, Window
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.sittings import is_settled
from pro_service.domain.study.sittings.progress import Progress
from pro_service.domain.study.statuses import standing
from pro_service.services.base.context import ServiceContext
from pro_service.store.connection import Connection
from pro_service.store.exports import adherence as store
from pro_service.store.exports.adherence import AskedRow, EnrolledRow

PAGE: Final = 500
"""Participants read at once: a study of any size is counted in the memory of a page."""
NOBODY: Final = UUID(int=0)


class ParticipantStates(NamedTuple):
    """One participant's states, by visit definition, in the order asked."""

    code: str
    site: str
    status: str
    visits: dict[str, tuple[AssessmentState, ...]]


class AdherenceReport(NamedTuple):
    """The whole picture of a study at one instant."""

    definitions: tuple[str, ...]
    rows: tuple[ParticipantStates, ...]
    figures: tuple[Adherence, ...]
    states: Counter[AssessmentState]


class _Sets(NamedTuple):
    """Assessments that have every score, and those that were answered with somebody's help."""

    scorable: Collection[UUID]
    helped: Collection[UUID]


class _Asked(NamedTuple):
    """A page of participants, and of each what was asked."""

    people: Sequence[EnrolledRow]
    rows: Mapping[UUID, Sequence[AskedRow]]
    told: Mapping[UUID, Progress]
    """Of those assessments that need it: how far the sitting has come that stands."""


async def report(
    connection: Connection, context: ServiceContext, study_id: UUID
) -> AdherenceReport:
    """Derive every state from what is stored and study time; nothing of it is stored."""
    sets = _Sets(
        await store.list_scorable(connection, study_id),
        await store.list_helped(connection, study_id),
    )
    outcomes: list[VisitOutcome] = []
    rows: list[ParticipantStates] = []
    enrolled: Counter[str] = Counter()
    states: Counter[AssessmentState] = Counter()
    definitions: dict[str, None] = {}
    after = NOBODY
    while True:
        page = await _read_page(connection, context, study_id, after)
        if not page.people:
            break
        after = page.people[-1].id
        for one in page.people:
            protocol = await context.reader.protocol(connection, study_id, one.protocol_version_id)
            definitions |= dict.fromkeys(each.id for each in protocol.visits if each.asks)
            statuses = _statuses(one)
            where = standing(statuses, one.now, _deaths(one))
            enrolled[one.site] += int(is_enrolled(statuses, one.now))
            visits: dict[str, tuple[AssessmentState, ...]] = {}
            for asked in _visits(one, page, protocol, context, sets):
                outcome = visit_outcome(asked, where, one.now)
                visits[asked.definition] = outcome.states
                states.update(outcome.states)
                outcomes.append(outcome)
            rows.append(ParticipantStates(one.code, one.site, str(where.status), visits))
    figures = adherence(
        outcomes, definitions=tuple(definitions), enrolled=dict(sorted(enrolled.items()))
    )
    return AdherenceReport(tuple(definitions), tuple(rows), figures, states)


async def _read_page(
    connection: Connection, context: ServiceContext, study_id: UUID, after: UUID
) -> _Asked:
    people = await store.list_enrolled(connection, study_id, after, PAGE)
    found = await store.list_asked(connection, study_id, [one.id for one in people])
    told: dict[UUID, Progress] = {}
    # Few have several sittings at one assessment: all about them is read, and R3 says which stands.
    for participant_id in {row.participant_id for row in found if row.told_apart}:
        facts = await context.reader.facts(connection, study_id, participant_id)
        told |= {each.id: each.progress for visit in facts.visits for each in visit.assessments}
    rows = {who: list(group) for who, group in groupby(found, key=lambda row: row.participant_id)}
    return _Asked(people, rows, told)


def _visits(
    one: EnrolledRow,
    page: _Asked,
    protocol: Protocol,
    context: ServiceContext,
    sets: _Sets,
) -> Iterator[AskedVisit]:
    for _, group in groupby(page.rows.get(one.id, ()), key=lambda row: row.visit_id):
        asked = list(group)
        first = asked[0]
        yield AskedVisit(
            site=one.site,
            participant=one.id,
            definition=first.definition,
            kind=protocol.definition(first.definition).kind,
            window=Window(first.opens_at, first.closes_at, first.provisional),
            asked=tuple(
                page.told.get(row.assessment_id) or _progress(row, context) for row in asked
            ),
            scorable=all(row.assessment_id in sets.scorable for row in asked),
            helped=any(row.assessment_id in sets.helped for row in asked),
        )


def _progress(row: AskedRow, context: ServiceContext) -> Progress:
    instrument = context.catalogue.instruments.get(row.instrument)
    settled = (
        row.answered
        and row.declined_at is None
        and instrument is not None
        and is_settled(instrument, dict.fromkeys(row.items or (), 0))
    )
    return Progress(
        submitted_at=row.submitted_at,
        declined_at=row.declined_at,
        begun=row.submitted_at is not None or row.sittings > 0,
        answered=row.answered,
        settled=settled,
    )


def _statuses(one: EnrolledRow) -> tuple[StatusFacts, ...]:
    return tuple(
        StatusFacts(status=Status(status), effective_at=at)
        for status, at in zip(one.statuses, one.effective_at, strict=True)
    )


def _deaths(one: EnrolledRow) -> tuple[EventFacts, ...]:
    return tuple(EventFacts(id=one.id, kind=EventKind.death, occurred_at=at) for at in one.died_at)
