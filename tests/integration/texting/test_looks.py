"""Whoever was looked at is left alone until time or somebody's word may change what was found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from pro_service.domain.study.facts import Status
from pro_service.services import rounds
from pro_service.store.answering.answers import look_at_closings
from pro_service.store.calling.looks import CallLook, list_call_looks, record_call_looks
from tests.support.study import Trial, open_trial, row


async def call(trial: Trial) -> int:
    """One round of looking for silence."""
    return await rounds.call_round(trial.pools.worker, trial.context)


async def looked_for(trial: Trial) -> set[UUID]:
    """Participants due for a look for calls."""
    return {one.participant_id for one in await list_call_looks(trial.pools.worker)}


async def two_nudges(trial: Trial) -> None:
    """K-001 was texted twice about a visit, some hours ago."""
    await trial.enrol(row("K-001"))
    await trial.happened("K-001", statuses=[Status.active])
    await trial.move(datetime(2026, 7, 1, 2, tzinfo=UTC))
    while await trial.remind():
        pass
    await trial.ask()
    await trial.ask()
    assert await call(trial) == 0


async def test_who_was_looked_at_is_due_again_when_time_may_change_it(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await two_nudges(trial)
        assert await looked_for(trial) == set()
        away = "SELECT calls_at - pro.now() < interval '1 day' FROM participant_revisions"
        assert await trial.fetch(away) == [(True,)]
        await trial.move(timedelta(hours=25))
        assert len(await looked_for(trial)) == 1
        assert await call(trial) == 1
        assert await call(trial) == 0


async def test_whatever_is_written_about_somebody_is_looked_at(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await two_nudges(trial)
        for _ in range(2):  # What the first writes about somebody is looked at by the second.
            await rounds.closing_round(trial.pools.worker, trial.context)
        assert await look_at_closings(trial.pools.worker) == []
        await trial.status("K-001", Status.active)
        assert len(await looked_for(trial)) == 1
        assert len(await look_at_closings(trial.pools.worker)) == 1


async def test_texts_that_did_not_arrive_want_a_call_before_a_day_has_passed(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await two_nudges(trial)
        await trial.owner_does("UPDATE pro.messages SET state = 'undelivered'")
        assert len(await looked_for(trial)) == 1
        assert await call(trial) == 1
        assert await trial.fetch("SELECT reason FROM call_tasks") == [("nudges_not_delivered",)]
        assert await call(trial) == 0
        assert await trial.pools.worker.fetchval("SELECT count(*) FROM pro.looks_asked") == 0


async def test_a_look_at_what_has_changed_meanwhile_is_not_noted(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await two_nudges(trial)
        await trial.status("K-001", Status.active)
        seen = (await list_call_looks(trial.pools.worker))[0]
        await trial.status("K-001", Status.paused)
        look = CallLook(seen.study_id, seen.participant_id, seen.revision, None)
        assert await record_call_looks(trial.pools.worker, [look], []) == 0
        assert len(await looked_for(trial)) == 1


async def test_who_is_being_written_about_is_left_for_the_next_round(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await two_nudges(trial)
        await trial.status("K-001", Status.active)
        seen = (await list_call_looks(trial.pools.worker))[0]
        look = CallLook(seen.study_id, seen.participant_id, seen.revision, None)
        async with trial.operator.transaction():
            await trial.operator.execute("UPDATE pro.participant_revisions SET revision = revision")
            assert await record_call_looks(trial.pools.worker, [look], []) == 0
            assert await look_at_closings(trial.pools.worker) == []
        assert await record_call_looks(trial.pools.worker, [look], []) == 1
