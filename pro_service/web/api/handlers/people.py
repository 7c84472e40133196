"""Participants, their visits, events and statuses."""

from __future__ import annotations

from pro_service.services.desk.programs import listing, reading
from pro_service.services.desk.timeline import Timeline
from pro_service.store.desk.timeline import AssessmentLine, VisitLine
from pro_service.web.api.cursors import read_cursor
from pro_service.web.api.models.people import (
    Assessment,
    Event,
    Events,
    ParticipantsQuery,
    Schedule,
    StatusSince,
    Visit,
)
from pro_service.web.api.representations import Written, written_page
from pro_service.web.api.table import Call

_LIST = "participants"


async def list_participants(call: Call) -> Written:
    """`GET /participants`."""
    asked = call.asked(ParticipantsQuery)
    after = read_cursor(_LIST, asked.after)
    # One more than the page says whether there is a further one.
    found = await listing.list_participants(call.hands, after, asked.site, asked.limit + 1)
    return written_page(_LIST, found, asked.limit)


async def get_participant(call: Call) -> Written:
    """`GET /participants/{code}`."""
    found = await listing.get_participant(call.hands, call.path["code"])
    return Written(found.item.encode())


async def get_schedule(call: Call) -> Schedule:
    """`GET /participants/{code}/schedule`."""
    timeline = await reading.read_participant(call.hands, call.path["code"])
    visits = [one for one in timeline.document.visits if one.superseded_at is None]
    return Schedule(items=[_visit(timeline, one) for one in visits])


async def get_events(call: Call) -> Events:
    """`GET /participants/{code}/events`."""
    document = (await reading.read_participant(call.hands, call.path["code"])).document
    return Events(
        items=[
            Event(
                kind=one.kind,
                ordinal=one.ordinal,
                target=one.target,
                planned_on=one.planned_on,
                occurred_at=one.occurred_at,
                recorded_at=one.recorded_at,
                actor=one.actor,
            )
            for one in document.events
        ],
        statuses=[
            StatusSince(status=one.status, effective_at=one.effective_at, actor=one.actor)
            for one in document.statuses
        ],
    )


def _visit(timeline: Timeline, visit: VisitLine) -> Visit:
    return Visit(
        definition=visit.definition,
        occurrence=visit.occurrence,
        opens_at=visit.opens_at,
        target_on=visit.target_on,
        closes_at=visit.closes_at,
        provisional=visit.provisional,
        attended_on=visit.attended_on,
        asks=[_assessment(timeline, one) for one in visit.assessments],
    )


def _assessment(timeline: Timeline, asked: AssessmentLine) -> Assessment:
    return Assessment(
        id=str(asked.id),
        instrument=asked.instrument,
        target=asked.target,
        state=timeline.states[asked.id],
    )
