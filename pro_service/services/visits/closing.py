"""Visits that closed with a sitting unfinished: what there is, is scored apart."""

from __future__ import annotations

from uuid import UUID

from pro_service.domain.study.assessments import is_open_question
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.services.answering import Place, score_rows
from pro_service.services.base.actors import WORKER
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.store.answering.answers import PartialScoresWrite, record_partial_scores
from pro_service.store.connection import Connection


async def close_participant(
    connection: Connection, context: ServiceContext, study_id: UUID, participant_id: UUID
) -> int:
    """Score every unfinished assessment of closed visits as partial; returns how many.

    A partial score never mixes with complete ones: its basis says so. Raises BusyError.
    """

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[int]:
        document = PartialScoresWrite()
        for visit in facts.visits:
            if visit.closes_at is None or facts.now < visit.closes_at:
                continue
            for one in visit.assessments:
                attempt = one.attempt
                if attempt is None or not is_open_question(one) or one.partial_scored_at:
                    continue
                document.partial.append(one.id)
                document.scores += score_rows(
                    context.catalogue.instruments[one.instrument],
                    {answer.item: answer.value for answer in one.read_answers},
                    Place(one.id, attempt.id, WORKER),
                    basis="partial",
                )
        if not document.partial:
            return Plan(0)
        return Plan(len(document.partial), writing(record_partial_scores, document))

    return await turn(Who(connection, context, study_id, participant_id), decide)
