"""The service with Twilio as its provider, end to end: sent once, bound, answered, refused."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import asyncpg
import pytest
from multidict import MultiDict
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from pro_service.config import Settings, SettingsError
from pro_service.messaging.twilio.gateway import TwilioGateway
from pro_service.parts import WrongKindError, check_kind, make_gateways
from tests.support.study import SENDER
from tests.support.twilio.fake import TOKEN
from tests.support.twilio.faults import Fault
from tests.support.twilio.taken import ACCOUNT
from tests.support.twilio.trial import TwilioTrial, open_twilio_trial

SERVICE = "MG" + "c" * 32


async def post(
    trial: TwilioTrial, path: str, parameters: dict[str, str], **changed: str | None
) -> int:
    """A webhook as Twilio would sign it for our public address; `changed` spoils it."""
    address = f"{trial.base}{path}"
    signature = RequestValidator(TOKEN).compute_signature(
        changed.get("signed", address), parameters
    )
    headers = {"X-Twilio-Signature": changed.get("signature", signature) or ""}
    if changed.get("signature", "") is None:
        headers = {}
    async with (
        aiohttp.ClientSession() as session,
        session.post(address, data=parameters, headers=headers) as response,
    ):
        return response.status


async def lose_sight_of_a_reminder(trial: TwilioTrial) -> None:
    """One that was taken in a broken call, without receipts, and that the list does not show."""
    await trial.due("K-001")
    trial.fake.faults.lost_callbacks, trial.fake.faults.hidden = 1.0, 1
    trial.fake.faults.next_sends.append("error after accepting")
    await trial.remind()
    await trial.sweep()


async def test_a_reminder_goes_is_delivered_and_answered(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        await trial.remind()
        await trial.fake.drain()
        assert [state for state, *_ in await trial.states()] == ["delivered"]
        (taken,) = trial.fake.sent_to(trial.phones["K-001"])
        assert taken.from_ == SENDER
        reply = await trial.says("K-001", "4")
        await trial.fake.drain()
        assert reply
        assert await trial.fetch("SELECT count(*) FROM pro.responses") == [(1,)]
        kept = await trial.fetch("SELECT state FROM pro.messages WHERE kind = 'reply'")
        assert kept == [("delivered",)]


async def test_a_text_to_a_pool_of_numbers_finds_its_study(database_url: str) -> None:
    async with open_twilio_trial(database_url, sender=SERVICE) as trial:
        await trial.due("K-001")
        await trial.remind()
        (taken,) = trial.fake.sent_to(trial.phones["K-001"])
        assert taken.service == SERVICE
        parameters = {
            "MessageSid": "SM" + "1" * 32,
            "AccountSid": ACCOUNT,
            "MessagingServiceSid": SERVICE,
            "From": trial.phones["K-001"],
            "To": trial.fake.pool_number,
            "Body": "4",
            "NumMedia": "0",
        }
        assert await post(trial, "/hooks/twilio/inbound", parameters) == 200
        assert await trial.fetch("SELECT count(*) FROM pro.responses") == [(1,)]


@pytest.mark.parametrize(
    "changed", [{"signature": None}, {"signature": "x"}, {"signed": "https://elsewhere.example/"}]
)
async def test_a_forged_text_is_refused_and_leaves_no_row(
    database_url: str, changed: dict[str, str | None]
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        parameters = {
            "MessageSid": "SM" + "1" * 32,
            "AccountSid": ACCOUNT,
            "From": trial.phones["K-001"],
            "To": SENDER,
            "Body": "4",
            "NumMedia": "0",
        }
        assert await post(trial, "/hooks/twilio/inbound", parameters, **changed) == 403
        assert await trial.fetch("SELECT count(*) FROM pro.inbounds") == [(0,)]
        assert await post(trial, "/hooks/twilio/inbound", parameters) == 200
        assert await post(trial, "/hooks/twilio/inbound?a=1&a=2", parameters) == 200
        assert await trial.fetch("SELECT count(*) FROM pro.inbounds") == [(1,)]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", '{"From": "+12025550101"}', 403),
        ("application/x-www-form-urlencoded", "MessageSid=SM1&From=a&From=b&To=c&Body=4", 403),
        ("text/plain", "4", 403),
    ],
)
async def test_a_body_that_is_not_twilios_is_refused_and_leaves_no_row(
    database_url: str, content_type: str, body: str, status: int
) -> None:
    async with open_twilio_trial(database_url) as trial:
        address = f"{trial.base}/hooks/twilio/inbound"
        signed = RequestValidator(TOKEN).compute_signature(address, {})
        headers = {"X-Twilio-Signature": signed, "Content-Type": content_type}
        async with (
            aiohttp.ClientSession() as session,
            session.post(address, data=body, headers=headers) as response,
        ):
            assert response.status == status
        assert await trial.fetch("SELECT count(*) FROM pro.inbounds") == [(0,)]


async def test_a_signed_text_that_says_two_senders_is_refused_and_leaves_no_row(
    database_url: str,
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        address = f"{trial.base}/hooks/twilio/inbound"
        pairs = MultiDict(
            [
                ("MessageSid", "SM" + "1" * 32),
                ("From", "+12025550101"),
                ("From", "+12025550102"),
            ]
        )
        pairs.extend({"AccountSid": ACCOUNT, "To": SENDER, "Body": "4", "NumMedia": "0"})
        headers = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(address, pairs)}
        async with (
            aiohttp.ClientSession() as session,
            session.post(address, data=aiohttp.FormData(list(pairs.items())), headers=headers) as r,
        ):
            assert r.status == 403
        assert await trial.fetch("SELECT count(*) FROM pro.inbounds") == [(0,)]


@pytest.mark.parametrize(
    "recut",
    [
        {"MessageSid": "SM" + "1" * 32 + "NumMedia0", "NumMedia": None},
        {"Body": None, "Bod": "y4"},
        {"AccountSid": "AC" + "9" * 32},
        {"MessageSid": "SM1"},
    ],
)
async def test_m14_a_replay_cut_anew_is_refused_and_leaves_no_row(
    database_url: str, recut: dict[str, str | None]
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        genuine = {
            "MessageSid": "SM" + "1" * 32,
            "AccountSid": ACCOUNT,
            "From": trial.phones["K-001"],
            "To": SENDER,
            "Body": "4",
            "NumMedia": "0",
        }
        made = {name: value for name, value in (genuine | recut).items() if value is not None}
        assert await post(trial, "/hooks/twilio/inbound", made) == 403
        assert await trial.fetch("SELECT count(*) FROM pro.inbounds") == [(0,)]
        assert await trial.fetch("SELECT count(*) FROM pro.responses") == [(0,)]
        assert await post(trial, "/hooks/twilio/inbound", genuine) == 200
        # The very same one again is a copy, which changes nothing.
        assert await post(trial, "/hooks/twilio/inbound", genuine) == 200
        assert await trial.fetch("SELECT count(*) FROM pro.inbounds") == [(1,)]


async def test_a_status_nobody_knows_is_stored_and_moves_nothing(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        trial.fake.faults.lost_callbacks = 1.0
        await trial.remind()
        await trial.fake.drain()
        (taken,) = trial.fake.taken
        path = (taken.callback or "").removeprefix(trial.base)
        for status in ("pondering", "sent"):
            assert (
                await post(
                    trial,
                    path,
                    {"AccountSid": ACCOUNT, "MessageSid": taken.sid, "MessageStatus": status},
                )
                == 204
            )
        assert [state for state, *_ in await trial.states()] == ["sent"]
        kept = await trial.fetch("SELECT provider_status FROM pro.delivery_receipts ORDER BY id")
        assert kept == [("pondering",), ("sent",)]


async def test_after_an_unconfirmed_text_the_next_nudge_goes_as_planned(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await lose_sight_of_a_reminder(trial)
        ((due_at,),) = await trial.fetch(
            "SELECT due_at FROM pro.reminders WHERE ended_at IS NULL ORDER BY due_at LIMIT 1"
        )
        await trial.move(due_at - await trial.now())
        await trial.remind()
        assert [state for state, *_ in await trial.states()] == ["unconfirmed", "accepted"]
        assert len(trial.fake.sent_to(trial.phones["K-001"])) == 2


@pytest.mark.parametrize(
    "fault",
    ["timeout after accepting", "error after accepting", "reset after accepting"],
)
async def test_a_text_taken_in_a_broken_call_is_bound_by_its_receipt(
    database_url: str, fault: Fault
) -> None:
    async with open_twilio_trial(database_url, call_bound=timedelta(seconds=0.5)) as trial:
        await trial.due("K-001")
        trial.fake.faults.next_sends.append(fault)
        await trial.remind()
        await trial.fake.drain()
        assert [state for state, *_ in await trial.states()] == ["delivered"]
        await trial.remind()
        await trial.retry()
        assert len(trial.fake.taken) == 1


async def test_a_callback_before_the_reply_is_not_undone_by_the_reply(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        trial.fake.faults.next_sends.append("callback first")
        await trial.remind()
        assert [state for state, *_ in await trial.states()] == ["delivered"]


async def test_callbacks_out_of_order_leave_the_highest_state(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        trial.fake.faults.shuffled_callbacks = 1.0
        await trial.remind()
        await trial.fake.drain()
        assert [state for state, *_ in await trial.states()] == ["delivered"]


async def test_what_lost_its_reply_and_its_callbacks_is_found_in_the_list(
    database_url: str,
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        trial.fake.faults.lost_callbacks = 1.0
        trial.fake.faults.next_sends.append("error after accepting")
        await trial.remind()
        assert await trial.sweep() == 1
        assert await trial.states() == [("accepted", "found in the provider's list", None)]
        bound = await trial.fetch("SELECT provider_id FROM pro.messages")
        assert bound == [(trial.fake.taken[0].sid,)]


async def test_what_the_list_does_not_show_is_unconfirmed_until_a_receipt_comes(
    database_url: str,
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await lose_sight_of_a_reminder(trial)
        assert await trial.states() == [("unconfirmed", "never found", None)]
        await trial.remind()
        await trial.retry()
        assert len(trial.fake.taken) == 1
        (taken,) = trial.fake.taken
        path = (taken.callback or "").removeprefix(trial.base)
        parameters = {
            "AccountSid": ACCOUNT,
            "MessageSid": taken.sid,
            "MessageStatus": "delivered",
        }
        assert await post(trial, path, parameters) == 204
        assert [state for state, *_ in await trial.states()] == ["delivered"]


async def test_an_id_that_belongs_to_another_message_binds_no_second_one(
    database_url: str, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        trial.fake.faults.lost_callbacks = 1.0
        trial.fake.faults.next_sends.append("error after accepting")
        await trial.remind()
        await trial.due("K-002")
        await trial.remind()
        (first, _) = trial.fake.taken
        await owner.execute(
            "UPDATE pro.messages SET provider_id = $1 WHERE state = 'accepted'", first.sid
        )
        await trial.sweep()
        assert [state for state, *_ in await trial.states()] == ["unconfirmed", "accepted"]


async def test_a_reply_nobody_heard_is_shown_as_unconfirmed_and_not_said_again(
    database_url: str,
) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        await trial.remind()
        await trial.fake.drain()
        await trial.fake.phone_sends(trial.phones["K-001"], SENDER, "4", post=False)
        (came,) = trial.fake.unanswered
        assert await trial.fake.ask_inbound(came)  # the answer is lost on the way
        assert await trial.sweep() == 1
        replies = "SELECT state, state_reason FROM pro.messages WHERE kind = 'reply'"
        assert await trial.fetch(replies) == [("unconfirmed", "never found")]
        assert await trial.sweep() == 0
        assert len(trial.fake.sent_to(trial.phones["K-001"])) == 1


async def test_a_reply_without_receipts_is_found_in_the_list(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        await trial.remind()
        await trial.fake.drain()
        trial.fake.faults.lost_callbacks = 1.0
        assert await trial.says("K-001", "4")
        assert await trial.sweep() == 1
        replies = "SELECT state, state_reason, provider_id FROM pro.messages WHERE kind = 'reply'"
        said = trial.fake.taken[-1].sid
        assert await trial.fetch(replies) == [("accepted", "found in the provider's list", said)]
        assert await trial.sweep() == 0


async def test_429_backs_off_and_goes_once(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        trial.fake.faults.next_sends.extend(["429"])
        await trial.remind()
        assert [state for state, *_ in await trial.states()] == ["queued"]
        assert await trial.retry() == 0
        assert trial.fake.taken == []


async def test_a_reminder_may_not_arrive_in_quiet_hours(database_url: str) -> None:
    async with open_twilio_trial(database_url) as trial:
        await trial.due("K-001")
        await trial.remind()
        (taken,) = trial.fake.taken
        # Due at 18:30, quiet from 20:30.
        assert taken.validity is not None
        assert timedelta(minutes=119) < timedelta(seconds=taken.validity) <= timedelta(hours=2)


def test_settings_choose_the_gateway_and_name_what_is_missing() -> None:
    given = {"gateway": "twilio", "twilio_account_sid": ACCOUNT}
    with pytest.raises(SettingsError, match="PRO_TWILIO_AUTH_TOKEN is not set"):
        make_gateways(Settings.model_validate(given)).open()
    with pytest.raises(SettingsError, match="PRO_TWILIO_ACCOUNT_SID is not set"):
        make_gateways(Settings.model_validate({"gateway": "twilio"})).open()
    complete = Settings.model_validate({**given, "twilio_auth_token": SecretStr(TOKEN)})
    assert isinstance(make_gateways(complete).of("twilio"), TwilioGateway)
    assert TOKEN not in repr(complete)


def test_the_kind_of_database_and_the_provider_must_fit() -> None:
    with pytest.raises(WrongKindError, match="production"):
        check_kind("production", ["simulator"])
    with pytest.raises(WrongKindError, match="demo"):
        check_kind("demo", ["twilio"])
    check_kind("production", ["twilio"])
    check_kind("validation", ["twilio"])
    check_kind("demo", ["simulator"])
