"""What the desk's list keeps of a lived study is what the domain says, whatever happens next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import asyncpg
import pytest

from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.facts import EventKind, Status
from pro_service.services import rounds
from pro_service.services.answering import AnsweringCase, GivenAnswer, Sitting, plan_answers
from pro_service.store.answering.answers import record_answers
from pro_service.store.connection import Guard
from pro_service.store.ids import new_id
from pro_service.store.pools import connect
from pro_service.store.visits.placing import move_to_site
from tests.support.outlooks.compared import compare
from tests.support.outlooks.domain import Told
from tests.support.study import Trial

PAIN: Final = "pain-nrs"
STALE: Final = """
SELECT count(*) FROM pro.participant_revisions AS r
LEFT JOIN pro.participant_outlooks AS o
  ON o.study_id = r.study_id AND o.participant_id = r.participant_id
WHERE o.revision IS DISTINCT FROM r.revision
"""


@asynccontextmanager
async def desk_of(lived: Trial, *sites: str) -> AsyncIterator[asyncpg.Connection]:
    """A look as somebody of these sites; of all of them where none is named."""
    desk = await connect(lived.url, role="pro_desk", actor="test:desk")
    try:
        ids = [
            str(row["id"])
            for row in await lived.operator.fetch("SELECT id, code FROM pro.sites")
            if not sites or row["code"] in sites
        ]
        await desk.execute("SELECT set_config('pro.site_ids', $1, false)", ",".join(ids))
        yield desk
    finally:
        await desk.close()


async def agrees(lived: Trial) -> dict[str, Told]:
    """Compare as things are, and again once the worker has come by; then all is kept."""
    items = {code: len(one.items) for code, one in lived.context.catalogue.instruments.items()}
    for come_by in (False, True):
        if come_by:
            # The first settles what has closed, the second looks at whom that wrote about.
            for _ in range(2):
                await rounds.closing_round(lived.pools.worker, lived.context)
            assert await owner_fetchval(lived, STALE) == 0
        async with desk_of(lived) as desk:
            found = await compare(desk, lived.study_id, items, ("week_2",))
    return {one.code: one for one in found}


async def owner_fetchval(lived: Trial, sql: str) -> object:
    """A value as the schema's owner reads it."""
    owner = await connect(lived.url, role="pro_owner", actor="test:owner")
    try:
        return await owner.fetchval(sql)
    finally:
        await owner.close()


async def answer_late(lived: Trial, told: dict[str, Told]) -> None:
    """Somebody answers and sends what they had missed."""
    missed = {
        code: visit
        for code, one in told.items()
        for visit in one.outcomes
        if visit.states == (AssessmentState.missed,) * len(visit.states) and visit.closed
    }
    for code, visit in missed.items():
        facts = await lived.facts(code)
        seen = next(each for each in facts.visits if each.definition == visit.definition)
        asked = next((one for one in seen.assessments if one.instrument == PAIN), None)
        if asked is None:
            continue
        protocol = await lived.context.reader.protocol(
            lived.operator, facts.study_id, facts.protocol_version_id
        )
        sitting = Sitting(mode="web", authentication="link", language="en", actor="participant:x")
        case = AnsweringCase(lived.context, protocol, facts, sitting, {})
        plan = plan_answers(case, [GivenAnswer(asked.id, "pain", 4, None)], submit=[asked.id])
        guard = Guard(facts.study_id, facts.id, facts.revision)
        await record_answers(lived.pools.participant, guard, plan.document)
        return
    raise AssertionError("Nobody has missed anything.")


async def move_to_another_site(lived: Trial, code: str) -> None:
    """A participant is at another site from now on."""
    facts, site = await lived.facts(code), new_id()
    await lived.owner_does(
        "INSERT INTO pro.sites SELECT study_id, $1, 'XX9', name, zone, country, telephone,"
        " emergency_number, recorded_at, actor FROM pro.sites LIMIT 1",
        site,
    )
    guard = Guard(facts.study_id, facts.id, facts.revision)
    async with lived.operator.transaction():
        await lived.operator.execute("SELECT set_config('pro.reason', 'moved', true)")
        await move_to_site(lived.operator, guard, new_id(), site, "test:moved")


@pytest.mark.thorough
async def test_the_list_of_a_lived_study_stays_true_after_whatever_happens(lived: Trial) -> None:
    told = await agrees(lived)
    states = {state for one in told.values() for visit in one.outcomes for state in visit.states}
    assert states >= {AssessmentState.completed, AssessmentState.missed, AssessmentState.late}
    active = [code for code, one in told.items() if one.status == Status.active]
    assert len(active) >= 4
    await answer_late(lived, told)
    await agrees(lived)
    await lived.status(active[0], Status.withdrew_follow_up)
    # A death is told weeks later: what was missed since is not applicable.
    await lived.happened(active[1], EventKind.death, at=await lived.now() - timedelta(days=20))
    await lived.status(active[2], Status.stopped_questionnaires)
    await agrees(lived)
    await move_to_another_site(lived, active[3])
    await lived.move(timedelta(days=9))
    await lived.status(active[2], Status.active)
    await agrees(lived)
    items = {code: len(one.items) for code, one in lived.context.catalogue.instruments.items()}
    for site in {row["code"] for row in await lived.operator.fetch("SELECT code FROM pro.sites")}:
        async with desk_of(lived, site) as desk:
            await compare(desk, lived.study_id, items, ())
    await lived.move(timedelta(days=60))
    await agrees(lived)
