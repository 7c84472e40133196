"""Visits that closed with a sitting unfinished: what there is, is scored apart."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pro_service.domain.study.assessments import is_open_question
from pro_service.services.answering import score_rows
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import TRIES, BusyError
from pro_service.store.answering import answers
from pro_service.store.connection import Connection, StaleRevisionError

ACTOR = "service:worker"


async def close_participant(
    connection: Connection, context: ServiceContext, study_id: UUID, participant_id: UUID
) -> int:
    """Score every unfinished assessment of closed visits as partial; returns how many.

    A partial score never mixes with complete ones: its basis says so. Raises BusyError.
    """
    for _ in range(TRIES):
        facts = await context.facts(connection, study_id, participant_id)
        document: dict[str, Any] = {"scores": [], "partial": []}
        for visit in facts.visits:
            if visit.closes_at is None or facts.now < visit.closes_at:
                continue
            for one in visit.assessments:
                attempt = one.attempt
                if attempt is None or not is_open_question(one) or one.partial_scored_at:
                    continue
                document["partial"].append(one.id)
                document["scores"] += score_rows(
                    context.instruments[one.instrument],
                    {answer.item: answer.value for answer in one.answers},
                    one.id,
                    attempt.id,
                    basis="partial",
                    actor=ACTOR,
                )
        if not document["partial"]:
            return 0
        try:
            await answers.record_partial_scores(
                connection, study_id, participant_id, facts.revision, document
            )
        except StaleRevisionError:
            continue
        return len(document["partial"])
    raise BusyError
