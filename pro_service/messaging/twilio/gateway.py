"""The gateway to Twilio, on the SDK's asynchronous client.

The SDK is kept from doing harm: every call is bounded here (its own time-out is ignored), it
repeats nothing (a repeated POST is a second text), it logs nothing (addresses of list calls carry
telephone numbers), and it uses one long-lived session of ours.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp

# The SDK would load this within the first call, and stop the loop for a while as it does.
import twilio.rest.api.v2010.account.message  # noqa: F401  (to have it loaded)
from pydantic import SecretStr
from twilio.base.exceptions import TwilioException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from pro_service.messaging.gateway import (
    Accepted,
    AmbiguousError,
    Batch,
    DeliveryReceipt,
    Found,
    InboundText,
    LookupFailedError,
    NotAcceptedError,
    OutboundText,
    ReplyBody,
    WebhookRequest,
)
from pro_service.messaging.twilio import wire

CALL_BOUND: Final = timedelta(seconds=10)
CONNECTIONS: Final = 200
"""Calls under way at once; the SDK's own session would stop at 100 and queue the rest unseen."""
LISTED: Final = 200
"""How many of a number's newest messages are looked through for one of ours; a page of a list."""
LIST_BOUND: Final = timedelta(seconds=60)
"""Bounds the reading of a list of several pages."""
UNREADABLE: Final = (
    TwilioException,
    TimeoutError,
    aiohttp.ClientError,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
)
"""What reading a list can end with; the last four: an answer the SDK did not expect."""

_quiet = logging.getLogger("pro_service.messaging.twilio.sdk")
_quiet.setLevel(logging.WARNING)
for _name in ("twilio.async_http_client", "twilio.http_client"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class _Authorisation:
    """Basic authorisation as a header of ours: the SDK's own way uses what aiohttp gives up."""

    def __init__(self, account_sid: str, auth_token: SecretStr) -> None:
        """Encode both."""
        pair = f"{account_sid}:{auth_token.get_secret_value()}"
        self._header = SecretStr("Basic " + base64.b64encode(pair.encode()).decode("ascii"))

    def to_auth_strategy(self) -> _Authorisation:
        """Itself: the SDK asks for a strategy, and the strategy for the header."""
        return self

    def get_auth_string(self) -> str:
        """The header's value."""
        return self._header.get_secret_value()


class TwilioGateway:
    """Sends through a Twilio account. Make it inside the event loop; close it.

    `call_bound` bounds each call from connecting to the last byte of the answer. `api_base` stands
    in for Twilio's own address in tests.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: SecretStr,
        *,
        api_base: str | None = None,
        call_bound: timedelta = CALL_BOUND,
    ) -> None:
        """Keep the settings; no connection is opened yet."""
        self.name = wire.NAME
        self._account_sid = account_sid
        self._token = auth_token
        self.api_base = api_base
        self._bound_s = call_bound.total_seconds()
        self._client: Any = None
        self._opening = asyncio.Lock()

    async def send(self, text: OutboundText) -> Accepted:
        """Hand over one text, once. Raises NotAcceptedError, RejectedError, AmbiguousError."""
        try:
            async with asyncio.timeout(self._bound_s):
                client = await self.client()
                made = await client.messages.create_async(**wire.send_arguments(text))
        except TwilioException as error:
            raise _refusal(error) from None
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL):
            # Refused, no such name, no trust in the certificate: no byte of the request left. The
            # cause is dropped here and below because its text may carry the request.
            raise NotAcceptedError from None
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError, TypeError, AttributeError):
            # The last three: an answer that is not what the SDK expects says nothing either way.
            raise AmbiguousError from None
        if not isinstance(made.sid, str) or not made.sid:
            raise AmbiguousError
        return Accepted(provider_id=made.sid)

    async def find(
        self, text: OutboundText, *, earliest: datetime, latest: datetime | None
    ) -> tuple[Found, ...]:
        """What the provider's list shows that can be this text. Raises LookupFailedError.

        Not filtered by date: what is still queued has no `date_sent` yet.
        """
        filters = {} if wire.is_service(text.our_address) else {"from_": text.our_address}
        try:
            async with asyncio.timeout(self._bound_s):
                client = await self.client()
                listed = await client.messages.list_async(
                    to=text.their_address, limit=LISTED, page_size=LISTED, **filters
                )
            rows = [_listed(each) for each in listed]
        except UNREADABLE:
            raise LookupFailedError from None
        return tuple(Found(provider_id=sid) for sid in wire.matching(rows, text, earliest, latest))

    async def list_inbound(
        self, our_address: str, *, since: datetime, until: datetime
    ) -> tuple[InboundText, ...]:
        """The texts that came to one of our addresses in [since, until), in their order.

        Raises LookupFailedError.
        """
        filters = {} if wire.is_service(our_address) else {"to": our_address}
        found: list[tuple[datetime, InboundText]] = []
        try:
            async with asyncio.timeout(LIST_BOUND.total_seconds()):
                client = await self.client()
                listed = await client.messages.stream_async(page_size=LISTED, **filters)
                async for message in listed:  # the newest first
                    created_at = message.date_created
                    if created_at < since:
                        break
                    if created_at < until and _came_to(message, our_address):
                        found.append((created_at, _inbound(message)))
        except UNREADABLE:
            raise LookupFailedError from None
        # Twilio's times have whole seconds: what came within one keeps the list's own order.
        found.reverse()
        return tuple(text for _, text in sorted(found, key=lambda each: each[0]))

    def parse_inbound(self, request: WebhookRequest) -> Batch[InboundText]:
        """Check and read an inbound text. Raises ForgedWebhookError, UnreadableWebhookError."""
        return Batch(items=(wire.parse_inbound(request, self._token, self._account_sid),))

    def parse_receipts(self, request: WebhookRequest) -> Batch[DeliveryReceipt]:
        """Check and read a receipt. Raises ForgedWebhookError, UnreadableWebhookError."""
        return Batch(items=(wire.parse_status(request, self._token, self._account_sid),))

    def reply(self, text: str | None, status_callback: str | None = None) -> ReplyBody:
        """The answer to an inbound webhook; `text` None says nothing to the participant."""
        return wire.encode_reply(text, status_callback)

    async def close(self) -> None:
        """Release the connections; the gateway may be used again afterwards."""
        async with self._opening:
            if self._client is not None:
                client, self._client = self._client, None
                await client.http_client.close()

    async def client(self) -> Any:
        """The SDK's client on one session of ours, made inside the running loop.

        Whoever uses it bounds the call: the SDK does not.
        """
        async with self._opening:
            if self._client is None:
                http = AsyncTwilioHttpClient(pool_connections=True, logger=_quiet)
                await http.session.close()
                http.session = aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                    timeout=aiohttp.ClientTimeout(total=None),
                    cookie_jar=aiohttp.DummyCookieJar(),
                )
                client = Client(
                    account_sid=self._account_sid,
                    credential_provider=_Authorisation(self._account_sid, self._token),
                    http_client=http,
                    # Not the process's environment, whose TWILIO_REGION would move every call; an
                    # empty mapping would be taken for none given.
                    environment={"TWILIO_REGION": ""},
                )
                if self.api_base is not None:
                    client.api.base_url = self.api_base
                self._client = client
        return self._client


def _refusal(error: TwilioException) -> Exception:
    """What an error of the SDK means; one without a status came from no answer we know."""
    status = getattr(error, "status", None)
    if not isinstance(status, int):
        return AmbiguousError()
    return wire.refusal(status, getattr(error, "code", None))


def _came_to(message: Any, our_address: str) -> bool:
    to = message.messaging_service_sid if wire.is_service(our_address) else message.to
    return bool(message.direction == "inbound" and to == our_address)


def _inbound(message: Any) -> InboundText:
    return InboundText(
        provider_id=message.sid,
        our_address=message.to,
        their_address=message.from_,
        body=message.body or "",
        media_count=int(message.num_media or "0"),
        received_at=message.date_created,
        proof="pulled",
        service_address=message.messaging_service_sid,
    )


def _listed(message: Any) -> wire.Listed:
    created_at = message.date_created
    return wire.Listed(
        sid=str(message.sid),
        body=str(message.body),
        direction=str(message.direction),
        to=str(message.to),
        from_=message.from_,
        service=message.messaging_service_sid,
        created_at=created_at if isinstance(created_at, datetime) else None,
    )
