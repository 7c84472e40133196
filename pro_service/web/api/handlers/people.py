"""Participants, their visits, events and statuses."""

from __future__ import annotations

from pro_service.services.desk.programs import listing, reading
from pro_service.services.desk.programs.listing import SeenParticipant
from pro_service.services.desk.timeline import Timeline
from pro_service.store.desk.timeline import AssessmentLine, VisitLine
from pro_service.web.api.cursors import read_cursor, write_cursor
from pro_service.web.api.models.people import (
    Assessment,
    Event,
    Events,
    Participant,
    Participants,
    ParticipantsQuery,
    Schedule,
    StatusSince,
    Visit,
)
from pro_service.web.api.table import Call

_LIST = "participants"


async def list_participants(call: Call) -> Participants:
    """`GET /participants`."""
    asked = call.asked(ParticipantsQuery)
    after = read_cursor(_LIST, asked.after)
    # One more than the page says whether there is a further one.
    found = await listing.list_participants(call.hands, after, asked.site, asked.limit + 1)
    page = [_participant(one) for one in found[: asked.limit]]
    more = len(found) > asked.limit
    return Participants(items=page, next=write_cursor(_LIST, page[-1].code) if more else None)


async def get_participant(call: Call) -> Participant:
    """`GET /participants/{code}`."""
    return _participant(await listing.get_participant(call.hands, call.path["code"]))


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


def _participant(seen: SeenParticipant) -> Participant:
    row = seen.row
    return Participant(
        id=str(row.id),
        code=row.code,
        site=row.site,
        present=row.present,
        restricted=row.restricted,
        status=seen.status,
        enrolled_at=row.enrolled_at,
        language=row.language,
        channel=row.channel,
        zone=row.zone,
        treated_knees=row.treated_knees,
        protocol=row.protocol,
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
