"""From claim to receipt: a text goes at most once, and what became of it is known or shown."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest

from pro_service.domain.study.facts import Status
from pro_service.messaging.simulator import wire
from pro_service.services import rounds
from tests.support.study import SECRET, Trial, open_trial, row


async def due(trial: Trial, *codes: str) -> None:
    """Participants whose first reminder is due now."""
    await trial.enrol(*(row(code) for code in codes or ("K-001",)))
    await trial.move_to_next_nudge()


async def states(trial: Trial) -> list[tuple[str, str | None]]:
    """State and reason of every reminder message."""
    found = await trial.fetch(
        "SELECT state, state_reason FROM messages WHERE kind = 'reminder' ORDER BY id"
    )
    return [(state, reason) for state, reason in found]


async def sweep(trial: Trial, after: timedelta = timedelta(minutes=10)) -> int:
    """Look up what is ambiguous, later."""
    await trial.move(after)
    return await rounds.sweep_round(trial.pools.worker, trial.context)


async def post_status(
    trial: Trial, message_id: object, status: str, *, error: str | None = None, sign: bool = True
) -> int:
    """A status webhook about a message; returns the answer's status."""
    parameters = wire.encode_status("provider-1", status, error)
    path = f"{wire.STATUS_PATH}?message={message_id}"
    signature = wire.sign(SECRET, f"{trial.context.public_url}{path}", parameters)
    headers = {
        "Content-Type": wire.FORM,
        wire.SIGNATURE_HEADER: signature if sign else "0" * 64,
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            trial.server.make_url(path), data=wire.encode_form(parameters), headers=headers
        ) as response,
    ):
        return response.status


async def test_a_refused_call_is_retried_and_the_text_goes_once(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await due(trial)
        trial.faults.withhold_statuses = True
        trial.faults.next_sends.append("429")
        await trial.remind()
        assert await states(trial) == [("queued", "not accepted")]
        assert await rounds.retry_round(trial.pools.worker, trial.context) == 0
        await trial.retry_now()
        assert [state for state, _ in await states(trial)] == ["accepted"]
        assert await trial.retry_now() == 0
        assert len(await trial.texts("K-001")) == 1
        assert await trial.fetchval("SELECT tries FROM messages") == 2


async def test_a_queued_reminder_whose_reason_has_gone_is_suppressed(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await due(trial)
        trial.faults.next_sends.append("429")
        await trial.remind()
        await trial.status("K-001", Status.withdrew_follow_up)
        await trial.retry_now()
        assert await states(trial) == [("suppressed", "its reason has gone")]
        assert await trial.texts("K-001") == []


async def test_a_queued_reminder_waits_while_it_is_quiet(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await due(trial)
        trial.faults.next_sends.append("429")
        await trial.remind()
        await trial.move(timedelta(hours=5))
        assert await trial.retry_now() == 0
        assert await trial.texts("K-001") == []
        await trial.move(timedelta(hours=10))
        await trial.retry_now()
        assert len(await trial.texts("K-001")) == 1


async def test_a_queued_reminder_dies_with_its_window(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await due(trial)
        trial.faults.next_sends.append("429")
        await trial.remind()
        await trial.move(timedelta(days=12))
        await trial.retry_now()
        assert await states(trial) == [("expired", "window closed")]
        assert await trial.texts("K-001") == []


async def test_a_time_out_after_accepting_is_bound_by_the_receipt(database_url: str) -> None:
    async with open_trial(database_url, call_bound=timedelta(seconds=0.3)) as trial:
        await due(trial)
        trial.faults.next_sends.append("accepted_then_hang")
        await trial.remind()
        assert await states(trial) == [("ambiguous", "the call broke off")]
        assert await trial.retry_now() == 0
        assert await trial.remind() == 0
        await trial.provider.drain()
        assert [state for state, _ in await states(trial)] == ["delivered"]
        assert await trial.fetchval("SELECT provider_id IS NOT NULL FROM messages")
        assert len(await trial.texts("K-001")) == 1


async def test_an_error_after_accepting_is_found_in_the_providers_list(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await due(trial)
        trial.faults.withhold_statuses = True
        trial.faults.next_sends.append("accepted_then_500")
        await trial.remind()
        assert [state for state, _ in await states(trial)] == ["ambiguous"]
        assert await sweep(trial, timedelta(minutes=1)) == 0
        assert await sweep(trial) == 1
        assert await states(trial) == [("accepted", "found in the provider's list")]
        assert len(await trial.texts("K-001")) == 1


async def test_a_lost_call_stays_unconfirmed_and_is_never_sent_again(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await due(trial)
        trial.faults.next_sends.append("500")
        await trial.remind()
        await sweep(trial)
        assert await states(trial) == [("unconfirmed", "never found")]
        await trial.retry_now()
        await trial.remind()
        assert await trial.texts("K-001") == []
        assert await trial.count("messages") == 1


async def test_a_reset_connection_is_ambiguous(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await due(trial)
        trial.faults.next_sends.append("reset")
        await trial.remind()
        assert [state for state, _ in await states(trial)] == ["ambiguous"]


async def test_a_refused_number_fails_for_good(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await due(trial)
        trial.faults.bad_numbers.add(trial.phones["K-001"])
        await trial.remind()
        assert await states(trial) == [("failed", "bad_number")]
        await trial.retry_now()
        assert await trial.texts("K-001") == []


async def test_a_claim_whose_worker_died_is_not_sent_again(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await due(trial)
        await trial.remind()
        await trial.owner_does(
            "UPDATE messages SET state = 'sending', provider_id = NULL,"
            " lease_until = clock_timestamp() - interval '1 s'"
        )
        await trial.owner_does("DELETE FROM simulator.webhooks; DELETE FROM simulator.texts")
        assert await sweep(trial, timedelta(0)) == 1
        assert await states(trial) == [("ambiguous", "lease ran out")]
        await trial.retry_now()
        await trial.remind()
        await sweep(trial)
        assert [state for state, _ in await states(trial)] == ["unconfirmed"]
        assert await trial.texts("K-001") == []


async def test_a_claim_still_within_its_lease_is_left_alone(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await due(trial)
        await trial.remind()
        await trial.owner_does(
            "UPDATE messages SET state = 'sending',"
            " lease_until = clock_timestamp() + interval '20 s'"
        )
        assert await sweep(trial) == 0
        assert [state for state, _ in await states(trial)] == ["sending"]


async def test_receipts_in_any_order_leave_the_highest_state(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await due(trial)
        trial.faults.withhold_statuses = True
        await trial.remind()
        message_id = await trial.fetchval("SELECT id FROM messages")
        assert await post_status(trial, message_id, "delivered") == 204
        assert await post_status(trial, message_id, "sent") == 204
        assert [state for state, _ in await states(trial)] == ["delivered"]
        kept = await trial.fetch("SELECT provider_status FROM delivery_receipts ORDER BY id")
        assert kept == [("delivered",), ("sent",)]


async def test_an_unknown_status_is_kept_and_moves_nothing(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await due(trial)
        trial.faults.withhold_statuses = True
        await trial.remind()
        message_id = await trial.fetchval("SELECT id FROM messages")
        assert await post_status(trial, message_id, "teleported") == 204
        assert [state for state, _ in await states(trial)] == ["accepted"]
        assert await trial.fetch("SELECT provider_status FROM delivery_receipts") == [
            ("teleported",)
        ]


async def test_a_forged_status_is_refused_and_leaves_no_row(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await due(trial)
        trial.faults.withhold_statuses = True
        await trial.remind()
        message_id = await trial.fetchval("SELECT id FROM messages")
        assert await post_status(trial, message_id, "delivered", sign=False) == 403
        assert await trial.count("delivery_receipts") == 0
        assert [state for state, _ in await states(trial)] == ["accepted"]


async def test_a_phone_that_cannot_be_reached_is_shown_with_the_code(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await due(trial)
        trial.faults.unreachable.add(trial.phones["K-001"])
        await trial.remind()
        await trial.provider.drain()
        assert await trial.fetch("SELECT state, error_code FROM messages") == [
            ("undelivered", "30003")
        ]


@pytest.mark.parametrize(
    "said",
    [
        (("undelivered", "30008"), ("delivered", None)),
        (("failed", "30008"), ("sent", None), ("delivered", None)),
        (("delivered", None), ("undelivered", "30008")),
    ],
)
async def test_a_text_that_arrived_after_all_has_one_story_without_the_error(
    database_url: str, said: tuple[tuple[str, str | None], ...]
) -> None:
    """N5: delivered, with error 30008 beside it. What went wrong before stays in the receipts."""
    async with open_trial(database_url) as trial:
        await due(trial)
        trial.faults.withhold_statuses = True
        await trial.remind()
        message_id = await trial.fetchval("SELECT id FROM messages")
        for status, error in said:
            assert await post_status(trial, message_id, status, error=error) == 204
        assert await trial.fetch("SELECT state, error_code, state_reason FROM messages") == [
            ("delivered", None, None)
        ]
        kept = await trial.fetch(
            "SELECT provider_status, error_code FROM delivery_receipts ORDER BY id"
        )
        assert kept == list(said)


async def test_every_webhook_posted_twice_changes_nothing_more(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        trial.faults.copies = 2
        await due(trial)
        await trial.remind()
        await trial.provider.drain()
        assert [state for state, _ in await states(trial)] == ["delivered"]
