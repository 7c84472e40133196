"""The gateway to the fake provider, over its HTTP interface."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import aiohttp
from pydantic import SecretStr

from pro_service.messaging.gateway import (
    Accepted,
    AmbiguousError,
    DeliveryReceipt,
    InboundText,
    LookupFailedError,
    NotAcceptedError,
    OutboundText,
    RejectedError,
    ReplyBody,
    WebhookRequest,
)
from pro_service.messaging.simulator import wire

CALL_BOUND: Final = timedelta(seconds=10)


class SimulatorGateway:
    """Sends through the fake provider at `base_url`. Make it inside the event loop; close it.

    `call_bound` bounds each call from connecting to the last byte of the answer.
    """

    def __init__(
        self, base_url: str, secret: SecretStr, *, call_bound: timedelta = CALL_BOUND
    ) -> None:
        """Keep the settings; no connection is opened yet."""
        self.name = wire.NAME
        self._messages_url = f"{base_url.rstrip('/')}/messages"
        self._secret = secret
        self._bound_s = call_bound.total_seconds()
        self._session: aiohttp.ClientSession | None = None

    async def send(self, text: OutboundText) -> Accepted:
        """Hand over one text, once. Raises NotAcceptedError, RejectedError, AmbiguousError."""
        try:
            async with (
                asyncio.timeout(self._bound_s),
                self._client().post(
                    self._messages_url,
                    data=wire.encode_form(wire.encode_send(text)),
                    headers={**self._authorisation(), "Content-Type": wire.FORM},
                    allow_redirects=False,
                ) as response,
            ):
                status, body = response.status, await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL):
            # Refused, no such name, or no address at all: no byte of the request left. The cause
            # is dropped here and below because its text may carry the request.
            raise NotAcceptedError from None
        except (TimeoutError, aiohttp.ClientError, OSError):
            raise AmbiguousError from None
        return _accepted(status, body)

    async def find(
        self, text: OutboundText, *, earliest: datetime, latest: datetime | None
    ) -> tuple[Accepted, ...]:
        """What the provider's list shows that can be this text. Raises LookupFailedError.

        This provider keeps our reference, so the times are not needed.
        """
        try:
            async with (
                asyncio.timeout(self._bound_s),
                self._client().get(
                    self._messages_url,
                    params={"to": text.their_address, "reference": str(text.message_id)},
                    headers=self._authorisation(),
                    allow_redirects=False,
                ) as response,
            ):
                if response.status != 200:
                    raise LookupFailedError
                listed = await response.json()
                ids = [str(row["id"]) for row in listed["messages"]]
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError, KeyError, TypeError):
            raise LookupFailedError from None
        return tuple(Accepted(provider_id=one) for one in ids)

    def parse_inbound(self, request: WebhookRequest) -> InboundText:
        """Check and read an inbound text. Raises ForgedWebhookError, UnreadableWebhookError."""
        return wire.parse_inbound(request, self._secret)

    def parse_status(self, request: WebhookRequest) -> DeliveryReceipt:
        """Check and read a receipt. Raises ForgedWebhookError, UnreadableWebhookError."""
        return wire.parse_status(request, self._secret)

    def reply(self, text: str | None, status_callback: str | None = None) -> ReplyBody:
        """The answer to an inbound webhook; `text` None says nothing to the participant."""
        return wire.encode_reply(text, status_callback)

    async def close(self) -> None:
        """Release the connections; the gateway may be used again afterwards."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            # The worker's own bound says how many calls run at once; each bounds itself.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    def _authorisation(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._secret.get_secret_value()}"}


def _accepted(status: int, body: bytes) -> Accepted:
    """What an answer to a send means; a success without a readable id is ambiguous."""
    if 200 <= status < 300:
        provider_id = wire.parse_accepted(body)
        if provider_id is None:
            raise AmbiguousError
        return Accepted(provider_id=provider_id)
    if status == 429:
        raise NotAcceptedError
    if 300 <= status < 500:
        code, effect = wire.rejection_of(body, status)
        raise RejectedError(code, effect)
    raise AmbiguousError
