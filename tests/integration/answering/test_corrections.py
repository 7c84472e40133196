"""A correction long after submission: scores of all answers, and it names what it replaces."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from pro_service.domain.study.facts import AnswersNotReadError, ParticipantFacts
from pro_service.services.answering import (
    AnsweringCase,
    AnswersPlan,
    GivenAnswer,
    Sitting,
    find_assessment,
    plan_answers,
)
from pro_service.services.base.context import ServiceContext
from pro_service.store.answering.answers import record_answers
from pro_service.store.connection import Guard
from tests.support.seed import (
    SeededParticipant,
    SeededStudy,
    make_context,
    seed_participant,
    seed_study,
    seed_visit,
)

WOMAC = "womac-nrs-3.1"
LATER = timedelta(days=2)


@pytest.fixture
def context() -> ServiceContext:
    return make_context()


@pytest.fixture
async def participant(owner: asyncpg.Connection, context: ServiceContext) -> SeededParticipant:
    study: SeededStudy = await seed_study(owner, context)
    participant = await seed_participant(study)
    await seed_visit(participant, asks=((WOMAC, "left_knee"),))
    return participant


async def plan(
    owner: asyncpg.Connection,
    context: ServiceContext,
    facts: ParticipantFacts,
    given: list[GivenAnswer],
) -> AnswersPlan:
    protocol = await context.reader.protocol(owner, facts.study_id, facts.protocol_version_id)
    sitting = Sitting(mode="web", authentication="staff", language="en", actor="staff:test")
    case = AnsweringCase(context, protocol, facts, sitting, {})
    return plan_answers(case, given, submit=[given[0].assessment_id])


async def store(owner: asyncpg.Connection, facts: ParticipantFacts, plan: AnswersPlan) -> None:
    await record_answers(owner, Guard(facts.study_id, facts.id, facts.revision), plan.document)


async def answered_two_days_ago(
    owner: asyncpg.Connection, context: ServiceContext, participant: SeededParticipant
) -> UUID:
    (assessment_id,) = participant.assessments.values()
    facts = await context.reader.facts(owner, participant.study.id, participant.id)
    items = context.catalogue.instruments[WOMAC].items
    given = [GivenAnswer(assessment_id, item.code, 4, None) for item in items]
    await store(owner, facts, await plan(owner, context, facts, given))
    await owner.execute("SELECT pro.move_clock(pro.now() + $1::interval)", LATER)
    return assessment_id


async def test_a_correction_two_days_later_scores_all_answers_and_names_what_it_replaces(
    owner: asyncpg.Connection, context: ServiceContext, participant: SeededParticipant
) -> None:
    assessment_id = await answered_two_days_ago(owner, context, participant)
    facts = await context.reader.facts(
        owner, participant.study.id, participant.id, answers_of=[assessment_id]
    )
    _, assessment = find_assessment(facts, assessment_id)
    before = {one.item: one.response_id for one in assessment.read_answers}
    corrected = await plan(owner, context, facts, [GivenAnswer(assessment_id, "pain_1", 9, None)])
    await store(owner, facts, corrected)
    (row,) = corrected.document.responses
    assert row.replaces == before["pain_1"]
    stored = await owner.fetch(
        "SELECT scale, raw, answered FROM pro.scores WHERE revision = 2 ORDER BY scale"
    )
    assert {one["scale"]: (int(one["raw"]), one["answered"]) for one in stored} == {
        "pain": (25, 5),
        "stiffness": (8, 2),
        "function": (68, 17),
        "total": (101, 24),
    }


async def test_facts_say_what_they_did_not_read(
    owner: asyncpg.Connection, context: ServiceContext, participant: SeededParticipant
) -> None:
    assessment_id = await answered_two_days_ago(owner, context, participant)
    facts = await context.reader.facts(owner, participant.study.id, participant.id)
    _, assessment = find_assessment(facts, assessment_id)
    assert assessment.answers is None
    with pytest.raises(AnswersNotReadError):
        await plan(owner, context, facts, [GivenAnswer(assessment_id, "pain_1", 9, None)])
