"""The demo's staff act as real ones do, at their hours, and leave the latest to the visitor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg

from pro_service.demo.staff import ASSESSED_AFTER, RUNG_AFTER, Staff, seat_staff
from pro_service.services.base.context import ServiceContext
from pro_service.store.base import operations
from pro_service.store.demo import demo
from pro_service.store.pools import Pools
from tests.support.desk import PASSWORD, seed_alert, seed_call, seed_staff
from tests.support.seed import SeededParticipant, SeededStudy

NEVER = datetime.max.replace(tzinfo=UTC)


async def seated(
    study: SeededStudy, pools: Pools, context: ServiceContext, left: timedelta
) -> Staff:
    """A coordinator and an investigator; what came up so long before now is left alone."""
    await seed_staff(study, "anna")
    await seed_staff(study, "ivo", role="investigator")
    until = await operations.get_study_time(study.owner) - left
    return await seat_staff(pools, context, ("anna", "ivo"), PASSWORD, until)


async def states(owner: asyncpg.Connection) -> tuple[bool, bool, bool]:
    """Whether the alert was seen, was acted on, and the call closed."""
    alert = await owner.fetchrow("SELECT seen_by, acted_by FROM pro.alerts")
    closed_by = await owner.fetchval("SELECT closed_by FROM pro.call_tasks")
    assert alert is not None
    assert alert["seen_by"] in {None, "staff:anna"}
    assert alert["acted_by"] in {None, "staff:ivo"}
    return alert["seen_by"] is not None, alert["acted_by"] is not None, closed_by is not None


async def waits_from(study: SeededStudy) -> datetime:
    """From when on the simulated staff find anything to do; the end of time where nothing is."""
    found = await demo.work_waits_from(study.owner, study.id, RUNG_AFTER)
    return NEVER if found is None else found


async def test_an_alert_is_seen_then_assessed_by_the_investigator_and_a_call_is_made(
    study: SeededStudy, participant: SeededParticipant, pools: Pools, context: ServiceContext
) -> None:
    await seed_alert(participant, participant.assessments["baseline", "womac-nrs-3.1", "left_knee"])
    await seed_call(participant)
    staff = await seated(study, pools, context, left=-timedelta(days=1))
    now = await operations.get_study_time(study.owner)
    assert await waits_from(study) <= now
    await staff.work(now)
    assert await states(study.owner) == (True, False, False)
    await staff.work(now + ASSESSED_AFTER)
    assert await states(study.owner) == (True, False, False)
    assessed = "SELECT DISTINCT actor FROM pro.alert_assessments"
    assert await study.owner.fetchval(assessed) == "staff:ivo"
    await staff.work(now + RUNG_AFTER)
    assert await states(study.owner) == (True, True, True)
    assert await waits_from(study) == NEVER
    await seed_call(participant)
    assert now + RUNG_AFTER <= await waits_from(study) < NEVER


async def test_what_came_up_last_is_left_for_the_visitor(
    study: SeededStudy, participant: SeededParticipant, pools: Pools, context: ServiceContext
) -> None:
    await seed_alert(participant, participant.assessments["baseline", "womac-nrs-3.1", "left_knee"])
    await seed_call(participant)
    staff = await seated(study, pools, context, left=timedelta(hours=36))
    await staff.work(await operations.get_study_time(study.owner) + timedelta(days=2))
    assert await states(study.owner) == (False, False, False)
