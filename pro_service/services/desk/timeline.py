"""One participant, whole, as a member of staff may see them.

Answers and scores are in the document only where the database lets this role read them; a reply
that holds an answer is opened only then, while words somebody must read are opened for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.assessments import AssessmentState, assessment_state
from pro_service.domain.study.facts import EventFacts, EventKind, Status, StatusFacts, Window
from pro_service.domain.study.pausing import pause_ends_at
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.sittings import (
    Due,
    SittingTimes,
    StandingSitting,
    as_if_answered,
    sitting_facts,
    standing_sitting,
)
from pro_service.domain.study.statuses import standing
from pro_service.domain.study.times import zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import open_note
from pro_service.services.desk.seat import NotHereError
from pro_service.services.desk.texts import may_open
from pro_service.services.desk.today import open_body
from pro_service.services.desk.told import progress_of
from pro_service.store.connection import Connection
from pro_service.store.desk import desk as store
from pro_service.store.desk.desk import DeskSite
from pro_service.store.desk.second import PaperToDo, list_papers
from pro_service.store.desk.timeline import (
    AssessmentLine,
    EventLine,
    TimelineDocument,
    VisitLine,
    read_document,
)
from pro_service.vault.vault import WrappedKey

MOST_PAPERS: Final = 100
"""Papers of one participant, of each kind, that are said not to be verified."""


class Timeline(NamedTuple):
    """One participant with derived states and opened texts."""

    document: TimelineDocument
    protocol: Protocol
    site: DeskSite
    status: Status | None
    states: Mapping[UUID, AssessmentState]
    """By assessment, of present visits."""
    standing: Mapping[UUID, StandingSitting]
    """The sitting that stands, by assessment, where there is any."""
    bodies: Mapping[UUID, str | None]
    """Of texts this role may read; None where a text could not be opened."""
    words: Mapping[UUID, str | None]
    """What staff wrote, by note; None where it could not be opened."""
    paused_until: datetime | None
    """When the present pause ends (UTC), if there is one that has an end."""
    unverified: Mapping[UUID, str]
    """Sittings of paper the protocol wants typed twice that are not verified: `to_type` a second
    time, or with differences `to_settle`."""


class TimelineFacts(NamedTuple):
    """What one participant's timeline is derived from."""

    document: TimelineDocument
    protocol: Protocol
    site: DeskSite
    papers: Sequence[PaperToDo]
    """What is to be done about paper that is typed twice."""


async def read_timeline(
    connection: Connection, context: ServiceContext, study_id: UUID, code: str
) -> TimelineFacts:
    """One participant of the desk's sites. Raises NotHereError, for another site's as well.

    Within `at_desk(..., one_snapshot=True)`: what is shown together was true together.
    """
    document = await read_document(connection, study_id, code)
    if document is None:
        raise NotHereError
    sites = {site.id: site for site in await store.list_desk_sites(connection, study_id)}
    placed = sorted(
        (one for one in document.placings if one.site_id in sites),
        key=lambda one: one.valid_to is None,
    )
    if not placed:
        raise NotHereError
    protocol = await context.reader.protocol(connection, study_id, document.protocol_version_id)
    papers: Sequence[PaperToDo] = ()
    if protocol.types_twice:
        papers = await list_papers(connection, study_id, document.id, MOST_PAPERS)
    return TimelineFacts(document, protocol, sites[placed[-1].site_id], papers)


def derive_timeline(context: ServiceContext, facts: TimelineFacts) -> Timeline:
    """States derived, texts opened; no connection is needed for it, and none is held."""
    document, protocol, site, papers = facts
    statuses = [
        StatusFacts(status=one.status, effective_at=one.effective_at) for one in document.statuses
    ]
    deaths = _deaths(document.events)
    where = standing(statuses, document.now, deaths)
    states: dict[UUID, AssessmentState] = {}
    standing_sittings = {
        asked.id: found
        for visit in document.visits
        for asked in visit.assessments
        if (found := _standing_of(context, document, visit, asked)) is not None
    }
    for visit in document.visits:
        if visit.superseded_at is not None:
            continue
        window = Window(visit.opens_at, visit.closes_at, visit.provisional)
        for asked in visit.assessments:
            done = progress_of(
                asked, document.progress.get(asked.id), context.catalogue.instruments
            )
            states[asked.id] = assessment_state(window, done, where, document.now)
    bodies = _open_bodies(context, document)
    paused_until = pause_ends_at(statuses, document.now, deaths)
    words = {one.id: open_note(context.keys.vault, one) for one in document.notes}
    parts = (where.status, states, standing_sittings, bodies, words, paused_until)
    unverified = {one.attempt_id: one.kind for one in papers}
    return Timeline(document, protocol, site, *parts, unverified)


def _standing_of(
    context: ServiceContext, document: TimelineDocument, visit: VisitLine, asked: AssessmentLine
) -> StandingSitting | None:
    """The sitting written down as standing, or the one the rule chooses from what is seen here.

    The rule needs to know which items have a value, never which: so blinding holds.
    """
    for one in asked.sittings:
        if one.chosen is not None:
            return StandingSitting(id=one.id, reason=one.chosen, for_good=True)
    instrument = context.catalogue.instruments.get(asked.instrument)
    if instrument is None:
        return None
    closed = visit.closes_at is not None and visit.closes_at <= document.now
    return standing_sitting(
        (
            sitting_facts(
                SittingTimes(
                    one.id, one.ordinal, one.started_at, one.submitted_at, one.last_answer_at
                ),
                instrument,
                as_if_answered(instrument, one.answered),
            )
            for one in asked.sittings
        ),
        Due(visit.target_on, zone(document.zone), visit.closes_at if closed else None),
    )


def _deaths(events: Sequence[EventLine]) -> tuple[EventFacts, ...]:
    """The latest word on a death."""
    words = [one for one in events if one.kind is EventKind.death]
    return tuple(
        EventFacts(id=UUID(int=0), kind=one.kind, occurred_at=one.occurred_at) for one in words[-1:]
    )


def _open_bodies(context: ServiceContext, document: TimelineDocument) -> dict[UUID, str | None]:
    key = document.data_key
    if key is None or document.restricted:
        return {}
    context.keys.vault.admit(WrappedKey(key.id, key.wrapped, key.wrapping_key))
    return {
        one.id: open_body(context, one.id, one.body_sealed, one.body_key)
        for one in document.conversation.inbounds
        if may_open(one.disposition, one.settled, answers_open=one.answers_open)
    }
