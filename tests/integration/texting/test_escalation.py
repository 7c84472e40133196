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


ABOUT_ALERTS = (
    "SELECT reason, closed_at IS NULL FROM call_tasks WHERE reason LIKE 'alert%' ORDER BY id"
)


async def about_alerts(trial: Trial) -> list[tuple[object, ...]]:
    """One round; all calls about alerts since."""
    await rounds.call_round(trial.pools.worker, trial.context)
    return await trial.fetch(ABOUT_ALERTS)


async def test_an_alert_that_was_seen_goes_on_asking_until_it_is_assessed(
    database_url: str,
) -> None:
    async with alarmed(database_url) as trial:
        await trial.owner_does("UPDATE pro.alerts SET seen_at = pro.now(), seen_by = 'staff'")
        assert await about_alerts(trial) == []
        await trial.move(timedelta(hours=4))
        assert await about_alerts(trial) == [("alert_unassessed", True)]
        await trial.move(timedelta(hours=9))
        assert await about_alerts(trial) == [("alert_unassessed", True)]
        await trial.owner_does(
            "UPDATE pro.call_tasks SET closed_at = pro.now(), closed_by = 'staff',"
            " outcome = 'reached' WHERE reason = 'alert_unassessed'"
        )
        assert await about_alerts(trial) == [("alert_unassessed", False)]
        await trial.move(timedelta(hours=4))
        assert [still for _, still in await about_alerts(trial)] == [False, True]
        await trial.owner_does(
            "UPDATE pro.call_tasks SET closed_at = pro.now(), closed_by = 'staff', outcome = 'x'"
            " WHERE closed_at IS NULL AND reason = 'alert_unassessed'"
        )
        await trial.owner_does(
            "INSERT INTO pro.alert_assessments (study_id, id, participant_id, alert_id, verdict,"
            " told, assessed_at, actor) SELECT study_id, gen_random_uuid(), participant_id, id,"
            " 'no_ae', 'note:' || gen_random_uuid(), pro.now(), 'staff:ivo' FROM pro.alerts"
        )
        await trial.move(timedelta(days=3))
        assert len(await about_alerts(trial)) == 2


async def test_a_stay_in_hospital_asks_for_its_assessment_at_once(database_url: str) -> None:
    """R9: a serious event is assessed at once; a protocol without hours changes nothing in that."""
    async with alarmed(database_url, hours=None) as trial:
        await trial.owner_does(
            "UPDATE pro.alerts SET rule = 'hospital_reported' WHERE id = (SELECT id FROM pro.alerts"
            " WHERE severity = 'urgent' LIMIT 1)"
        )
        assert await about_alerts(trial) == [("alert_unassessed", True)]
        await trial.owner_does(
            "UPDATE pro.call_tasks SET closed_at = pro.now(), closed_by = 'staff', outcome = 'x'"
        )
        assert await about_alerts(trial) == [("alert_unassessed", False)]
