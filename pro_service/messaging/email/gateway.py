"""The gateway to participants' e-mail: a mail server that takes letters, and what comes back.

No mail server can be asked afterwards: a letter of unknown fate is shown as unconfirmed, unless it
comes back.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pydantic import SecretStr

from pro_service.messaging.email import wire
from pro_service.messaging.email.wire import Returns
from pro_service.messaging.gateway import (
    Accepted,
    Batch,
    DeliveryReceipt,
    Found,
    InboundText,
    OutboundText,
    ReplyBody,
    UnreadableWebhookError,
    WebhookRequest,
)
from pro_service.messaging.smtp.transport import LetterTurnedAwayError, MailServer, Transport

SECONDS: Final = 5.0
"""How long each step with the mail server may take (machine time): all of them within a lease."""


class EmailGateway:
    """Hands letters to a mail server, each with a return address of its own."""

    def __init__(
        self, server: MailServer, returns_to: str, secret: SecretStr, *, seconds: float = SECONDS
    ) -> None:
        """Keep the settings; no connection is opened yet. Raises OSError for no certificates.

        `returns_to` is the address whose mail is handed to us; `secret` marks what is ours.
        """
        self.name = wire.NAME
        self._transport = Transport(server, seconds=seconds)
        self._returns = Returns(returns_to, secret)

    async def send(self, text: OutboundText) -> Accepted:
        """Hand over one letter, once. Raises NotAcceptedError, RejectedError, AmbiguousError."""
        mail = wire.composed(text, datetime.now(UTC))
        try:
            await self._transport.hand_over(mail, wire.envelope(text, self._returns))
        except LetterTurnedAwayError as error:
            raise wire.rejection(error) from None
        return Accepted(provider_id=text.message_id.hex)

    async def find(
        self, text: OutboundText, *, earliest: datetime, latest: datetime | None
    ) -> tuple[Found, ...]:
        """Nothing: a mail server keeps no list. That proves nothing."""
        return ()

    def parse_inbound(self, request: WebhookRequest) -> Batch[InboundText]:
        """No answer comes by e-mail. Raises UnreadableWebhookError."""
        raise UnreadableWebhookError("Nothing is answered by e-mail.")

    def parse_receipts(self, request: WebhookRequest) -> Batch[DeliveryReceipt]:
        """Read a letter that came back. Raises ForgedWebhookError, UnreadableWebhookError."""
        return wire.read_returned(request.body, self._returns)

    def reply(self, text: str | None, status_callback: str | None = None) -> ReplyBody:
        """Nothing is said in an answer: nothing comes in."""
        return ReplyBody(content_type="text/plain", body="")

    async def sign_in(self) -> None:
        """Ask the mail server whether it would take letters. Raises NotAcceptedError."""
        await self._transport.sign_in()

    async def close(self) -> None:
        """Nothing is kept open between letters."""
