"""Visits that closed: which of their sittings is the record, and scores of what was not sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.instruments.scoring import score
from pro_service.domain.study.assessments import is_open_question
from pro_service.domain.study.facts import AssessmentFacts, ParticipantFacts, VisitFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.querying.changes import (
    CHANGED_MUCH,
    PAPER_NOT_VERIFIED,
    StoodScores,
    changed_much,
)
from pro_service.domain.study.sittings import (
    Due,
    SittingTimes,
    is_settled,
    sitting_facts,
    standing_sitting,
)
from pro_service.domain.study.times import zone
from pro_service.services.answering import Place, score_rows
from pro_service.services.base.actors import WORKER
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.store.answering import answers as store
from pro_service.store.answering.answers import ChosenSittingRow, ClosedSitting, ClosingWrite
from pro_service.store.connection import Connection, borrowed
from pro_service.store.ids import new_id
from pro_service.store.writes import QueryRow


async def close_participant(
    connection: Connection, context: ServiceContext, study_id: UUID, participant_id: UUID
) -> int:
    """Settle a participant's closed visits; returns at how many assessments something was written.

    Which sitting stands is written down once for each closing. Sittings that were not sent are
    scored apart from those that were: their basis says so. Raises BusyError.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[int]:
        place = (connection, study_id, participant_id)
        rules = protocol.coming.data_query
        to_settle = frozenset(await store.list_visits_to_settle(*place))
        # Of scores at earlier visits it takes only what is compared with them.
        compared = rules is not None and bool(rules.change)
        found = await store.list_closed_sittings(*place, every=compared)
        concerned = to_settle | {one.visit_id for one in found}
        sittings = {
            assessment_id: list(group)
            for assessment_id, group in groupby(found, key=lambda one: one.assessment_id)
        }
        document, settled = ClosingWrite(), 0
        for visit in facts.visits:
            if visit.closes_at is None or facts.now < visit.closes_at:
                continue
            if visit.id not in concerned:
                continue
            if visit.id in to_settle:
                document.visits.append(visit.id)
            for asked in visit.assessments:
                closed = _Closed(visit, visit.closes_at, zone(facts.zone), asked)
                instrument = context.catalogue.instruments.get(asked.instrument)
                if instrument is None:  # of another release, which alone can score it
                    continue
                here = sittings.get(asked.id, [])
                chosen = visit.id in to_settle and _choose(document, closed, instrument, here)
                scored = _score_unsent(document, closed, instrument, here)
                settled += chosen or scored
        if not (document.visits or settled):
            return Plan(0)
        _add_queries(document, context, facts, protocol, sittings)
        return Plan(settled, writing(store.record_closing, document))

    async with borrowed(connection) as connection:
        return await turn(Who(connection, context, study_id, participant_id), decide, lean=True)


def _add_queries(
    document: ClosingWrite,
    context: ServiceContext,
    facts: ParticipantFacts,
    protocol: Protocol,
    sittings: Mapping[UUID, Sequence[ClosedSitting]],
) -> None:
    """Ask about what looks wrong at the visits that are settled now, where the protocol says so."""
    rules = protocol.coming.data_query
    if rules is None or not (rules.change or rules.unverified):
        return
    settled, chosen = frozenset(document.visits), {one.attempt_id for one in document.chosen}
    stood: list[tuple[UUID, bool, StoodScores]] = []
    found: list[tuple[UUID, str]] = []
    for visit in facts.visits:
        for asked in visit.assessments:
            instrument = context.catalogue.instruments.get(asked.instrument)
            for one in sittings.get(asked.id, ()):
                now = visit.id in settled
                twice = rules.unverified and protocol.use(asked.instrument).second_entry
                if now and twice and one.unverified:
                    found.append((asked.id, PAPER_NOT_VERIFIED))
                if instrument is not None and (one.stands or one.id in chosen):
                    raw = {
                        each.scale: each.raw
                        for each in score(instrument, one.answers)
                        if each.raw is not None
                    }
                    scores = StoodScores(visit.opens_at, asked.instrument, asked.target, raw)
                    stood.append((asked.id, now, scores))
    every = [scores for _, _, scores in stood]
    found += [
        (assessment_id, CHANGED_MUCH)
        for assessment_id, now, scores in stood
        if now and changed_much(rules.change, scores, every)
    ]
    document.queries += [
        QueryRow(id=new_id(), assessment_id=assessment_id, rule=rule, actor=WORKER)
        for assessment_id, rule in dict.fromkeys(found)
    ]


class _Closed(NamedTuple):
    """What was asked at a visit that has closed; `zone` is the participant's."""

    visit: VisitFacts
    closes_at: datetime
    zone: ZoneInfo
    asked: AssessmentFacts


def _times(one: ClosedSitting) -> SittingTimes:
    return SittingTimes(one.id, one.ordinal, one.started_at, one.submitted_at, one.last_answer_at)


def _choose(
    document: ClosingWrite,
    closed: _Closed,
    instrument: Instrument,
    sittings: Sequence[ClosedSitting],
) -> bool:
    """Add which sitting stands, unless that is written down, or there is nothing to stand yet.

    Where nothing was answered or sent before closing, the visit was missed: only a sitting sent
    after it stands for good.
    """
    if any(one.settled for one in sittings):
        return False
    every = [sitting_facts(_times(one), instrument, one.answers) for one in sittings]
    standing = standing_sitting(every, Due(closed.visit.target_on, closed.zone, closed.closes_at))
    if standing is None or not standing.for_good:
        return False
    document.chosen.append(
        ChosenSittingRow(
            id=new_id(),
            assessment_id=closed.asked.id,
            attempt_id=standing.id,
            reason=standing.reason,
            closes_at=closed.closes_at,
            actor=WORKER,
        )
    )
    return True


def _score_unsent(
    document: ClosingWrite,
    closed: _Closed,
    instrument: Instrument,
    sittings: Sequence[ClosedSitting],
) -> bool:
    """Add scores of each sitting that was not sent, once; whether there were any.

    A sitting whose assessment was declined is not scored: the participant chose not to answer.
    """
    asked = closed.asked
    unfinished = is_open_question(asked) and not asked.partial_scored_at
    unsent = [one for one in sittings if one.submitted_at is None and not one.scored]
    if asked.declined_at is not None or not (unsent and (unfinished or asked.submitted_at)):
        return False
    if unfinished:
        document.partial.append(asked.id)
    rows = [
        row
        for one in unsent
        for row in score_rows(
            instrument,
            one.answers,
            Place(asked.id, one.id, WORKER),
            basis="unsent" if is_settled(instrument, one.answers) else "partial",
        )
    ]
    document.scores += rows
    return unfinished or bool(rows)
