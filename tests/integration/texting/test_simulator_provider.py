"""The fake provider over real HTTP, and the simulator's gateway speaking to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, unused_port
from pydantic import SecretStr

from pro_service.demo.provider.fake import ProviderFake
from pro_service.demo.provider.faults import Faults, SendFault
from pro_service.demo.provider.server import PROVIDER, build_provider
from pro_service.domain.delivery.states import MessageState
from pro_service.messaging.gateway import (
    Accepted,
    AmbiguousError,
    DeliveryReceipt,
    ForgedWebhookError,
    InboundText,
    LookupFailedError,
    NotAcceptedError,
    OutboundText,
    RejectedError,
    WebhookRequest,
    status_callback_url,
)
from pro_service.messaging.simulator import wire
from pro_service.messaging.simulator.gateway import SimulatorGateway
from pro_service.store.demo import simulator as store
from pro_service.store.ids import new_id
from pro_service.store.pools import Pools

SECRET = SecretStr("a secret of the tests")
OURS = "+12025550100"
THEIRS = "+12025550143"


class Service:
    """Stands in for our service's two webhook addresses: checks, keeps, answers."""

    def __init__(self) -> None:
        self.texts: list[InboundText] = []
        self.receipts: list[DeliveryReceipt] = []
        self.reply: str | None = "Thank you"
        self.reply_id = new_id()
        self.answers_with = 200
        self.base = ""
        self.asked = asyncio.Event()
        self.told_twice = asyncio.Event()
        self._gateway = SimulatorGateway("http://127.0.0.1:1", SECRET)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post(wire.INBOUND_PATH, self._inbound)
        app.router.add_post(wire.STATUS_PATH, self._status)
        return app

    async def _inbound(self, request: web.Request) -> web.Response:
        batch = self._gateway.parse_inbound(await self._webhook(request))
        if self.answers_with == 200:
            self.texts += batch.items
        callback = status_callback_url(self.base, "simulator", self.reply_id)
        body = self._gateway.reply(self.reply, callback)
        return web.Response(
            text=body.body, content_type=body.content_type, status=self.answers_with
        )

    async def _status(self, request: web.Request) -> web.Response:
        batch = self._gateway.parse_receipts(await self._webhook(request))
        if self.answers_with == 200:
            self.receipts += batch.items
        if len(self.receipts) == 2:
            self.told_twice.set()
        return web.Response(status=self.answers_with)

    async def _webhook(self, request: web.Request) -> WebhookRequest:
        self.asked.set()
        return WebhookRequest(
            url=self.base + request.raw_path, headers=request.headers, body=await request.read()
        )


class Parts:
    """The service, the provider and the gateway, connected over 127.0.0.1."""

    def __init__(
        self, service: Service, fake: ProviderFake, gateway: SimulatorGateway, url: str
    ) -> None:
        self.service = service
        self.fake = fake
        self.gateway = gateway
        self.url = url

    def text(self, *, to: str = THEIRS, message_id: UUID | None = None) -> OutboundText:
        message_id = message_id or new_id()
        return OutboundText(
            message_id=message_id,
            our_address=OURS,
            their_address=to,
            body="How bad is the pain now, 0-10?",
            status_callback=status_callback_url(self.service.base, "simulator", message_id),
            valid_for=timedelta(hours=2),
        )


@pytest.fixture
async def parts(pools: Pools) -> AsyncIterator[Parts]:
    async with AsyncExitStack() as stack:
        service = Service()
        ours = await stack.enter_async_context(TestServer(service.application(), host="127.0.0.1"))
        service.base = str(ours.make_url("")).rstrip("/")
        app = build_provider(pools.worker, service.base, SECRET, faults=Faults())
        theirs = await stack.enter_async_context(TestServer(app, host="127.0.0.1"))
        url = str(theirs.make_url(""))
        gateway = SimulatorGateway(url, SECRET, call_bound=timedelta(seconds=0.5))
        stack.push_async_callback(gateway.close)
        yield Parts(service, app[PROVIDER], gateway, url)


async def test_sent_text_reaches_the_phone_and_its_receipts_come_in_order(parts: Parts) -> None:
    text = parts.text()
    accepted = await parts.gateway.send(text)
    (received,) = await parts.fake.texts_of(THEIRS)
    assert (str(received.id), received.body) == (accepted.provider_id, text.body)
    assert await parts.fake.drain() == 2
    assert [receipt.status for receipt in parts.service.receipts] == [
        MessageState.sent,
        MessageState.delivered,
    ]
    assert {receipt.message_id for receipt in parts.service.receipts} == {text.message_id}
    assert {receipt.provider_id for receipt in parts.service.receipts} == {accepted.provider_id}
    assert await parts.fake.drain() == 0


async def test_phone_reads_only_what_came_after_the_last_text_it_knows(parts: Parts) -> None:
    await parts.gateway.send(parts.text())
    (first,) = await parts.fake.texts_of(THEIRS)
    await parts.gateway.send(parts.text(to="+12025550144"))
    assert await parts.fake.texts_of(THEIRS, first.id) == []
    second = await parts.gateway.send(parts.text())
    assert [str(t.id) for t in await parts.fake.texts_of(THEIRS, first.id)] == [second.provider_id]


async def test_reply_in_the_answer_reaches_the_phone_and_is_tracked(parts: Parts) -> None:
    assert await parts.fake.phone_sends(THEIRS, OURS, " 4 ", media_count=1) == "Thank you"
    (inbound,) = parts.service.texts
    assert (inbound.body, inbound.their_address, inbound.our_address) == (" 4 ", THEIRS, OURS)
    assert inbound.media_count == 1
    (reply,) = await parts.fake.texts_of(THEIRS)
    assert reply.reference == parts.service.reply_id
    assert await parts.fake.drain() == 2
    assert [receipt.message_id for receipt in parts.service.receipts] == [reply.reference] * 2


async def test_silence_in_the_answer_sends_the_phone_nothing(parts: Parts) -> None:
    parts.service.reply = None
    assert await parts.fake.phone_sends(THEIRS, OURS, "4") is None
    assert await parts.fake.texts_of(THEIRS) == []
    assert await parts.fake.pending() == 0


async def test_text_the_service_could_not_store_is_posted_again(parts: Parts) -> None:
    parts.service.answers_with = 503
    assert await parts.fake.phone_sends(THEIRS, OURS, "4") is None
    assert await parts.fake.drain() == 1
    assert await parts.fake.pending() == 1
    parts.service.answers_with = 200
    assert await parts.fake.drain() == 3, "the text, then the receipts of its reply"
    assert [text.body for text in parts.service.texts] == ["4"]
    assert [text.body for text in await parts.fake.texts_of(THEIRS)] == ["Thank you"]


async def test_webhooks_survive_a_restart_of_the_provider(parts: Parts, pools: Pools) -> None:
    await parts.gateway.send(parts.text())
    parts.service.answers_with = 503
    await parts.fake.phone_sends(THEIRS, OURS, "4")
    parts.service.answers_with = 200
    again = ProviderFake(pools.worker, webhook_base_url=parts.service.base, secret=SECRET)
    try:
        assert await again.drain() == 5
    finally:
        await again.close()
    assert len(parts.service.receipts) == 4
    assert len(parts.service.texts) == 1


async def test_copies_of_an_inbound_webhook_bring_the_phone_one_reply(parts: Parts) -> None:
    parts.fake.faults.copies = 3
    assert await parts.fake.phone_sends(THEIRS, OURS, "4") == "Thank you"
    assert len({text.provider_id for text in parts.service.texts}) == 1
    assert len(parts.service.texts) == 3
    assert len(await parts.fake.texts_of(THEIRS)) == 1


async def test_running_provider_posts_by_itself_and_after_a_failure(parts: Parts) -> None:
    parts.service.answers_with = 500
    running = asyncio.create_task(parts.fake.run())
    try:
        await parts.gateway.send(parts.text())
        async with asyncio.timeout(120):
            await parts.service.asked.wait()
            assert await parts.fake.pending() == 2
            parts.service.answers_with = 200
            await parts.service.told_twice.wait()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    await parts.fake.drain()  # the last answer may not have been noted before the stop
    assert await parts.fake.pending() == 0
    assert {receipt.status for receipt in parts.service.receipts} == {
        MessageState.sent,
        MessageState.delivered,
    }


async def test_webhook_never_answered_is_given_up(parts: Parts, pools: Pools) -> None:
    parts.service.answers_with = 500
    await parts.gateway.send(parts.text())
    for _ in range(100):
        if await parts.fake.drain() == 0:
            break
    assert await parts.fake.pending() == 0
    assert await parts.fake.given_up() == 2


async def find(gateway: SimulatorGateway, text: OutboundText) -> tuple[Accepted, ...]:
    """What the provider's list has under the text's reference."""
    return await gateway.find(text, earliest=datetime.now(UTC), latest=None)


@pytest.mark.parametrize("fault", ["500", "hang", "reset"])
async def test_broken_call_is_ambiguous_and_the_text_is_not_found(
    parts: Parts, fault: SendFault
) -> None:
    parts.fake.faults.next_sends.append(fault)
    text = parts.text()
    with pytest.raises(AmbiguousError) as caught:
        await parts.gateway.send(text)
    assert not caught.value.retryable
    assert await find(parts.gateway, text) == ()


@pytest.mark.parametrize("fault", ["accepted_then_500", "accepted_then_hang"])
async def test_text_accepted_in_a_broken_call_is_found_and_its_receipts_bind_it(
    parts: Parts, fault: SendFault
) -> None:
    parts.fake.faults.next_sends.append(fault)
    text = parts.text()
    with pytest.raises(AmbiguousError):
        await parts.gateway.send(text)
    (found,) = await find(parts.gateway, text)
    await parts.fake.drain()
    assert {receipt.message_id for receipt in parts.service.receipts} == {text.message_id}
    assert {receipt.provider_id for receipt in parts.service.receipts} == {found.provider_id}


async def test_too_many_requests_is_a_definite_refusal_to_be_tried_again(parts: Parts) -> None:
    parts.fake.faults.next_sends.append("429")
    with pytest.raises(NotAcceptedError) as caught:
        await parts.gateway.send(parts.text())
    assert caught.value.retryable
    assert await parts.fake.texts_of(THEIRS) == []


async def test_refused_connection_is_a_definite_refusal_to_be_tried_again(parts: Parts) -> None:
    gateway = SimulatorGateway(f"http://127.0.0.1:{unused_port()}", SECRET)
    try:
        with pytest.raises(NotAcceptedError) as caught:
            await gateway.send(parts.text())
        with pytest.raises(LookupFailedError):
            await find(gateway, parts.text())
    finally:
        await gateway.close()
    assert caught.value.retryable
    assert THEIRS not in str(caught.value)


async def test_refused_numbers_say_what_follows(parts: Parts) -> None:
    parts.fake.faults.bad_numbers.add(THEIRS)
    parts.fake.faults.opted_out.add("+12025550144")
    with pytest.raises(RejectedError) as bad:
        await parts.gateway.send(parts.text())
    with pytest.raises(RejectedError) as opted_out:
        await parts.gateway.send(parts.text(to="+12025550144"))
    assert (bad.value.effect, opted_out.value.effect) == ("bad_number", "opted_out")
    assert not bad.value.retryable


async def test_unreachable_phone_is_reported_undelivered(parts: Parts) -> None:
    parts.fake.faults.unreachable.add(THEIRS)
    await parts.gateway.send(parts.text())
    await parts.fake.drain()
    last = parts.service.receipts[-1]
    assert (last.status, last.error_code) == (MessageState.undelivered, "30003")


async def test_withheld_receipts_never_come(parts: Parts) -> None:
    parts.fake.faults.withhold_statuses = True
    await parts.gateway.send(parts.text())
    assert await parts.fake.drain() == 0


async def test_text_sent_twice_is_counted_as_a_double(parts: Parts) -> None:
    text = parts.text()
    await parts.gateway.send(text)
    await parts.gateway.send(parts.text())
    assert await parts.fake.doubles() == 0
    await parts.gateway.send(text)
    assert await parts.fake.doubles() == 1


async def test_wrong_secret_is_refused_on_both_sides(parts: Parts) -> None:
    stranger = SimulatorGateway(parts.url, SecretStr("another"))
    try:
        with pytest.raises(RejectedError) as caught:
            await stranger.send(parts.text())
        with pytest.raises(LookupFailedError):
            await find(stranger, parts.text())
    finally:
        await stranger.close()
    assert caught.value.effect == "hold"
    form = wire.encode_inbound(
        InboundText(provider_id="p1", our_address=OURS, their_address=THEIRS, body="4")
    )
    request = WebhookRequest(
        url="https://pro.example/hooks/simulator/inbound",
        headers={
            wire.SIGNATURE_HEADER: wire.sign(SecretStr("another"), "https://pro.example", form)
        },
        body=wire.encode_form(form),
    )
    with pytest.raises(ForgedWebhookError):
        parts.gateway.parse_inbound(request)


async def test_unreadable_requests_to_the_provider_are_refused(parts: Parts) -> None:
    headers = {"Authorization": f"Bearer {SECRET.get_secret_value()}"}
    async with ClientSession(headers=headers) as session:
        async with session.post(f"{parts.url}/messages", data=b"nonsense") as response:
            assert response.status == 400
        async with session.get(f"{parts.url}/messages", params={"to": THEIRS}) as response:
            assert response.status == 400


async def test_two_providers_never_hold_the_same_webhook(parts: Parts, pools: Pools) -> None:
    for _ in range(10):
        await parts.gateway.send(parts.text())
    second = ProviderFake(pools.worker, webhook_base_url=parts.service.base, secret=SECRET)
    try:
        posted = await asyncio.gather(parts.fake.drain(), second.drain())
    finally:
        await second.close()
    assert sum(posted) == len(parts.service.receipts) == 20


async def test_only_the_worker_role_sees_the_providers_tables(pools: Pools) -> None:
    async with pools.worker.acquire() as connection:
        assert await store.count_doubles(connection) == 0
    for pool in (pools.participant, pools.provider, pools.desk):
        async with pool.acquire() as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await store.count_doubles(connection)
