"""A death at the desk: reported without its day, refused where it cannot be, taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import aiohttp
import pytest

from pro_service.domain.study.facts import EventKind, Status
from pro_service.domain.study.statuses import standing
from pro_service.services import rounds
from pro_service.services.visits.enrolment_rows import EnrolmentRefusedError, check_rows
from pro_service.store.journal import journal_lines
from pro_service.store.visits.schedule import ScheduleWrite
from pro_service.store.writes import EventRow
from tests.integration.desk.calls.test_call_outcomes import close, make_call
from tests.integration.desk.person.sheets import PAGE, confirm, do, fill, problem, said
from tests.support.desk import page
from tests.support.study import Trial, row

DIED = {
    "event": "death:1",
    "said": "happened",
    "day": "2026-01-05",
    "at": "09:30",
    "reason": "Her daughter rang",
}
STRUCK = {"event": "death:1", "said": "struck", "reason": "It was K-002 who died"}
REPORTED = "A death was reported on"
TASK = "The day of death is missing"


async def stands(trial: Trial) -> Status | None:
    """Where K-001 stands now."""
    facts = await trial.facts("K-001")
    return standing(facts.statuses, facts.now, facts.events).status


async def test_a_reported_death_is_said_wherever_somebody_may_ring_until_its_day_is_recorded(
    trial: Trial, desk: aiohttp.ClientSession, investigator: aiohttp.ClientSession
) -> None:
    """The family was rung again the next day, and neither call, list nor head said a word of it."""
    await trial.happened("K-001", statuses=[Status.active])
    await make_call(trial, "nudges_unanswered")
    assert (await close(desk, "died"))[0] == 200
    await trial.owner_does("UPDATE pro.alerts SET acted_at = pro.now(), acted_by = 'test'")
    await trial.move(timedelta(days=1, hours=10))
    await rounds.call_round(trial.pools.worker, trial.context)
    assert await trial.count("call_tasks", "reason LIKE 'safety%' AND closed_at IS NULL") > 0
    call = await trial.fetchval("SELECT id FROM call_tasks WHERE closed_at IS NULL LIMIT 1")
    for path in (f"/desk/calls/{call}", "/desk/calls/print", PAGE):
        assert REPORTED in (await page(desk, path))[1], path
    html = (await page(desk, "/desk"))[1]
    assert TASK in html
    assert f'href="{PAGE}/event?event=death:1&amp;said=happened"' in html
    await do(desk, "event", **DIED)
    for path in (PAGE, "/desk/calls/print", "/desk"):
        html = (await page(desk, path))[1]
        assert REPORTED not in html, path
        assert TASK not in html, path


async def test_a_death_reported_in_error_is_told_no_more(
    trial: Trial, desk: aiohttp.ClientSession, investigator: aiohttp.ClientSession
) -> None:
    await make_call(trial, "nudges_unanswered")
    await close(desk, "died")
    await do(investigator, "event", **STRUCK)
    assert REPORTED not in (await page(desk, PAGE))[1]
    assert TASK not in (await page(desk, "/desk"))[1]
    # Told again it is another report, with an alert of its own.
    await make_call(trial, "bad_number")
    await close(desk, "died")
    assert await trial.count("alerts", "rule = 'death_reported'") == 2
    assert TASK in (await page(desk, "/desk"))[1]


async def test_a_death_recorded_of_the_wrong_person_is_taken_back_by_an_investigator(
    trial: Trial, desk: aiohttp.ClientSession, investigator: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", statuses=[Status.active])
    await do(desk, "event", **DIED)
    assert await stands(trial) is Status.died
    assert (await fill(desk, "event", **STRUCK))[0] == 403
    status, html = await fill(investigator, "event", **STRUCK)
    assert (status, "it did not happen" in html) == (200, True)
    assert "The participant is then: active." in html
    status, html = await confirm(investigator, html, "event")
    assert (status, "is recorded" in said(html)) == (200, True)
    assert await stands(trial) is Status.active
    # Both words are kept, and safety follow-up goes on as before.
    assert await trial.count("events", "kind = 'death'") == 2
    await trial.move(timedelta(days=1, hours=10))
    await rounds.call_round(trial.pools.worker, trial.context)
    assert await trial.count("call_tasks", "reason LIKE 'safety%' AND closed_at IS NULL") > 0
    assert "recorded in error" in (await page(desk, PAGE))[1]
    status, html = await fill(investigator, "event", **STRUCK)
    assert (status, "no death here to take back" in problem(html)) == (422, True)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("1950-01-01", "was that early"),
        ("0001-01-01", "between 1900 and 2199"),
        ("2025-01-01", "before the day consent"),
    ],
)
async def test_a_call_that_names_a_day_of_death_that_cannot_be_comes_back_as_it_was_typed(
    trial: Trial, desk: aiohttp.ClientSession, day: str, words: str
) -> None:
    await make_call(trial, "nudges_unanswered")
    status, html = await close(desk, "died", day_died=day)
    assert (status, words in html) == (422, True), html
    assert "rang there" in html
    assert f'value="{day}"' in html
    assert await trial.count("call_tasks", "closed_at IS NULL") == 1


async def test_a_death_cannot_be_before_an_injection_and_is_not_planned(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", at=datetime(2026, 1, 5, 1, 30, tzinfo=UTC))
    status, html = await fill(desk, "event", **DIED | {"day": "2026-01-04"})
    assert (status, "before an injection" in problem(html)) == (422, True)
    status, html = await fill(desk, "event", **DIED | {"said": "planned"})
    assert (status, "not planned" in problem(html)) == (422, True)


@pytest.mark.parametrize(
    "before",
    [
        *(Status.withdrew_follow_up, Status.stopped_questionnaires, Status.completed),
        *(Status.paused, Status.withdrew_data_use, Status.died),
    ],
)
async def test_a_corrected_hour_of_the_injection_leaves_everybody_where_they_stand(
    trial: Trial, desk: aiohttp.ClientSession, before: Status
) -> None:
    """Whoever had left became active, and was texted; of the dead it could not be corrected."""
    await trial.happened("K-001", statuses=[Status.active, before])
    corrected = DIED | {"event": "injection:1", "at": "08:05", "reason": "Read from the chart"}
    status, html = await fill(desk, "event", **corrected)
    assert (status, "The participant is then" in html) == (200, False)
    assert (await confirm(desk, html, "event"))[0] == 200
    assert await stands(trial) is before
    facts = await trial.facts("K-001")
    happened = [one.occurred_at for one in facts.events if one.kind is EventKind.injection]
    assert happened == [datetime(2026, 1, 5, 0, 5, tzinfo=UTC)]


@pytest.mark.parametrize("after", ["active", "lost", "completed", "stopped_questionnaires"])
async def test_a_withdrawal_is_lifted_by_an_investigator_alone(
    trial: Trial,
    desk: aiohttp.ClientSession,
    investigator: aiohttp.ClientSession,
    after: str,
) -> None:
    await trial.happened("K-001", statuses=[Status.active, Status.withdrew_follow_up])
    assert f'value="{after}"' not in (await page(desk, f"{PAGE}/status"))[1]
    assert (await fill(desk, "status", status=after, reason="She rang"))[0] == 403
    assert (await do(investigator, "status", status=after, reason="She told me"))[0] == 200
    assert await stands(trial) is Status(after)


async def test_a_call_never_takes_a_withdrawal_back(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    """Heard again by a coordinator it became "stopped questionnaires", with visits and calls."""
    await trial.happened("K-001", statuses=[Status.active, Status.withdrew_follow_up])
    for outcome in ("withdraws_follow_up", "stops_questionnaires", "withdraws_data_use"):
        await make_call(trial, "bad_number")
        assert (await close(desk, outcome))[0] == 200
        assert await stands(trial) is Status.withdrew_follow_up


async def test_a_withdrawal_of_the_data_heard_by_a_coordinator_waits_for_an_investigator(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", statuses=[Status.active])
    await make_call(trial, "bad_number")
    assert (await close(desk, "withdraws_data_use"))[0] == 200
    assert await stands(trial) is Status.stopped_questionnaires
    assert await trial.fetch("SELECT rule FROM alerts") == [("withdrawal_reported",)]


@pytest.mark.parametrize("week", ["9999-12-31", "0001-01-01", "2199-12-31", "1900-01-01"])
async def test_the_log_takes_any_week_that_is_named(desk: aiohttp.ClientSession, week: str) -> None:
    for path in ("/desk/alerts", "/desk/alerts.csv"):
        async with desk.get(path, params={"week": week}) as answer:
            assert answer.status == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_an_event_on_a_day_nobody_means_names_the_field(
    desk: aiohttp.ClientSession, day: str
) -> None:
    for kind in ("happened", "planned"):
        filled = DIED | {"event": "injection:1", "said": kind, "day": day, "at": "00:00"}
        status, html = await fill(desk, "event", **filled)
        assert (status, "between 1900 and 2199" in problem(html)) == (422, True)
        assert DIED["reason"] in html


async def test_nobody_is_enrolled_with_a_day_that_nobody_means(trial: Trial) -> None:
    rows = [(2, row("K-009", planned_injection_on="9999-12-31"))]
    with pytest.raises(EnrolmentRefusedError) as refused:
        await check_rows(
            trial.operator, trial.context, trial.study_id, rows, reason="as it was agreed"
        )
    assert [(one.column, one.why) for one in refused.value.problems] == [
        ("planned_injection_on", "day_range")
    ]


def test_a_restore_is_told_of_a_death_and_of_its_taking_back() -> None:
    died = EventRow(
        id=UUID(int=1),
        kind="death",
        ordinal=1,
        target=None,
        planned_on=None,
        occurred_at=datetime(2026, 1, 5, tzinfo=UTC),
        actor="test",
        reason=None,
    )
    document = ScheduleWrite(reason="test", events=[died, replace(died, occurred_at=None)])
    lines = journal_lines(document, UUID(int=2), UUID(int=3))
    assert [one.kind for one in lines] == ["death", "death_struck"]
