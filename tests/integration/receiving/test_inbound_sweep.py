"""A text whose webhook never came is found in the provider's list and taken as if it had."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from pro_service.messaging.gateway import LookupFailedError
from pro_service.services.receiving import sweep as service
from pro_service.services.receiving.sweep import GRACE, sweep_inbound
from pro_service.store.keeping import holds
from tests.support.study import SENDER
from tests.support.twilio.trial import TwilioTrial, open_twilio_trial

SERVICE = "MG" + "c" * 32
LATER = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def no_webhook_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has come to the provider may be looked for at once."""
    monkeypatch.setattr(service, "GRACE", timedelta(0))


async def sweep(trial: TwilioTrial) -> int:
    return await sweep_inbound(trial.pools.provider, trial.context, trial.gateway)


async def lose(trial: TwilioTrial, text: str, ago: timedelta = timedelta(0)) -> None:
    """A text that came to Twilio a while ago or just now and whose webhook was given up."""
    await trial.fake.phone_sends(trial.phones["K-001"], SENDER, text, post=False)
    trial.fake.taken[-1].created_at = datetime.now(UTC) - ago


async def asked_and_lost(trial: TwilioTrial, *texts: str) -> None:
    """A participant who was asked, and whose texts never came by webhook."""
    await trial.due("K-001")
    await trial.remind()
    for text in texts:
        await lose(trial, text)


async def answers(trial: TwilioTrial) -> list[tuple[object, ...]]:
    return await trial.fetch("SELECT value FROM pro.responses ORDER BY id")


async def test_what_never_came_is_fed_in_order_and_answered_by_the_queue(
    database_url: str,
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await asked_and_lost(trial, "4", "my knee is hot")
        assert await sweep(trial) == 2
        assert await answers(trial) == [(4,)]
        kinds = await trial.fetch("SELECT disposition FROM pro.inbounds ORDER BY id")
        assert kinds == [("answer",), ("needs_reading",)]
        assert await trial.retry() == 2
        await trial.fake.drain()
        sent = trial.fake.sent_to(trial.phones["K-001"])
        assert len(sent) == 3
        states = await trial.fetch("SELECT state FROM pro.messages WHERE kind = 'reply'")
        assert states == [("delivered",), ("delivered",)]


async def test_a_second_sweep_and_a_late_webhook_change_nothing(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        await trial.remind()
        await lose(trial, "4")
        (lost,) = trial.fake.unanswered
        assert await sweep(trial) == 1
        assert await trial.fake.post_inbound(lost) is None  # queued: not said twice
        assert await trial.retry() == 1
        assert await trial.fake.post_inbound(lost) is None
        assert await sweep(trial) == 0
        assert await trial.retry() == 0
        assert await answers(trial) == [(4,)]
        assert len(trial.fake.sent_to(trial.phones["K-001"])) == 2


async def test_what_came_by_webhook_is_not_fed_again(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        await trial.remind()
        await trial.says("K-001", "4")
        for taken in trial.fake.taken:
            taken.created_at -= LATER
        assert await sweep(trial) == 0
        assert await trial.fetch("SELECT count(*) FROM pro.inbounds") == [(1,)]


async def test_a_text_older_than_its_question_answers_nothing(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        await lose(trial, "4", ago=LATER)
        await trial.remind()
        await trial.says("K-001", "6")  # asked again after the other, and answered
        assert await sweep(trial) == 1
        assert await answers(trial) == [(6,)]
        kinds = await trial.fetch("SELECT disposition FROM pro.inbounds ORDER BY id")
        assert kinds == [("answer",), ("needs_reading",)]


async def test_a_text_whose_webhook_may_still_come_is_left_alone(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "GRACE", GRACE)
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        await trial.remind()
        await lose(trial, "4", ago=timedelta(seconds=30))
        assert await sweep(trial) == 0
        trial.fake.taken[-1].created_at -= LATER
        assert await sweep(trial) == 1


async def test_the_watermark_stays_while_the_list_cannot_be_read(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")

        async def broken(*_: object, **__: object) -> tuple[()]:
            raise LookupFailedError

        with monkeypatch.context() as patched:
            patched.setattr(trial.gateway, "list_inbound", broken)
            assert await sweep(trial) == 0
        assert await trial.operator.fetchval("SELECT count(*) FROM pro.senders") == 1
        await lose(trial, "STOP please")
        assert await sweep(trial) == 1
        assert await trial.fetch("SELECT reason FROM pro.opt_outs") == [("said so by text",)]


async def test_a_reply_that_waits_is_not_sent_after_a_stop_but_the_stop_is_confirmed(
    database_url: str,
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await asked_and_lost(trial, "4", "STOP please")
        assert await sweep(trial) == 2
        await trial.retry()
        await trial.fake.drain()
        states = await trial.fetch(
            "SELECT template, state, state_reason FROM pro.messages"
            " WHERE kind = 'reply' ORDER BY id"
        )
        assert states == [
            ("prompt.item", "suppressed", "its reason has gone"),
            ("opt_out.confirmed", "delivered", None),
        ]
        assert len(trial.fake.sent_to(trial.phones["K-001"])) == 2


async def test_a_stranger_is_kept_and_gets_no_late_reply(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.fake.phone_sends("+12025550177", SENDER, "hello", post=False)
        trial.fake.taken[-1].created_at -= LATER
        assert await sweep(trial) == 1
        assert await trial.fetch("SELECT disposition, reply_message_id FROM pro.inbounds") == [
            ("unknown", None)
        ]
        assert await trial.fetch("SELECT count(*) FROM pro.messages") == [(0,)]


async def test_a_pool_of_numbers_is_swept_by_its_service(database_url: str) -> None:
    async with open_twilio_trial(database_url, sender=SERVICE) as trial:
        await trial.due("K-001")
        await trial.remind()
        await lose(trial, "4")
        trial.fake.taken[-1].to = trial.fake.pool_number
        trial.fake.taken[-1].service = SERVICE
        await trial.fake.phone_sends(trial.phones["K-001"], "+12025550166", "5", post=False)
        trial.fake.taken[-1].created_at -= LATER  # another study's number of the same account
        assert await sweep(trial) == 1
        assert await answers(trial) == [(4,)]


async def test_more_than_one_page_of_the_list_is_read(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        await lose(trial, "first")
        for number in range(250):
            await trial.fake.phone_sends(f"+1202556{number:04}", SENDER, "x", post=False)
        since = datetime.now(UTC) - timedelta(hours=1)
        listed = await trial.gateway.list_inbound(SENDER, since=since, until=datetime.now(UTC))
        assert (len(listed), listed[0].body) == (251, "first")


async def test_what_came_before_a_restore_is_kept_and_not_answered_again(
    database_url: str, owner: asyncpg.Connection
) -> None:
    """It was answered before the database was lost; what comes afterwards is answered."""
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        await trial.remind()
        await lose(trial, "4")
        await lose(trial, "STOP")
        await holds.insert_hold(owner, "restored", None, "cli:test")
        assert await sweep(trial) == 2
        assert await answers(trial) == [(4,)]
        assert await trial.fetch("SELECT count(*) FROM pro.opt_outs WHERE ended_at IS NULL") == [
            (1,)
        ]
        await holds.release_hold(owner, "cli:test", "rang everybody")
        assert await trial.retry() == 0
        assert len(trial.fake.sent_to(trial.phones["K-001"])) == 1
        await lose(trial, "START", ago=-timedelta(seconds=1))
        await asyncio.sleep(1.1)
        assert await sweep(trial) == 1
        assert await trial.retry() == 1
