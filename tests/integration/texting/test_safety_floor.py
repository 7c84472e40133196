"""The safety floor (R1) in the rounds of work: what stops texts becomes a call the same day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pro_service.domain.delivery.channels import ChannelRules
from pro_service.domain.study.facts import Status
from pro_service.services import rounds
from tests.support.study import Trial, open_trial, row

NO_ANSWER = (
    "UPDATE pro.call_tasks SET closed_at = pro.now(), closed_by = 'staff:wu', outcome = $1"
    " WHERE closed_at IS NULL"
)


async def safety_calls(trial: Trial) -> list[tuple[str, str, bool]]:
    """One round of looking; the calls about safety visits since: visit, reason, still open."""
    await rounds.call_round(trial.pools.worker, trial.context)
    found = await trial.fetch(
        "SELECT v.definition, k.reason, k.closed_at IS NULL FROM pro.call_tasks AS k"
        " JOIN pro.visits AS v ON v.id = k.visit_id WHERE v.definition LIKE 'safety%' ORDER BY k.id"
    )
    return [(definition, reason, still_open) for definition, reason, still_open in found]


async def injected(trial: Trial, **cells: str) -> None:
    """K-001, injected today, the Monday the trial begins; nothing asked about safety yet."""
    await trial.enrol(row("K-001", **cells))
    await trial.happened("K-001", statuses=[Status.active])


async def to_evening(trial: Trial, day: int, hour: int = 19) -> None:
    """Go to an hour of a day after the injection (Beijing), sending what is due on the way."""
    until = datetime(2026, 1, 5 + day, hour - 8, tzinfo=UTC)
    while True:
        due_at = await trial.fetchval("SELECT min(due_at) FROM reminders WHERE ended_at IS NULL")
        if due_at is None or due_at > until:
            break
        await trial.move(max(due_at, await trial.now()))
        await trial.remind()
        await trial.provider.drain()
    await trial.move(until)


@pytest.mark.parametrize(
    "status",
    [
        Status.paused,
        Status.stopped_questionnaires,
        Status.lost,
        Status.withdrew_data_use,
        Status.completed,
    ],
)
async def test_no_status_but_two_stops_the_call_about_a_safety_day(
    database_url: str, status: Status
) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        await trial.status("K-001", status)
        await to_evening(trial, 1, 18)
        assert await safety_calls(trial) == []
        await to_evening(trial, 1)
        assert await safety_calls(trial) == [("safety_1", "safety_unanswered", True)]
        assert await trial.texts("K-001") == []


@pytest.mark.parametrize("status", [Status.died, Status.withdrew_follow_up])
async def test_death_and_withdrawal_from_follow_up_end_it(
    database_url: str, status: Status
) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        await to_evening(trial, 1)
        assert await safety_calls(trial) == [("safety_1", "safety_unanswered", True)]
        await trial.status("K-001", status)
        assert await safety_calls(trial) == [("safety_1", "safety_unanswered", False)]
        await to_evening(trial, 3)
        assert len(await safety_calls(trial)) == 1


async def test_a_status_that_stops_asking_leaves_the_open_call_of_a_safety_day(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        await to_evening(trial, 1)
        assert await safety_calls(trial) == [("safety_1", "safety_unanswered", True)]
        await trial.status("K-001", Status.stopped_questionnaires)
        assert await safety_calls(trial) == [("safety_1", "safety_unanswered", True)]


async def test_stop_by_text_leaves_the_call(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        await trial.says("K-001", "STOP")
        await to_evening(trial, 1)
        assert await safety_calls(trial) == [("safety_1", "safety_unanswered", True)]


async def test_whoever_did_not_agree_to_texts_is_called(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial, messaging_consent="no")
        await to_evening(trial, 1)
        assert await safety_calls(trial) == [("safety_1", "safety_unanswered", True)]


@pytest.mark.parametrize(
    "what",
    [
        "UPDATE pro.contact_points SET wrong_at = pro.now()",
        "UPDATE pro.contact_points SET valid_to = pro.now()",
        "UPDATE pro.contact_points SET must_confirm = true",
    ],
)
async def test_a_number_that_is_wrong_gone_or_not_confirmed_is_a_call(
    database_url: str, what: str
) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        await trial.owner_does(f"SELECT set_config('pro.reason', 'told so', false); {what}")
        await to_evening(trial, 1)
        assert await trial.texts("K-001") == []
        assert await safety_calls(trial) == [("safety_1", "safety_unanswered", True)]


async def test_where_no_rule_lets_a_text_go_the_call_comes_with_the_reminder(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        trial.context.channels = ChannelRules()
        await injected(trial, phone="+8613800138000")
        await to_evening(trial, 1, 10)
        assert await safety_calls(trial) == [("safety_1", "no_channel", True)]
        await to_evening(trial, 1)
        assert await safety_calls(trial) == [("safety_1", "no_channel", True)]


@pytest.mark.parametrize("status", [Status.lost, Status.stopped_questionnaires])
async def test_who_stopped_before_the_injection_is_followed_up_after_it(
    database_url: str, status: Status
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.status("K-001", status)
        await trial.happened("K-001")
        assert await trial.count("visits", "definition = 'safety_1' AND NOT provisional") == 1
        await to_evening(trial, 1)
        assert await safety_calls(trial) == [("safety_1", "safety_unanswered", True)]


async def test_a_call_that_reached_nobody_comes_again_and_one_that_did_not_more(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        await trial.status("K-001", Status.paused)
        await to_evening(trial, 1)
        assert len(await safety_calls(trial)) == 1
        await trial.owner_does(NO_ANSWER, "no_answer: note:none")
        assert len(await safety_calls(trial)) == 1
        # Found although the window of day 1 closed more than a day ago.
        await to_evening(trial, 3, 9)
        assert (await safety_calls(trial))[1:] == [("safety_1", "safety_unanswered", True)]
        await trial.owner_does(NO_ANSWER, "reached: note:none")
        await to_evening(trial, 3, 18)
        assert len(await safety_calls(trial)) == 2
        await to_evening(trial, 3)
        assert (await safety_calls(trial))[2:] == [("safety_3", "safety_unanswered", True)]


async def test_an_open_safety_call_stays_on_the_list_while_its_days_run(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await injected(trial)
        await trial.status("K-001", Status.paused)
        await to_evening(trial, 1)
        assert len(await safety_calls(trial)) == 1
        await to_evening(trial, 3)
        await rounds.closing_round(trial.pools.worker, trial.context)
        assert await safety_calls(trial) == [
            ("safety_1", "safety_unanswered", True),
            ("safety_3", "safety_unanswered", True),
        ]
        await trial.move(timedelta(days=20))
        await rounds.closing_round(trial.pools.worker, trial.context)
        assert await trial.count("call_tasks", "closed_at IS NULL AND visit_id IS NOT NULL") == 0


async def test_safety_is_called_for_on_a_sunday(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.move(timedelta(days=5))
        await trial.happened("K-001", statuses=[Status.paused])
        await to_evening(trial, 6)
        assert (await trial.now()).isoweekday() == 7
        assert await safety_calls(trial) == [("safety_1", "safety_unanswered", True)]
