"""Events move visits: answered ones keep their dates, the rest are superseded with who and why."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from pro_service.domain.study.events import EventRefusedError, NewEvent
from pro_service.domain.study.facts import EventKind, Status
from pro_service.services.visits.events import record_event
from pro_service.store.pools import connect
from tests.support.study import ACTOR, Trial, open_trial, row


async def visits(trial: Trial, definition: str) -> list[tuple[object, ...]]:
    """Revision, target, provisional, superseded and why, of every row of a visit."""
    return await trial.fetch(
        "SELECT schedule_revision, target_on, provisional, superseded_at IS NOT NULL,"
        " superseded_reason FROM visits WHERE definition = $1 ORDER BY schedule_revision",
        definition,
    )


async def test_the_injection_dates_provisional_visits_anew(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        assert await visits(trial, "week_2") == [(1, date(2026, 1, 26), True, False, None)]
        await trial.move(datetime(2026, 1, 14, 3, tzinfo=UTC))
        await trial.happened("K-001", statuses=[Status.active])
        assert await visits(trial, "week_2") == [
            (1, date(2026, 1, 26), True, True, "told by the site"),
            (2, date(2026, 1, 28), False, False, None),
        ]
        audited = await trial.fetch(
            "SELECT DISTINCT actor FROM audit_entries WHERE table_name = 'visits'"
            " AND operation = 'UPDATE'"
        )
        assert audited == [(ACTOR,)]


async def test_a_provisional_visit_is_never_reminded_of(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        planned = await trial.fetch(
            "SELECT DISTINCT v.definition FROM reminders r JOIN visits v ON v.id = r.visit_id"
        )
        assert planned == [("baseline",)]


async def test_an_answered_baseline_keeps_its_dates_and_closes_at_the_injection(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        await trial.says("K-001", "4")
        before = await trial.fetch(
            "SELECT id, opens_at, target_on FROM visits WHERE definition = 'baseline'"
        )
        await trial.move(datetime(2026, 1, 14, 3, 17, tzinfo=UTC))
        await trial.happened("K-001", statuses=[Status.active])
        happened_at = await trial.fetchval(
            "SELECT occurred_at FROM events WHERE kind = 'injection' AND occurred_at IS NOT NULL"
        )
        after = await trial.fetch(
            "SELECT id, opens_at, target_on, closes_at, superseded_at FROM visits"
            " WHERE definition = 'baseline'"
        )
        assert after == [(*before[0], happened_at, None)]


async def test_an_untouched_baseline_closes_at_the_injection_too(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.move(timedelta(days=4))
        await trial.happened("K-001", statuses=[Status.active])
        facts = await trial.facts("K-001")
        baseline = next(one for one in facts.visits if one.definition == "baseline")
        assert baseline.closes_at is not None
        assert baseline.closes_at <= facts.now


async def test_a_slipped_injection_moves_what_hangs_on_it(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        first = await trial.fetchval("SELECT due_at FROM reminders WHERE ended_at IS NULL")
        change = await trial.happened("K-001", planned_on=date(2026, 2, 2))
        assert change.rescheduling.superseded
        assert (await visits(trial, "baseline"))[-1][1] == date(2026, 1, 30)
        assert await trial.fetch("SELECT end_reason FROM reminders WHERE ended_at IS NOT NULL") == [
            ("rescheduled",)
        ]
        moved = await trial.fetchval("SELECT due_at FROM reminders WHERE ended_at IS NULL")
        assert moved - first == timedelta(days=21)


async def test_a_preview_writes_nothing(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        before = await trial.fetchval("SELECT max(id) FROM audit_entries")
        revision = (await trial.facts("K-001")).revision
        event = NewEvent(EventKind.injection, occurred_at=await trial.now())
        change = await trial.preview("K-001", event)
        assert change.rescheduling.created
        assert await trial.fetchval("SELECT max(id) FROM audit_entries") == before
        assert (await trial.facts("K-001")).revision == revision


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (NewEvent(EventKind.injection, ordinal=2, planned_on=date(2026, 2, 1)), "no event"),
        (NewEvent(EventKind.injection, occurred_at=datetime(2027, 1, 1, tzinfo=UTC)), "future"),
        (NewEvent(EventKind.injection), "a day it is planned for"),
    ],
)
async def test_an_event_that_cannot_be_is_refused(
    database_url: str, event: NewEvent, said: str
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        with pytest.raises(EventRefusedError, match=said):
            await trial.preview("K-001", event)


async def test_the_same_event_again_moves_nothing(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        at = await trial.now()
        await trial.happened("K-001", at=at)
        again = await trial.happened("K-001", at=at)
        moves = again.rescheduling
        assert (moves.superseded, moves.created, moves.reclosed) == ((), (), ())


async def test_both_treated_knees_are_asked_apart(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001", treated_knees="both"))
        asked = await trial.fetch(
            "SELECT a.instrument, a.target FROM assessments a JOIN visits v ON v.id = a.visit_id"
            " WHERE v.definition = 'baseline' ORDER BY 1, 2"
        )
        assert asked == [
            ("pain-nrs", "left_knee"),
            ("pain-nrs", "right_knee"),
            ("pga", "person"),
            ("womac-nrs-3.1", "left_knee"),
            ("womac-nrs-3.1", "right_knee"),
        ]


async def test_a_change_decided_from_old_facts_is_decided_anew(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        at = await trial.now()
        other = await connect(database_url, role="pro_operator", actor="cli:other")
        try:
            await asyncio.gather(
                *(
                    record_event(
                        trial.who("K-001")._replace(connection=connection),
                        NewEvent(EventKind.injection, occurred_at=at),
                        actor=ACTOR,
                        reason="both at once",
                    )
                    for connection in (trial.operator, other)
                )
            )
        finally:
            await other.close()
        present = await trial.fetch(
            "SELECT definition, count(*) FROM visits WHERE superseded_at IS NULL"
            " GROUP BY definition HAVING count(*) > 1"
        )
        assert present == []


async def test_an_injection_that_happened_is_not_planned_away(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.move(timedelta(days=4))
        await trial.happened("K-001", statuses=[Status.active])
        with pytest.raises(EventRefusedError, match="has happened already"):
            await trial.happened("K-001", planned_on=date(2026, 2, 2))
        assert not any(
            visit.provisional
            for visit in (await trial.facts("K-001")).visits
            if visit.definition == "week_2"
        )
