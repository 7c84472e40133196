"""The gateway to the fake provider, over its HTTP interface."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Final

from pydantic import SecretStr
from yarl import URL

from pro_service.messaging.caller import Caller
from pro_service.messaging.gateway import (
    Accepted,
    AmbiguousError,
    Batch,
    DeliveryReceipt,
    Found,
    GatewayError,
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
        self._messages = URL(f"{base_url.rstrip('/')}/messages")
        self._secret = secret
        self._caller = Caller(call_bound)

    async def send(self, text: OutboundText) -> Accepted:
        """Hand over one text, once. Raises NotAcceptedError, RejectedError, AmbiguousError."""
        form = wire.encode_form(wire.encode_send(text))
        headers = {**self._authorisation(), "Content-Type": wire.FORM}
        answer = await self._caller.call("POST", self._messages, headers, form)
        return _accepted(answer.status, answer.body)

    async def find(
        self, text: OutboundText, *, earliest: datetime, latest: datetime | None
    ) -> tuple[Found, ...]:
        """What the provider's list shows that can be this text. Raises LookupFailedError.

        This provider keeps our reference, so the times are not needed.
        """
        address = self._messages.with_query(
            {"to": text.their_address, "reference": str(text.message_id)}
        )
        try:
            answer = await self._caller.call("GET", address, self._authorisation())
            if answer.status != 200:
                raise LookupFailedError
            ids = [str(row["id"]) for row in json.loads(answer.body)["messages"]]
        except (GatewayError, ValueError, KeyError, TypeError):
            raise LookupFailedError from None
        return tuple(Found(provider_id=one) for one in ids)

    def parse_inbound(self, request: WebhookRequest) -> Batch[InboundText]:
        """Check and read an inbound text. Raises ForgedWebhookError, UnreadableWebhookError."""
        return Batch(items=(wire.parse_inbound(request, self._secret),))

    def parse_receipts(self, request: WebhookRequest) -> Batch[DeliveryReceipt]:
        """Check and read a receipt. Raises ForgedWebhookError, UnreadableWebhookError."""
        return Batch(items=(wire.parse_status(request, self._secret),))

    def reply(self, text: str | None, status_callback: str | None = None) -> ReplyBody:
        """The answer to an inbound webhook; `text` None says nothing to the participant."""
        return wire.encode_reply(text, status_callback)

    async def close(self) -> None:
        """Release the connections; the gateway may be used again afterwards."""
        await self._caller.close()

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
