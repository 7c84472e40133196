"""A real server's log archived by pgBackRest, restored to a point in time: nobody is hurt by it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pro_service.services import keeping
from pro_service.store.journal import read_journal
from pro_service.store.keeping import holds
from pro_service.store.pools import connect
from tests.integration.keeping.restored import hands_of, journalled, reopened, work
from tests.support.databases import migrate_everything
from tests.support.killing.archived import IS_HERE, Cluster, archived_cluster
from tests.support.study import ACTOR, open_trial, row
from tests.support.waiting import until as wait_until

STOPS, GOES_ON = "K-001", "K-002"

pytestmark = pytest.mark.skipif(
    not IS_HERE, reason="needs Debian's pgbackrest and postgresql-15, which .ci/run installs"
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Path]:
    """A journal kept during the test."""
    with journalled(tmp_path / "journal") as folder:
        yield folder


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A server whose log is archived."""
    with archived_cluster() as made:
        yield made


async def test_restored_to_a_point_in_time_sending_is_held_until_a_person_lets_go(
    cluster: Cluster, journal: Path
) -> None:
    url = await asyncio.to_thread(cluster.start, cluster.data)
    await migrate_everything(url)
    await asyncio.to_thread(cluster.pgbackrest, "stanza-create")
    async with open_trial(url) as trial:
        await holds.note_first_timeline(trial.pools.worker, "service:worker")  # as at each start
        await trial.enrol(row(STOPS), row(GOES_ON))
        await trial.ask()
        await trial.move(timedelta(days=2))
        for code in (STOPS, GOES_ON):
            await trial.happened(code)
        await asyncio.to_thread(cluster.pgbackrest, "--type=full", "backup")
        # pgBackRest knows when a backup ended to the second, and takes one that ended before.
        await asyncio.sleep(1.1)
        until = await trial.fetchval("SELECT clock_timestamp()")
        # After that instant, and forgotten: one says STOP, and both were asked once more.
        await asyncio.sleep(0.05)
        await trial.says(STOPS, "STOP")
        await trial.ask()
        # It also ends the piece of the log that is being written, and waits for its archiving.
        await asyncio.to_thread(cluster.pgbackrest, "check")
        restored = await asyncio.to_thread(cluster.restore_to, until)
        other_url = await asyncio.to_thread(cluster.start, restored)
        await wait_until(lambda: _is_promoted(other_url))

        async with reopened(trial, other_url) as again:
            asked = {code: len(await trial.texts(code)) for code in (STOPS, GOES_ON)}
            assert await again.count("opt_outs") == 0, "restored past the instant"
            await again.owner_does("UPDATE reminders SET due_at = pro.now() WHERE ended_at IS NULL")
            for _ in range(3):
                await work(again)
            assert {code: len(await trial.texts(code)) for code in asked} == asked
            owner = await connect(other_url, role="pro_owner", actor=ACTOR)
            try:
                await keeping.hold_recovered(owner, until, ACTOR)
            finally:
                await owner.close()
            lines = read_journal(journal, until - keeping.OVERLAP).lines
            done = await keeping.replay(hands_of(again), lines)
            assert (STOPS, "opted out") in {(one.code, one.words.split(":")[0]) for one in done}
            await keeping.release(again.operator, "cli:dr wang", "both were called")
            for _ in range(40):
                await again.move(timedelta(hours=12))
                await work(again)
            after = {code: len(await trial.texts(code)) for code in asked}
            assert after[STOPS] == asked[STOPS]
            assert after[GOES_ON] > asked[GOES_ON]
            assert await trial.provider.doubles() == 0


async def _is_promoted(url: str) -> bool:
    """Whether the server has reached its instant and takes writes."""
    connection = await connect(url, role=None, actor=ACTOR)
    try:
        return not await connection.fetchval("SELECT pg_is_in_recovery()")
    finally:
        await connection.close()
