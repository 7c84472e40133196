"""A participant's page shows what was true together, however many queries it takes."""

from __future__ import annotations

import aiohttp
import asyncpg
import pytest

from pro_service.services.desk.seat import Seat, at_desk
from pro_service.services.desk.sign_in import find_session
from pro_service.store.bounds import DatabaseUnreachableError
from pro_service.store.desk import timeline
from pro_service.store.desk.desk import list_desk_sites
from pro_service.store.desk.texts import set_text_aside
from pro_service.store.ids import new_id
from pro_service.store.pools import Pools
from tests.support.seed import SeededParticipant, SeededStudy


async def test_what_is_stored_between_two_queries_of_a_page_is_not_on_it(
    study: SeededStudy,
    participant: SeededParticipant,
    owner: asyncpg.Connection,
    pools: Pools,
    desk: aiohttp.ClientSession,
) -> None:
    staff = await find_session(pools.desk, {c.key: c.value for c in desk.cookie_jar}["desk"])
    assert isinstance(staff, Seat)
    async with at_desk(pools.desk, staff, one_snapshot=True) as connection:
        assert await list_desk_sites(connection, study.id)
        await owner.execute(
            "INSERT INTO pro.call_tasks (study_id, id, participant_id, reason, created_at, actor)"
            " VALUES ($1, $2, $3, 'weight_worse', pro.now(), 'test')",
            study.id,
            new_id(),
            participant.id,
        )
        before = await timeline.read_document(connection, study.id, "P-001")
    async with at_desk(pools.desk, staff) as connection:
        after = await timeline.read_document(connection, study.id, "P-001")
    assert before is not None
    assert after is not None
    assert (len(before.conversation.calls), len(after.conversation.calls)) == (0, 1)


async def test_nothing_is_written_where_one_snapshot_is_read(
    study: SeededStudy, pools: Pools, desk: aiohttp.ClientSession
) -> None:
    staff = await find_session(pools.desk, {c.key: c.value for c in desk.cookie_jar}["desk"])
    assert isinstance(staff, Seat)
    with pytest.raises(DatabaseUnreachableError, match="ReadOnly"):
        async with at_desk(pools.desk, staff, one_snapshot=True) as connection:
            await set_text_aside(
                connection, study.id, new_id(), new_id(), ("courtesy", "staff:test")
            )
