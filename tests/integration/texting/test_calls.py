"""Call tasks: who fell silent, once for each reason, ended by an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pro_service.domain.study.facts import Status
from pro_service.services import rounds
from tests.support.study import Trial, open_trial, row


async def call(trial: Trial) -> int:
    """One round of looking for silence."""
    return await rounds.call_round(trial.pools.worker, trial.context)


async def reasons(trial: Trial) -> list[tuple[str, str, bool]]:
    """Visit, reason and whether still open, of every call task."""
    found = await trial.fetch(
        "SELECT v.definition, k.reason, k.closed_at IS NULL FROM call_tasks k"
        " JOIN visits v ON v.id = k.visit_id ORDER BY k.id"
    )
    return [(definition, reason, still_open) for definition, reason, still_open in found]


async def test_two_unanswered_nudges_make_one_call(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.happened("K-001", statuses=[Status.active])
        await trial.move(datetime(2026, 7, 1, 2, tzinfo=UTC))
        while await trial.remind():
            pass
        await trial.ask()
        await trial.ask()
        assert len(await trial.texts("K-001")) == 2
        assert await call(trial) == 0
        await trial.move(timedelta(hours=25))
        assert await call(trial) == 1
        assert await call(trial) == 0
        assert await reasons(trial) == [("month_6", "nudges_unanswered", True)]


async def test_few_working_days_left_make_a_call(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.move(datetime(2026, 1, 7, 2, tzinfo=UTC))
        assert await call(trial) == 0
        await trial.move(datetime(2026, 1, 8, 2, tzinfo=UTC))
        assert await call(trial) == 1
        assert await reasons(trial) == [("baseline", "closing_soon", True)]


async def test_a_silent_safety_visit_is_a_call_the_same_evening(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.happened("K-001", statuses=[Status.active])
        await trial.ask()
        assert await call(trial) == 0
        await trial.move(timedelta(hours=9))
        assert await call(trial) == 1
        assert await reasons(trial) == [("safety_1", "safety_unanswered", True)]


async def test_answering_closes_the_call_in_the_same_write(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.happened("K-001", statuses=[Status.active])
        await trial.ask()
        await trial.move(timedelta(hours=9))
        await call(trial)
        for _ in range(12):
            await trial.says("K-001", "0")
        assert ("safety_1", "safety_unanswered", False) in await reasons(trial)
        assert await trial.fetch("SELECT closed_by, outcome FROM call_tasks") == [
            ("service", "answered")
        ]


async def test_nobody_who_withdrew_is_called(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.happened("K-001", statuses=[Status.active])
        await trial.ask()
        await trial.status("K-001", Status.withdrew_follow_up)
        await trial.move(timedelta(hours=9))
        assert await call(trial) == 0
        assert await reasons(trial) == []


async def test_two_workers_at_once_make_one_call(database_url: str) -> None:
    import asyncio

    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.happened("K-001", statuses=[Status.active])
        await trial.ask()
        await trial.move(timedelta(hours=9))
        made = await asyncio.gather(*(call(trial) for _ in range(4)))
        assert sum(made) == 1
        assert len(await reasons(trial)) == 1


async def test_a_call_leaves_the_list_a_day_after_its_window_closed(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.happened("K-001", statuses=[Status.active])
        await trial.ask()
        await trial.move(timedelta(hours=9))
        assert await call(trial) == 1
        closes_at = await trial.fetchval("SELECT closes_at FROM call_tasks")
        await trial.move(closes_at + timedelta(hours=23))
        await rounds.closing_round(trial.pools.worker, trial.context)
        assert await trial.count("call_tasks", "closed_at IS NULL") == 1
        await trial.move(closes_at + timedelta(hours=25))
        await rounds.closing_round(trial.pools.worker, trial.context)
        assert await trial.fetch("SELECT closed_by, outcome FROM call_tasks") == [
            ("service", "window closed")
        ]
