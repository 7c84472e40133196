"""Batches that a provider pushed: kept as they came, acknowledged, and worked off afterwards.

Such a provider waits for less than a second and tries three times, so that keeping a push is one
statement. Working it off may be broken off and begun again: copies of a text or a receipt change
nothing. One element that cannot be read, or is about nobody of ours, refuses none of the others.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.messaging.gateway import (
    Batch,
    DeliveryReceipt,
    Gateway,
    InboundText,
    Pushes,
    UnreadableWebhookError,
    WebhookRequest,
)
from pro_service.services.base.context import ServiceContext
from pro_service.services.receiving.arriving import UnknownAddressError
from pro_service.services.receiving.inbound import take_text
from pro_service.services.receiving.receipts import UnknownMessageError, take_receipt
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.receiving import pushes
from pro_service.store.receiving.pushes import (
    MOST_TRIES,
    KeptPush,
    NewPush,
    PushKind,
    PushRow,
    Tally,
)
from pro_service.vault import places

LEASE: Final = timedelta(seconds=60)
"""How long a worker may take, and the pause before a push is tried again (machine time)."""
PATIENCE: Final = 3
"""Tries at a receipt about no message of ours: it may have come before the call was answered."""
MOST_LISTED: Final = 200
log = logging.getLogger("pro_service.inbound")


class UnknownPushError(ProServiceError):
    """No push of this id is kept: see `pro-service pushes list`."""


class Inbox:
    """Keeps pushes. It remembers whose a provider's are, so that keeping one is one statement."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._studies: dict[str, UUID] = {}

    async def keep(
        self,
        connection: Connection,
        context: ServiceContext,
        provider: str,
        kind: PushKind,
        body: bytes,
    ) -> None:
        """Keep a push as it came. Raises UnknownAddressError where the provider has no sender."""
        study_id = self._studies.get(provider)
        if study_id is None:
            study_id = await pushes.find_study_of_provider(connection, provider)
            if study_id is None:
                raise UnknownAddressError
            self._studies[provider] = study_id
        key = await context.keys.study_key(connection, study_id)
        push_id = new_id()
        sealed = places.PUSH_BODY.seal(
            context.keys.vault, body.decode("latin-1"), data_key=key, row_id=push_id
        )
        push = NewPush(study_id, push_id, provider, kind, sealed.ciphertext, sealed.key)
        await pushes.insert_push(connection, push)


async def work_off(connection: Connection, context: ServiceContext) -> int:
    """Work off the oldest push that waits; 0 where none does. Raises BusyError."""
    pushing = [name for name, one in context.gateways.items() if isinstance(one, Pushes)]
    if not pushing:
        return 0
    push = await pushes.claim_push(connection, pushing, LEASE, MOST_TRIES)
    if push is None:
        return 0
    gateway = context.gateways.of(push.provider)
    tally = await _take_all(connection, context, gateway, push)
    if push.kind == "receipts" and tally.unknown and push.tries < PATIENCE:
        return 1
    # Receipts of others' messages are none of our business: an account may be shared.
    keep = bool(tally.broken or (push.kind == "inbound" and tally.unknown))
    await pushes.mark_push_worked(connection, push, tally, keep=keep)
    if keep:
        log.warning("push_to_look_at", extra={"provider": push.provider, "push": str(push.id)})
    return 1


async def _take_all(
    connection: Connection, context: ServiceContext, gateway: Gateway, push: PushRow
) -> Tally:
    body = await _open(connection, context, push.study_id, push.id, push.body_sealed, push.body_key)
    request = WebhookRequest(url="", headers={}, body=body)
    read = gateway.parse_receipts if push.kind == "receipts" else gateway.parse_inbound
    try:
        batch: Batch[DeliveryReceipt] | Batch[InboundText] = read(request)
    except UnreadableWebhookError:
        return Tally(broken=1)
    taken = unknown = 0
    broken = batch.broken
    for item in batch.items:
        try:
            if isinstance(item, InboundText):
                await take_text(connection, context, gateway, item, by_queue=True)
            else:
                await take_receipt(connection, context, gateway.name, item, final=True)
            taken += 1
        except (UnknownAddressError, UnknownMessageError):
            unknown += 1
        except UnreadableWebhookError:
            broken += 1
    return Tally(taken, broken, unknown)


async def list_kept(connection: Connection, study_id: UUID) -> list[KeptPush]:
    """Pushes that hold something for somebody to look at, oldest first."""
    return await pushes.list_pushes_to_look_at(
        connection, study_id, most_tries=MOST_TRIES, limit=MOST_LISTED
    )


async def read_kept(
    connection: Connection, context: ServiceContext, study_id: UUID, push_id: UUID
) -> bytes:
    """A push that is kept, byte for byte. Raises UnknownPushError."""
    found = await pushes.get_push(connection, study_id, push_id)
    if found is None:
        raise UnknownPushError
    return await _open(connection, context, study_id, push_id, *found)


async def close_kept(connection: Connection, study_id: UUID, push_id: UUID, *, actor: str) -> None:
    """Somebody has looked at a push: nothing of it is kept. Raises UnknownPushError."""
    if not await pushes.close_push(connection, study_id, push_id, actor):
        raise UnknownPushError


async def _open(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    push_id: UUID,
    sealed: bytes,
    key: str,
) -> bytes:
    await context.keys.open_key(connection, study_id, key)
    text = places.PUSH_BODY.open(context.keys.vault, sealed, key=key, row_id=push_id)
    return text.encode("latin-1")
