"""Noting what is to be told, and telling it: at least once, signed, with an id and a kind only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from pro_service.domain.programs.webhooks import (
    NOTED,
    SAFETY,
    WITHIN,
    again_after,
    body_of,
    signature,
)
from pro_service.domain.study.permissions import MAY, Action
from pro_service.messaging.webhooks import BOUND_SECONDS, NotTakenError, WebhookPost, Webhooks
from pro_service.services.base.context import ServiceContext
from pro_service.store.api import webhooks as store
from pro_service.store.api.webhooks import Feeding, Telling
from pro_service.store.connection import Connection
from pro_service.vault.places import WEBHOOK_SECRET

LEASE: Final = timedelta(seconds=6 * BOUND_SECONDS)
"""So long a claim stands: whoever died in a call leaves it to the next."""
_FEEDING: Final = Feeding(
    {entry: str(kind) for entry, kind in NOTED.items()},
    {str(kind): column for kind, column in WITHIN.items()},
    {str(kind) for kind in SAFETY},
    {str(role) for role in MAY[Action.see_participants]},
)
_MOST_ENTRIES: Final = 2000
_MOST_CLAIMED: Final = 32


async def note_news(connection: Connection) -> int:
    """Note what has happened since; how many entries of the audit were looked at."""
    return await store.feed_webhooks(connection, _FEEDING, _MOST_ENTRIES)


async def list_to_tell(connection: Connection) -> Sequence[Telling]:
    """Claim what is due now: as much as is told within the lease, a few at once."""
    return await store.claim_webhooks(connection, LEASE, _MOST_CLAIMED)


async def tell(
    connection: Connection, context: ServiceContext, webhooks: Webhooks, told: Telling
) -> int:
    """Tell one, and keep what came of it. Raises SealBrokenError, DataKeyMissingError."""
    await context.keys.study_key(connection, told.study_id)
    secret = WEBHOOK_SECRET.open(
        context.keys.vault, told.secret_sealed, key=told.secret_key, row_id=told.webhook_id
    )
    try:
        await webhooks.post(_post(told, secret))
    except NotTakenError as error:
        await store.settle_webhook(connection, told, error.fault, again_after(told.tries))
    else:
        await store.settle_webhook(connection, told, None, None)
    return 1


def _post(told: Telling, secret: str) -> WebhookPost:
    """The request: its id is the same at each try, so that a receiver knows a copy."""
    message_id = f"{told.webhook_id}.{told.entry_id}.{told.participant_id}"
    at = int(told.now.timestamp())
    body = body_of(told.kind, told.participant_id)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "pro_service",
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": signature(secret, message_id, at, body),
    }
    return WebhookPost(told.url, told.private, headers, body)
