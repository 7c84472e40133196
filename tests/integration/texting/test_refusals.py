"""What follows a provider's lasting refusal, whose turn it is, and a worker that came too late."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any, Final, TypeAlias

import asyncpg
import pytest

from pro_service.messaging.gateway import Accepted, OutboundText
from pro_service.services import rounds
from pro_service.services.study import senders
from pro_service.services.study.sites import UnknownNameError
from pro_service.services.texting import delivery
from pro_service.services.texting.reminders import remind
from pro_service.store.texting import sending
from tests.support.study import ACTOR, SENDER
from tests.support.twilio.trial import TwilioTrial, open_twilio_trial

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
CLOCK_GRAIN: Final = 0.005
"""Seconds by which a sleep may end before its time: event loops count in milliseconds."""


async def calls(trial: TwilioTrial) -> list[tuple[object, ...]]:
    """Every call task's reason and whether it is open."""
    return await trial.fetch("SELECT reason, closed_at IS NULL FROM pro.call_tasks ORDER BY id")


async def last_reason(trial: TwilioTrial) -> object:
    """Why the last reminder ended."""
    ((reason,),) = await trial.fetch(
        "SELECT end_reason FROM pro.reminders WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, id"
        " DESC LIMIT 1"
    )
    return reason


async def next_nudge(trial: TwilioTrial) -> None:
    """Go to the next nudge and judge it."""
    ((due_at,),) = await trial.fetch("SELECT min(due_at) FROM pro.reminders WHERE ended_at IS NULL")
    await trial.move(due_at - await trial.now())
    await trial.remind()


async def test_a_number_that_told_the_provider_to_stop_is_opted_out_here(
    database_url: str,
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        trial.fake.faults.refused[trial.phones["K-001"]] = (400, 21610)
        await trial.remind()
        assert await trial.states() == [("failed", "opted_out", "21610")]
        assert await trial.fetch("SELECT reason, actor FROM pro.opt_outs") == [
            ("told the provider to stop", "service:worker")
        ]
        await next_nudge(trial)
        assert await last_reason(trial) == "opted_out"
        # Safety does not stop with texts: somebody asks for another way to reach them (R25).
        assert await calls(trial) == [("another_way", True)]


async def test_a_receipt_that_says_opted_out_means_the_same_and_once(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        trial.fake.faults.undelivered[trial.phones["K-001"]] = 21610
        await trial.remind()
        await trial.fake.drain()
        (taken,) = trial.fake.taken
        await trial.fake._callbacks(taken)  # both receipts once more
        assert [state for state, *_ in await trial.states()] == ["undelivered"]
        assert await trial.fetch("SELECT actor FROM pro.opt_outs") == [("provider:twilio",)]


@pytest.mark.parametrize("by_receipt", [False, True])
async def test_a_bad_number_makes_one_call_and_no_further_text_goes(
    database_url: str, by_receipt: bool
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        if by_receipt:
            trial.fake.faults.undelivered[trial.phones["K-001"]] = 30006
        else:
            trial.fake.faults.refused[trial.phones["K-001"]] = (400, 21211)
        await trial.remind()
        await trial.fake.drain()
        assert await calls(trial) == [("bad_number", True)]
        await next_nudge(trial)
        assert await last_reason(trial) == "bad_number"
        assert await calls(trial) == [("bad_number", True)]
        assert len(await trial.states()) == 1


async def test_a_bad_number_is_texted_again_once_staff_has_cleared_it(
    database_url: str, owner: Owner
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        trial.fake.faults.refused[trial.phones["K-001"]] = (400, 21211)
        await trial.remind()
        trial.fake.faults.refused.clear()
        await owner.execute(
            "UPDATE pro.call_tasks SET closed_at = pro.now(), closed_by = 'staff:x',"
            " outcome = 'the number is right again'"
        )
        await next_nudge(trial)
        await trial.fake.drain()
        assert [state for state, *_ in await trial.states()][-1] == "delivered"


async def test_a_held_text_makes_a_call_and_the_next_nudge_goes_as_planned(
    database_url: str,
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        trial.fake.faults.refused[trial.phones["K-001"]] = (403, 21408)
        await trial.remind()
        assert await trial.states() == [("failed", "hold", "21408")]
        assert await calls(trial) == [("text_held", True)]
        trial.fake.faults.refused.clear()
        await next_nudge(trial)
        await trial.fake.drain()  # Its receipts come while the next line is run, or before.
        assert [state for state, *_ in await trial.states()][-1] == "delivered"


async def test_a_second_held_text_makes_no_second_call_while_the_first_is_open(
    database_url: str,
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        trial.fake.faults.refused[trial.phones["K-001"]] = (403, 21408)
        await trial.remind()
        await next_nudge(trial)
        assert [state for state, *_ in await trial.states()] == ["failed", "failed"]
        assert await calls(trial) == [("text_held", True)]


async def test_an_unreachable_phone_changes_nothing_beyond_the_message(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        trial.fake.faults.undelivered[trial.phones["K-001"]] = 30003
        await trial.remind()
        await trial.fake.drain()
        assert [(state, code) for state, _, code in await trial.states()] == [
            ("undelivered", "30003")
        ]
        assert await calls(trial) == []


async def test_one_sender_keeps_its_pace_across_workers(
    database_url: str, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[float] = []
    early: list[float] = []
    claim_turn, loop = sending.claim_turn, asyncio.get_running_loop()

    async def noted_turn(*args: Any, **words: Any) -> timedelta | None:
        wait = await claim_turn(*args, **words)
        assert wait is not None
        turns.append(loop.time() + wait.total_seconds())
        return wait

    async with open_twilio_trial(database_url) as trial:
        send = trial.gateway.send

        async def noted_send(text: OutboundText) -> Accepted:
            # As many turns as calls have come by now: nobody went before theirs.
            early.append(sorted(turns)[len(early)] - loop.time())
            return await send(text)

        monkeypatch.setattr(sending, "claim_turn", noted_turn)
        monkeypatch.setattr(trial.gateway, "send", noted_send)
        await senders.set_pace(trial.operator, trial.study_id, SENDER, 10, actor=ACTOR)
        await trial.due(*(f"K-{n:03}" for n in range(1, 9)))
        began_at = await owner.fetchval("SELECT clock_timestamp()")
        await asyncio.gather(*(trial.remind() for _ in range(3)))  # as three workers would
        free_at = await owner.fetchval("SELECT free_at FROM pro.sender_paces")
        assert len(trial.fake.taken) == len(turns) == 8
        # Eight turns of a tenth of a second, whoever took them and however slowly.
        assert free_at - began_at >= timedelta(seconds=0.8)
        assert max(early) <= CLOCK_GRAIN


async def test_what_would_wait_too_long_for_its_turn_is_queued_and_goes_later(
    database_url: str, owner: Owner
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await senders.set_pace(trial.operator, trial.study_id, SENDER, 50, actor=ACTOR)
        await trial.due("K-001")
        await owner.execute(
            "UPDATE pro.sender_paces SET free_at = clock_timestamp() + interval '1 minute'"
        )
        await trial.remind()
        assert await trial.states() == [("queued", "waits for its sender's turn", None)]
        assert trial.fake.taken == []
        await owner.execute("UPDATE pro.sender_paces SET free_at = clock_timestamp()")
        await owner.execute("UPDATE pro.messages SET retry_at = clock_timestamp()")
        await trial.retry()
        [(state, *_)] = await trial.states()
        assert state in {"accepted", "sent"}  # The provider's own word may have come already.
        assert len(trial.fake.taken) == 1


async def test_a_pace_belongs_to_an_address_of_ours(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await senders.set_pace(trial.operator, trial.study_id, SENDER, 5, actor=ACTOR)
        with pytest.raises(UnknownNameError):
            await senders.set_pace(trial.operator, trial.study_id, "+12025550111", 5, actor=ACTOR)


@pytest.mark.parametrize("left", [timedelta(seconds=1), timedelta(seconds=-1)])
async def test_a_worker_stopped_into_or_past_its_lease_does_not_send(
    database_url: str, owner: Owner, left: timedelta
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        claimed = await remind(
            trial.pools.worker, trial.context, trial.study_id, trial.participants["K-001"]
        )
        assert claimed is not None
        await owner.execute("UPDATE pro.messages SET lease_until = clock_timestamp() + $1", left)
        worker = trial.pools.worker
        state = await delivery.send_claimed(worker, trial.context, claimed)
        assert (state, trial.fake.calls) == ("queued", 0)
        assert await trial.states() == [("queued", "claimed too long ago", None)]


async def test_a_claim_taken_for_ambiguous_meanwhile_stays_so_and_is_not_sent(
    database_url: str, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        worker = trial.pools.worker
        claimed = await remind(worker, trial.context, trial.study_id, trial.participants["K-001"])
        assert claimed is not None

        async def stopped_for_long(*_: object, **__: object) -> timedelta:
            await owner.execute(
                "UPDATE pro.messages SET lease_until = clock_timestamp() - interval '1 second'"
            )
            await rounds.sweep_round(worker, trial.context)
            return timedelta(seconds=0.5)

        monkeypatch.setattr(sending, "claim_turn", stopped_for_long)
        monkeypatch.setattr(delivery, "CALL_BOUND_SECONDS", 29.9)
        state = await delivery.send_claimed(worker, trial.context, claimed)
        assert (state, trial.fake.calls) == ("ambiguous", 0)


async def test_a_text_that_could_only_arrive_at_night_is_not_handed_over(
    database_url: str,
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        claimed = await remind(
            trial.pools.worker, trial.context, trial.study_id, trial.participants["K-001"]
        )
        assert claimed is not None
        await trial.move(timedelta(hours=2))  # 20:30, when quiet hours begin
        await delivery.send_claimed(trial.pools.worker, trial.context, claimed)
        assert await trial.states() == [("queued", "too late to send now", None)]
        assert Counter(trial.fake.taken) == Counter()
