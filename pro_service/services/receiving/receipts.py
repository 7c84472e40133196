"""What a provider says became of a text of ours, in whatever order it says so."""

from __future__ import annotations

from typing import Final

from pro_service.domain.delivery.states import MessageState, apply_receipt
from pro_service.domain.errors import ProServiceError
from pro_service.messaging.gateway import DeliveryReceipt, Gateway, WebhookRequest
from pro_service.services.base.actors import provider_actor
from pro_service.services.base.context import ServiceContext
from pro_service.services.texting import follow
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.texting import messages
from pro_service.store.texting.messages import ReceiptRow

_SETTLED: Final = frozenset({MessageState.delivered, MessageState.undelivered, MessageState.failed})


class UnknownMessageError(ProServiceError):
    """A receipt is about a message that is not ours."""


async def receive_status(
    connection: Connection, context: ServiceContext, gateway: Gateway, request: WebhookRequest
) -> None:
    """Take a webhook's receipts.

    Raises ForgedWebhookError, UnreadableWebhookError, UnknownMessageError, BusyError.
    """
    for receipt in gateway.parse_receipts(request).items:
        await take_receipt(connection, context, gateway.name, receipt)


async def take_receipt(
    connection: Connection,
    context: ServiceContext,
    provider: str,
    receipt: DeliveryReceipt,
    *,
    final: bool = False,
) -> None:
    """Store a delivery receipt and move its message on by rank, in whatever order they come.

    `final`: of a provider that says once what became of a text, and may say that again: what moves
    nothing any more is a copy, and changes nothing. What it means beyond the message is followed
    before it is kept: where that breaks off the receipt is no copy yet, and is taken up again.
    Raises UnknownMessageError.
    """
    actor, reported = provider_actor(provider), receipt.status
    row = ReceiptRow(
        id=new_id(),
        provider=provider,
        provider_id=receipt.provider_id,
        provider_status=receipt.provider_status,
        error_code=receipt.error_code,
        actor=actor,
    )
    moves = {one: one if reported is None else apply_receipt(one, reported) for one in MessageState}
    copied = _SETTLED if final else frozenset()
    if receipt.effect is not None:
        names = (receipt.message_id, provider, receipt.provider_id)
        about = await messages.find_reported(connection, *names)
        if about is not None and not (about.state in copied and moves[about.state] == about.state):
            message = await messages.get_message(connection, about.study_id, about.id)
            if message is not None:
                await follow(connection, context, message, receipt.effect, actor)
    if not await messages.record_receipt(connection, receipt.message_id, row, moves, copied=copied):
        raise UnknownMessageError
