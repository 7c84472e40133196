"""The clerk writes about participants who are now at the sites set, and moves nobody's protocol."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import asyncpg
import pytest

from pro_service.store.pools import Pools
from tests.support.desk import leave_for_site, seed_alert, seed_call, seed_site
from tests.support.seed import (
    SeededParticipant,
    SeededStudy,
    make_context,
    seed_participant,
    seed_study,
    seed_visit,
)

TRIES: Final = {
    "turn": "UPDATE pro.participant_revisions SET revision = revision + 1"
    " WHERE participant_id = $1 RETURNING true",
    "alert": "UPDATE pro.alerts SET seen_at = pro.now(), seen_by = 'staff:x'"
    " WHERE participant_id = $1 RETURNING true",
    "call": "UPDATE pro.call_tasks SET closed_at = pro.now(), closed_by = 'staff:x', outcome = 'x'"
    " WHERE participant_id = $1 RETURNING true",
    "answer": "INSERT INTO pro.attempts (study_id, id, participant_id, assessment_id, ordinal,"
    " mode, respondent, authentication, language, release, instrument_sha256, wording_sha256,"
    " started_at, actor) SELECT study_id, gen_random_uuid(), participant_id, id, 1, 'telephone',"
    " 'self', 'staff', 'en', 'x', 'x', 'x', pro.now(), 'staff:x' FROM pro.assessments"
    " WHERE participant_id = $1 LIMIT 1 RETURNING true",
    "sent in": "UPDATE pro.assessments SET submitted_at = pro.now()"
    " WHERE participant_id = $1 RETURNING true",
    "status": "INSERT INTO pro.statuses (study_id, id, participant_id, status, effective_at, actor)"
    " SELECT study_id, gen_random_uuid(), id, 'paused', pro.now(), 'staff:x'"
    " FROM pro.participants WHERE id = $1 RETURNING true",
}


@pytest.fixture
async def study(owner: asyncpg.Connection) -> SeededStudy:
    """The example study, with a second site."""
    made = await seed_study(owner, make_context())
    await seed_site(made)
    return made


@pytest.fixture
async def participant(study: SeededStudy) -> SeededParticipant:
    """A participant of S1 with an open baseline."""
    made = await seed_participant(study)
    await seed_visit(made)
    return made


async def tried(pools: Pools, statement: str, participant: UUID, *sites: UUID) -> bool:
    """Whether the clerk's write, with these sites set, does anything; it is undone in any case."""
    async with pools.clerk.acquire() as connection:
        attempt = connection.transaction()
        await attempt.start()
        try:
            await connection.execute(
                "SELECT set_config('pro.site_ids', $1, true)", ",".join(map(str, sites))
            )
            return await connection.fetchval(statement, participant) is not None
        except asyncpg.InsufficientPrivilegeError:
            return False
        finally:
            await attempt.rollback()


async def test_the_clerk_writes_about_those_now_at_the_sites_set_and_nobody_else(
    study: SeededStudy, participant: SeededParticipant, pools: Pools
) -> None:
    await seed_alert(participant, participant.assessments["baseline", "pain-nrs", "left_knee"])
    await seed_call(participant)
    here = study.site_id
    there = await study.owner.fetchval("SELECT id FROM pro.sites WHERE code = 'S2'")

    async def written(*sites: UUID) -> set[str]:
        return {
            name
            for name, statement in TRIES.items()
            if await tried(pools, statement, participant.id, *sites)
        }

    assert (await written(), await written(there)) == (set(), set())
    assert await written(here) == await written(here, there) == set(TRIES)
    await leave_for_site(participant, there)
    assert (await written(here), await written(there)) == (set(), set(TRIES))


async def test_the_clerk_moves_nobody_to_another_protocol_version(
    study: SeededStudy, participant: SeededParticipant, pools: Pools
) -> None:
    moved = (
        "UPDATE pro.participants SET protocol_version_id = protocol_version_id"
        " WHERE id = $1 RETURNING true"
    )
    pinned = (
        "INSERT INTO pro.participant_protocols (study_id, id, participant_id, protocol_version_id,"
        " actor, reason) SELECT study_id, gen_random_uuid(), id, protocol_version_id, 'staff:x',"
        " 'x' FROM pro.participants WHERE id = $1 RETURNING true"
    )
    for statement in (moved, pinned):
        assert not await tried(pools, statement, participant.id, study.site_id)
