"""A second copy of a webhook: it changes nothing and gets the reply the first one got."""

from __future__ import annotations

from uuid import UUID

from pro_service.messaging.gateway import Gateway, ReplyBody, status_callback_url
from pro_service.services.base.context import ServiceContext
from pro_service.services.receiving.case import Received
from pro_service.store.base import operations
from pro_service.store.connection import Connection
from pro_service.store.receiving import inbounds
from pro_service.vault import places


async def first_copy(
    connection: Connection,
    context: ServiceContext,
    gateway: Gateway,
    received: Received,
) -> ReplyBody | None:
    """The reply the first copy of this text got, if this is not the first."""
    study_id, provider_id = received.sender.study_id, received.text.provider_id
    found = await inbounds.find_provider_event(connection, study_id, gateway.name, provider_id)
    if found is None:
        return None
    await operations.mark_settled(connection)
    if found.by_queue:
        return gateway.reply(None)  # The reply goes out, or went out, as a message of its own.
    if found.message_id is None or found.body_sealed is None or found.body_key is None:
        return gateway.reply(None)
    await context.keys.open_key(connection, study_id, found.body_key)
    body = places.MESSAGE_BODY.open(
        context.keys.vault, found.body_sealed, key=found.body_key, row_id=found.message_id
    )
    return answer_with(context, gateway, body, found.message_id)


def answer_with(
    context: ServiceContext, gateway: Gateway, body: str, message_id: UUID
) -> ReplyBody:
    """The body that answers a webhook with a message."""
    return gateway.reply(body, status_callback_url(context.public_url, gateway.name, message_id))
