"""What the fake provider does: accepts texts, plays the phones, posts signed webhooks.

A webhook is a row until it is answered with 2xx, so one that fell into a restart of either side
is posted again: at least once, never lost before it is given up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Final, Protocol
from uuid import UUID

import aiohttp
import asyncpg
from pydantic import SecretStr

from pro_service.demo.provider.faults import Faults
from pro_service.messaging.gateway import InboundText, OutboundText, Verdict, message_id_of
from pro_service.messaging.simulator import wire
from pro_service.store.demo import simulator as store
from pro_service.store.ids import new_id

WEBHOOK_BOUND: Final = timedelta(seconds=15)
"""How long the provider waits for an answer to a webhook."""
LEASE: Final = WEBHOOK_BOUND * 2
FIRST_PAUSE: Final = timedelta(milliseconds=500)
LONGEST_PAUSE: Final = timedelta(seconds=20)
MOST_TRIES: Final = 20
BATCH: Final = 200
AT_ONCE: Final = 16
LOOK_EVERY: Final = timedelta(milliseconds=500)

_log = logging.getLogger(__name__)


class Pool(Protocol):
    """What the provider needs of a connection pool."""

    def acquire(self) -> AbstractAsyncContextManager[Any]:
        """A connection, given back on leaving."""
        ...


class ProviderFake:
    """The provider and all the phones. Make it inside the event loop; close it.

    `webhook_base_url` is the service's public URL; it may be set once the server has a port.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        webhook_base_url: str,
        secret: SecretStr,
        faults: Faults | None = None,
    ) -> None:
        """Keep the settings; nothing is posted before `run`, `drain` or `phone_sends`."""
        self.webhook_base_url = webhook_base_url
        self.secret = secret
        self.faults = faults or Faults()
        self.closing = asyncio.Event()
        """Set when the server goes down: requests that hang by fault end then."""
        self.on_text: Callable[[OutboundText], None] | None = None
        """Called with every text accepted for a phone, replies to webhooks apart: it rings."""
        self.is_idle = False
        """Nothing came since everything was posted that was open: no webhook waits to be."""
        self.is_brief = False
        """Of a reply to a webhook only what became of it is reported, not that it was sent."""
        self.verdicts: Mapping[str, Verdict] = {}
        """Words this provider acts on by itself, in capitals, and says so; none: it leaves them."""
        self._pool = pool
        self._session: aiohttp.ClientSession | None = None
        self._woken = asyncio.Event()
        self._posting = asyncio.Lock()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def accept(self, text: OutboundText) -> UUID:
        """Take a text for a phone; returns the provider's id. Copies are taken as they come."""
        async with self._pool.acquire() as connection:
            text_id = await store.insert_text_to_phone(
                connection,
                our_address=text.our_address,
                their_address=text.their_address,
                body=text.body,
                reference=text.message_id,
                status_callback=text.status_callback,
                outcomes=self._outcomes(text.their_address),
            )
        self._wake()
        if self.on_text is not None:
            self.on_text(text)
        return text_id

    async def find(self, their_address: str, reference: UUID) -> list[UUID]:
        """The ids of the texts accepted for a phone under one of the service's message ids."""
        async with self._pool.acquire() as connection:
            found = await store.list_texts_by_reference(connection, their_address, reference)
        return [text.id for text in found]

    async def phone_sends(
        self, their_address: str, our_address: str, text: str, *, media_count: int = 0
    ) -> str | None:
        """A phone sends a text: it is kept, posted, and the reply in the answer is returned.

        None if there is no reply, or if the service could not take the text now: then the webhook
        is tried again later, and its reply reaches the phone by `texts_of`.
        """
        async with self._pool.acquire() as connection:
            webhook = await store.insert_text_from_phone(
                connection,
                our_address=our_address,
                their_address=their_address,
                body=text,
                media_count=media_count,
                lease=LEASE,
            )
        answered, reply = await self._deliver(webhook)
        if not answered:
            await self._mark_failed([webhook.id])
        return reply

    async def texts_of(self, address: str, after_id: UUID | None = None) -> list[store.PhoneText]:
        """The texts a phone has received, oldest first, after `after_id`."""
        async with self._pool.acquire() as connection:
            return await store.list_texts_to_phone(connection, address, after_id)

    async def drain(self) -> int:
        """Post every open webhook once now, those that follow included; returns how many.

        Pauses after failed tries are not waited for. What `run` is posting is waited for.
        """
        self.is_idle = True
        return await self._pass(due_only=False)

    async def run(self) -> None:
        """Post webhooks as they fall due, until cancelled."""
        while True:
            self._woken.clear()
            try:
                await self._pass(due_only=True)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                # The rows are still there: look again when the database is back.
                _log.warning("provider_pass_failed", extra={"error": type(error).__name__})
            try:
                await asyncio.wait_for(self._woken.wait(), LOOK_EVERY.total_seconds())
            except TimeoutError:
                continue  # nothing new: look for webhooks whose pause is over

    async def pending(self) -> int:
        """How many webhooks are neither answered nor given up."""
        async with self._pool.acquire() as connection:
            return await store.count_open_webhooks(connection)

    async def given_up(self) -> int:
        """How many webhooks the service never answered."""
        async with self._pool.acquire() as connection:
            return await store.count_given_up_webhooks(connection)

    async def doubles(self) -> int:
        """How many texts were accepted beyond the first under one of the service's message ids."""
        async with self._pool.acquire() as connection:
            return await store.count_doubles(connection)

    async def close(self) -> None:
        """Release the HTTP connections; the pool belongs to the caller."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _pass(self, *, due_only: bool) -> int:
        """Post open webhooks batch by batch, each at most once; returns how many."""
        pass_id, posted = new_id(), 0
        async with self._posting:
            while True:
                async with self._pool.acquire() as connection:
                    batch = await store.claim_webhooks(
                        connection, pass_id=pass_id, due_only=due_only, lease=LEASE, most=BATCH
                    )
                if not batch:
                    return posted
                await self._post_batch(batch)
                posted += len(batch)
                if len(batch) < BATCH and all(hook.kind == "status" for hook in batch):
                    return posted  # Nothing follows from a status.

    async def _post_batch(self, batch: Sequence[store.PendingWebhook]) -> None:
        """Post different texts' webhooks side by side, one text's own in their order."""
        by_text: dict[UUID, list[store.PendingWebhook]] = {}
        for webhook in batch:
            by_text.setdefault(webhook.text_id, []).append(webhook)
        done: list[UUID] = []

        async def post_in_order(webhooks: Sequence[store.PendingWebhook]) -> None:
            async with self._slots:
                for webhook in webhooks:
                    answered, _ = await self._deliver(webhook)
                    if answered:
                        done.append(webhook.id)

        try:
            async with asyncio.TaskGroup() as group:
                for webhooks in by_text.values():
                    group.create_task(post_in_order(webhooks))
        finally:
            # Also when cancelled half-way: what was answered needs no second post, and what was
            # not goes back before its lease ends.
            await self._mark(done, sorted({hook.id for hook in batch}.difference(done)))

    async def _mark(self, done: Sequence[UUID], failed: Sequence[UUID]) -> None:
        if done:
            async with self._pool.acquire() as connection:
                await store.mark_webhooks_answered(connection, done)
        if failed:
            await self._mark_failed(failed)

    def _wake(self) -> None:
        """There is something to post."""
        self.is_idle = False
        self._woken.set()

    async def _mark_failed(self, ids: Sequence[UUID]) -> None:
        self.is_idle = False
        async with self._pool.acquire() as connection:
            await store.mark_webhooks_failed(
                connection,
                ids,
                most_tries=MOST_TRIES,
                first_pause=FIRST_PAUSE,
                longest_pause=LONGEST_PAUSE,
            )

    async def _deliver(self, webhook: store.PendingWebhook) -> tuple[bool, str | None]:
        """Post one webhook, `faults.copies` times: was it answered, and the reply it brought."""
        url, parameters = self._request(webhook)
        answered, reply = False, None
        for _ in range(max(1, self.faults.copies)):
            body = await self._post(url, parameters)
            if body is None:
                continue
            answered = True
            if webhook.kind == "inbound":
                reply = await self._close_inbound(webhook, body) or reply
        return answered, reply

    def _request(self, webhook: store.PendingWebhook) -> tuple[str, dict[str, str]]:
        if webhook.kind == "inbound":
            url = self.webhook_base_url.rstrip("/") + wire.INBOUND_PATH
            text = InboundText(
                provider_id=str(webhook.text_id),
                our_address=webhook.our_address,
                their_address=webhook.their_address,
                body=webhook.body,
                media_count=webhook.media_count,
                verdict=self.verdicts.get(webhook.body.strip().upper()),
            )
            return url, wire.encode_inbound(text)
        return webhook.status_callback or "", wire.encode_status(
            str(webhook.text_id), webhook.status or "", webhook.error_code
        )

    async def _close_inbound(self, webhook: store.PendingWebhook, body: bytes) -> str | None:
        """Close an answered inbound webhook; the reply, if this was the first answer to it."""
        reply = wire.parse_reply(body)
        async with self._pool.acquire() as connection:
            if reply is None:
                await store.mark_webhooks_answered(connection, [webhook.id])
                return None
            text, callback = reply
            reply_id = await store.mark_inbound_answered(
                connection,
                webhook_id=webhook.id,
                body=text,
                reference=message_id_of(callback) if callback else None,
                status_callback=callback,
                outcomes=self._outcomes(webhook.their_address)[-1 if self.is_brief else 0 :],
            )
        self._wake()
        return text if reply_id is not None else None

    async def _post(self, url: str, parameters: dict[str, str]) -> bytes | None:
        """Post one signed form; the body of a 2xx answer, None for anything else."""
        headers = {
            "Content-Type": wire.FORM,
            wire.SIGNATURE_HEADER: wire.sign(self.secret, url, parameters),
        }
        try:
            async with (
                asyncio.timeout(WEBHOOK_BOUND.total_seconds()),
                self._client().post(
                    url, data=wire.encode_form(parameters), headers=headers, allow_redirects=False
                ) as response,
            ):
                body = await response.read()
                return body if 200 <= response.status < 300 else None
        except (TimeoutError, aiohttp.ClientError, OSError):
            return None

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None), cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    def _outcomes(self, their_address: str) -> list[store.Outcome]:
        """The statuses a text to that phone will cause."""
        if self.faults.withhold_statuses:
            return []
        last = (
            store.Outcome(status="undelivered", error_code="30003")
            if their_address in self.faults.unreachable
            else store.Outcome(status="delivered")
        )
        return [store.Outcome(status="sent"), last]
