"""Events bring their status and their schedule with them, whoever records them."""

from __future__ import annotations

from datetime import timedelta

from pro_service.domain.study.events import NewEvent
from pro_service.domain.study.facts import EventKind, Status
from pro_service.domain.study.statuses import standing
from pro_service.services.visits.events import preview_event, record_event
from tests.support.record.words import spoken
from tests.support.study import ACTOR, Trial, open_trial, row


async def status(trial: Trial) -> Status | None:
    """Where the participant stands now."""
    facts = await trial.facts("K-001")
    return standing(facts.statuses, facts.now, facts.events).status


async def test_an_injection_makes_active_and_a_death_ends_everything(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        assert await status(trial) is Status.screened
        injected = NewEvent(EventKind.injection, occurred_at=await trial.now())
        await record_event(trial.who("K-001"), injected, actor=ACTOR, reason="injected")
        assert await status(trial) is Status.active
        assert await trial.count("visits", "NOT provisional AND superseded_at IS NULL") > 1
        await trial.move(timedelta(days=2))
        died = NewEvent(EventKind.death, occurred_at=await trial.now())
        await record_event(trial.who("K-001"), died, actor=ACTOR, reason="reported")
        rows = await trial.fetch(
            "SELECT status, actor, reason FROM statuses WHERE reason IS NOT NULL ORDER BY id"
        )
        assert [row[:2] for row in rows] == [("active", ACTOR), ("died", ACTOR)]
        said = [await spoken(trial.operator, trial.context, row[2]) for row in rows]
        assert said == ["injected", "reported"]


async def test_a_preview_says_what_moves_and_writes_nothing(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        facts = await trial.facts("K-001")
        event = NewEvent(EventKind.injection, occurred_at=facts.now)
        change = await preview_event(trial.who("K-001"), facts, event, actor=ACTOR)
        assert [one.status for one in change.document.statuses] == [Status.active]
        assert change.rescheduling.superseded
        assert (await trial.facts("K-001")).revision == facts.revision
