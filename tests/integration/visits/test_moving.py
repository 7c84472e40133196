"""Participants move to another protocol version: previewed, in their turn, traceable."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.facts import EventKind, Status
from pro_service.services.visits.moving import (
    Move,
    Moved,
    MoveRefusedError,
    move_participant,
    move_participants,
)
from pro_service.store.connection import Connection, Guard, StaleRevisionError
from tests.support.record.words import spoken
from tests.support.study import ACTOR, Trial, open_trial, row
from tests.support.versions import EXAMPLE, store_version, visit_text, with_visit

WIDER = with_visit(EXAMPLE, "week_2", window=("days_after = 3", "days_after = 6"))
WITHOUT_MONTH_2 = EXAMPLE.replace(visit_text("month_2"), "")
RETIRED_MONTH_2 = with_visit(
    EXAMPLE, "month_2", id=('id = "month_2"\n', 'id = "month_2"\nretired = true\n')
)
WITH_WEEK_6 = EXAMPLE.replace(
    visit_text("month_2"),
    visit_text("week_2").replace('id = "week_2"', 'id = "week_6"').replace("days = 14", "days = 42")
    + visit_text("month_2"),
)


async def moved(trial: Trial, code: str, version: UUID, *, preview: bool = False) -> Moved:
    return await move_participant(
        trial.who(code), Move(version, ACTOR, "amendment 1", preview=preview)
    )


async def injected(trial: Trial, code: str = "K-001") -> None:
    """Enrolled, and injected a week later."""
    await trial.enrol(row(code))
    await trial.move(timedelta(days=7))
    await trial.happened(code, statuses=[Status.active])


async def dates(trial: Trial, definition: str) -> list[tuple[object, ...]]:
    return await trial.fetch(
        "SELECT schedule_revision, superseded_reason, closes_at - opens_at FROM visits"
        " WHERE definition = $1 AND NOT provisional ORDER BY id",
        definition,
    )


async def test_a_preview_says_what_changes_and_writes_nothing(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        version = await store_version(trial, WIDER)
        before = await trial.fetchval("SELECT max(id) FROM audit_entries")
        found = await moved(trial, "K-001", version, preview=True)
        assert (found.outcome, found.refusals) == ("would move", ())
        (line,) = found.lines
        assert line == (
            "week_2: 2026-01-26, 2026-01-23 to 2026-01-29 -> 2026-01-26, 2026-01-23 to 2026-02-01"
        )
        assert await trial.fetchval("SELECT max(id) FROM audit_entries") == before


async def test_a_move_dates_the_rest_anew_and_says_who_and_why(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        first = (await trial.facts("K-001")).protocol_version_id
        version = await store_version(trial, WIDER)
        assert (await moved(trial, "K-001", version)).outcome == "moved"
        assert (await trial.facts("K-001")).protocol_version_id == version
        (old, new) = await dates(trial, "week_2")
        why = str(old[1])
        assert await spoken(trial.operator, trial.context, why) == "amendment 1"
        assert old[2:] == (timedelta(days=7),)
        assert new[1:] == (None, timedelta(days=10))
        assert int(str(new[0])) == int(str(old[0])) + 1
        assert len(await dates(trial, "month_3")) == 1
        assert await trial.fetch(
            "SELECT protocol_version_id, actor, reason FROM participant_protocols ORDER BY id"
        ) == [(first, ACTOR, "enrolled"), (version, ACTOR, why)]
        assert await trial.fetch(
            "SELECT actor, reason FROM audit_entries WHERE table_name = 'participants'"
            " AND operation = 'UPDATE'"
        ) == [(ACTOR, why)]
        nudges = await trial.fetch(
            "SELECT r.end_reason FROM reminders r JOIN visits v ON v.id = r.visit_id"
            " WHERE v.definition = 'week_2' AND NOT v.provisional ORDER BY r.id"
        )
        assert nudges == [("rescheduled",), (None,)]


async def test_the_same_move_again_changes_nothing(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        version = await store_version(trial, WIDER)
        await moved(trial, "K-001", version)
        before = await trial.fetchval("SELECT max(id) FROM audit_entries")
        assert (await moved(trial, "K-001", version)).outcome == "is there already"
        assert await trial.fetchval("SELECT max(id) FROM audit_entries") == before


async def test_whose_key_was_destroyed_stays_and_the_others_move(
    database_url: str, owner: asyncpg.Connection
) -> None:
    """Why they were moved could not be written down."""
    async with open_trial(database_url) as trial:
        await injected(trial)
        await injected(trial, "K-002")
        version = await store_version(trial, WIDER)
        gone = trial.participants["K-001"]
        await owner.execute("DELETE FROM pro.data_keys WHERE participant_id = $1", gone)
        move = Move(version, ACTOR, "amendment 1")
        people = [gone, trial.participants["K-002"]]
        found = [
            one
            async for one in move_participants(
                trial.operator, trial.context, trial.study_id, people, move
            )
        ]
        assert [(one.code, one.outcome) for one in found] == [
            ("K-001", "refused"),
            ("K-002", "moved"),
        ]
        assert "key was destroyed" in found[0].refusals[0]


async def test_a_visit_begun_keeps_its_dates_and_what_it_asks(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        await trial.move(timedelta(days=14))
        await trial.remind()
        await trial.provider.drain()
        await trial.says("K-001", "4")
        version = await store_version(trial, WIDER)
        busy = await moved(trial, "K-001", version)
        assert busy.outcome == "refused"
        assert "is being answered" in busy.refusals[0]
        await trial.move(timedelta(hours=25))
        found = await moved(trial, "K-001", version)
        assert found.outcome == "moved"
        assert "week_2: begun, so it keeps its dates and what it asks" in found.lines
        assert len(await dates(trial, "week_2")) == 1


async def test_visits_are_added_and_dropped(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        added = await moved(trial, "K-001", await store_version(trial, WITH_WEEK_6))
        assert any(line.startswith("week_6: added (2026-02-23") for line in added.lines)
        assert "asks womac-nrs-3.1 (left_knee)" in added.lines[0]
        dropped = await moved(trial, "K-001", await store_version(trial, WITHOUT_MONTH_2))
        assert {line.split(" (")[0] for line in dropped.lines} == {
            "month_2: dropped",
            "week_6: dropped",
        }
        assert "month_2" not in {one.definition for one in (await trial.facts("K-001")).visits}


async def test_what_is_over_stays_and_what_would_be_over_is_not_made(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        await trial.move(timedelta(days=75))
        before = {one.id for one in (await trial.facts("K-001")).visits}
        found = await moved(trial, "K-001", await store_version(trial, WITH_WEEK_6))
        assert (found.outcome, found.lines) == ("moved", ())
        assert {one.id for one in (await trial.facts("K-001")).visits} == before
        refused = await moved(trial, "K-001", await store_version(trial, WITHOUT_MONTH_2))
        assert refused.outcome == "refused"
        assert "retired = true" in refused.refusals[0]
        kept = await moved(trial, "K-001", await store_version(trial, RETIRED_MONTH_2))
        assert kept.outcome == "moved"
        assert {one.id for one in (await trial.facts("K-001")).visits} == before
        report = await trial.report()
        assert report.states[AssessmentState.missed] > 0


async def test_a_retired_visit_is_planned_for_nobody(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        found = await moved(trial, "K-001", await store_version(trial, RETIRED_MONTH_2))
        assert [line.split(" (")[0] for line in found.lines] == ["month_2: dropped"]


async def test_other_nudging_is_planned_anew(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        later = EXAMPLE.replace('nudge_at = "18:30"\nquiet', 'nudge_at = "19:30"\nquiet')
        found = await moved(trial, "K-001", await store_version(trial, later))
        assert found.outcome == "moved"
        assert "week_2: nudged anew" in found.lines
        due = await trial.fetchval(
            "SELECT r.due_at FROM reminders r JOIN visits v ON v.id = r.visit_id"
            " WHERE v.definition = 'week_2' AND r.ended_at IS NULL"
        )
        assert due.hour == 11  # 19:30 in Shanghai
        assert due.minute == 30


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (EXAMPLE.replace("early_termination = 1\n", "early_termination = 2\n"), None),
        (EXAMPLE.replace('languages = ["en", "zh_CN"]', 'languages = ["zh_CN"]'), "language, en"),
    ],
)
async def test_a_version_that_cannot_hold_the_participant_is_refused(
    database_url: str, text: str, said: str | None
) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        found = await moved(trial, "K-001", await store_version(trial, text))
        if said is None:
            assert found.outcome == "moved"
        else:
            assert found.outcome == "refused"
            assert said in found.refusals[0]


async def test_nobody_is_moved_after_a_death(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        version = await store_version(trial, WIDER)
        await trial.happened("K-001", EventKind.death, statuses=[Status.died])
        found = await moved(trial, "K-001", version)
        assert "No visit is planned any more (died)" in found.refusals[0]


async def test_the_refused_are_named_and_the_others_move(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002"), row("K-003"))
        version = await store_version(trial, WIDER)
        await trial.happened("K-002", EventKind.death, statuses=[Status.died])
        everybody = [trial.participants[code] for code in ("K-001", "K-002", "K-003")]
        move = Move(version, ACTOR, "amendment 1")
        found = [
            one
            async for one in move_participants(
                trial.operator, trial.context, trial.study_id, everybody, move
            )
        ]
        assert [(one.code, one.outcome) for one in found] == [
            ("K-001", "moved"),
            ("K-002", "refused"),
            ("K-003", "moved"),
        ]
        nobody = move_participants(
            trial.operator, trial.context, trial.study_id, everybody, Move(version, ACTOR, " ")
        )
        with pytest.raises(MoveRefusedError):
            await anext(nobody)


async def test_a_move_decided_from_old_facts_is_decided_anew(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pro_service.store.visits import schedule

    async with open_trial(database_url) as trial:
        await injected(trial)
        version = await store_version(trial, WIDER)
        write, refused = schedule.write_schedule, 0

        async def once_stale(
            connection: Connection, guard: Guard, document: schedule.ScheduleWrite
        ) -> None:
            nonlocal refused
            if not refused:
                refused += 1
                raise StaleRevisionError
            await write(connection, guard, document)

        monkeypatch.setattr(schedule, "write_schedule", once_stale)
        assert (await moved(trial, "K-001", version)).outcome == "moved"
        assert await trial.count("participant_protocols") == 2
