"""An urgent alert nobody looks at becomes a call task; one that was seen does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from pro_service.services import rounds
from tests.support.study import Trial, open_trial, row

CALLS = (
    "SELECT visit_id, closed_at IS NULL FROM call_tasks WHERE reason = 'alert_unseen' ORDER BY id"
)


@asynccontextmanager
async def alarmed(url: str, *, hours: int | None = 4) -> AsyncIterator[Trial]:
    """K-001 reported a warning sign on the day after the injection; K-002 did not."""
    async with open_trial(url) as trial:
        await trial.owner_does("ALTER TABLE pro.protocol_versions DISABLE TRIGGER insert_only")
        await trial.owner_does(
            "UPDATE pro.protocol_versions SET document ="
            " jsonb_set(document, '{safety,escalate_after_hours}',"
            " coalesce($1::text, 'null')::jsonb)",
            None if hours is None else str(hours),
        )
        await trial.enrol(row("K-001"), row("K-002"))
        await trial.move(timedelta(days=7))
        for code in ("K-001", "K-002"):
            await trial.happened(code)
        await trial.ask()
        await trial.says("K-001", "my knee is hot and swollen")
        await trial.says("K-001", "yes")
        await trial.says("K-001", "1")
        await trial.says("K-002", "0")
        assert await trial.count("alerts", "severity = 'urgent' AND seen_at IS NULL") >= 1
        yield trial


async def calls(trial: Trial) -> list[tuple[object, ...]]:
    """One round; the calls about alerts since."""
    await rounds.call_round(trial.pools.worker, trial.context)
    return await trial.fetch(CALLS)


async def test_an_urgent_alert_unseen_for_the_configured_time_makes_one_call(
    database_url: str,
) -> None:
    async with alarmed(database_url) as trial:
        assert await calls(trial) == []
        await trial.move(timedelta(hours=4))
        assert await calls(trial) == [(None, True)]
        await trial.move(timedelta(hours=9))
        assert await calls(trial) == [(None, True)]


async def test_an_alert_seen_in_time_makes_no_call(database_url: str) -> None:
    async with alarmed(database_url) as trial:
        await trial.owner_does("UPDATE pro.alerts SET seen_at = pro.now(), seen_by = 'staff'")
        await trial.move(timedelta(days=1))
        assert await calls(trial) == []


async def test_a_call_that_was_closed_is_not_made_again_for_the_same_alert(
    database_url: str,
) -> None:
    async with alarmed(database_url) as trial:
        await trial.move(timedelta(hours=4))
        assert len(await calls(trial)) == 1
        await trial.owner_does(
            "UPDATE pro.call_tasks SET closed_at = pro.now(), closed_by = 'staff',"
            " outcome = 'reached' WHERE reason = 'alert_unseen'"
        )
        await trial.move(timedelta(days=1))
        assert await calls(trial) == [(None, False)]


async def test_without_a_configured_time_no_alert_escalates(database_url: str) -> None:
    async with alarmed(database_url, hours=None) as trial:
        await trial.move(timedelta(days=2))
        assert await calls(trial) == []
