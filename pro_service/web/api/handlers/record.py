"""Sittings, scores, measures and texts of a participant; alerts and calls of all."""

from __future__ import annotations

from collections.abc import Iterator

from pro_service.domain.instruments.numbers import written
from pro_service.domain.measures.values import Measured
from pro_service.services.desk.programs import listing, reading
from pro_service.services.desk.timeline import Timeline
from pro_service.store.desk.timeline import AssessmentLine, ScoreLine, SittingLine, VisitLine
from pro_service.web.api.cursors import read_id_cursor
from pro_service.web.api.models.base import PageQuery
from pro_service.web.api.models.record import (
    MeasuredValue,
    Measures,
    Message,
    Messages,
    Score,
    Scores,
    Sitting,
    Sittings,
)
from pro_service.web.api.representations import Written, written_page
from pro_service.web.api.table import Call


async def get_sittings(call: Call) -> Sittings:
    """`GET /participants/{code}/sittings`."""
    timeline = await reading.read_participant(call.hands, call.path["code"])
    found = sorted(_sittings(timeline), key=lambda one: (one[2].started_at, one[2].id))
    return Sittings(items=[_sitting(timeline, *one) for one in found])


async def get_scores(call: Call) -> Scores:
    """`GET /participants/{code}/scores`."""
    timeline = await reading.read_scored(call.hands, call.path["code"])
    asked = {one.id: (visit, one) for visit, one, _ in _sittings(timeline)}
    return Scores(
        items=[
            _score(*asked[one.assessment_id], one)
            for one in timeline.document.scores
            if one.assessment_id in asked
        ]
    )


async def get_measures(call: Call) -> Measures:
    """`GET /participants/{code}/measures`."""
    found = await reading.read_values(call.hands, call.path["code"])
    return Measures(items=[_measured(one) for one in found])


async def get_messages(call: Call) -> Messages:
    """`GET /participants/{code}/messages`."""
    timeline = await reading.read_participant(call.hands, call.path["code"])
    return Messages(
        items=[
            Message(
                kind=one.kind,
                template=one.template,
                state=one.state,
                state_reason=one.state_reason,
                segments=one.segments,
                at=one.at,
            )
            for one in timeline.document.conversation.messages
        ]
    )


async def list_alerts(call: Call) -> Written:
    """`GET /alerts`."""
    asked = call.asked(PageQuery)
    after = read_id_cursor("alerts", asked.after)
    found = await listing.list_alerts(call.hands, after, asked.limit + 1)
    return written_page("alerts", found, asked.limit)


async def list_calls(call: Call) -> Written:
    """`GET /calls`."""
    asked = call.asked(PageQuery)
    after = read_id_cursor("calls", asked.after)
    found = await listing.list_calls(call.hands, after, asked.limit + 1)
    return written_page("calls", found, asked.limit)


async def get_call(call: Call) -> Written:
    """`GET /calls/{id}`."""
    return Written((await listing.get_call(call.hands, call.id)).item.encode())


def _sittings(timeline: Timeline) -> Iterator[tuple[VisitLine, AssessmentLine, SittingLine]]:
    """Every sitting, with what it is of; also of visits that were superseded, for it stays."""
    for visit in timeline.document.visits:
        for asked in visit.assessments:
            for one in asked.sittings:
                yield visit, asked, one


def _sitting(
    timeline: Timeline, visit: VisitLine, asked: AssessmentLine, one: SittingLine
) -> Sitting:
    standing = timeline.standing.get(asked.id)
    stands = standing is not None and standing.id == one.id
    return Sitting(
        id=str(one.id),
        assessment=str(asked.id),
        instrument=asked.instrument,
        target=asked.target,
        definition=visit.definition,
        occurrence=visit.occurrence,
        mode=one.mode,
        respondent=one.respondent,
        started_at=one.started_at,
        submitted_at=one.submitted_at,
        stands=standing.reason if stands and standing is not None else None,
        for_good=stands and standing is not None and standing.for_good,
    )


def _score(visit: VisitLine, asked: AssessmentLine, one: ScoreLine) -> Score:
    return Score(
        sitting=str(one.attempt_id),
        instrument=asked.instrument,
        target=asked.target,
        definition=visit.definition,
        occurrence=visit.occurrence,
        basis=one.basis,
        scale=one.scale,
        raw=one.raw,
        normalised=one.normalised,
        lowest=one.lowest,
        highest=one.highest,
        answered=one.answered,
        substituted=one.substituted,
        absent_reason=one.absent_reason,
    )


def _measured(one: Measured) -> MeasuredValue:
    definition, occurrence = one.visit if one.visit is not None else (None, None)
    return MeasuredValue(
        measure=one.measure,
        version=one.version,
        target=one.target,
        region=one.region,
        layer=one.layer,
        definition=definition,
        occurrence=occurrence,
        measured_on=one.measured_on,
        value=None if one.value is None else written(one.value),
        gap=one.gap,
    )
