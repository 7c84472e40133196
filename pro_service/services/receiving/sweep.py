"""Texts whose webhook never came: found in the provider's list, taken as if it had, in their order.

A provider gives a webhook up after a few tries; its list keeps the text. The reply cannot go out
in an answer any more, so it is queued and sent like any message. Some list what one number wrote
and nothing else: they are asked, once an hour, about the numbers that were written to of late.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from pro_service.messaging.gateway import (
    Gateway,
    InboundText,
    ListsByNumber,
    ListsInbound,
    LookupFailedError,
    UnreadableWebhookError,
)
from pro_service.services.base.context import ServiceContext
from pro_service.services.receiving.inbound import UnknownAddressError, take_text
from pro_service.services.texting import number_of
from pro_service.store.connection import Connection
from pro_service.store.keeping import holds
from pro_service.store.receiving import inbounds
from pro_service.store.texting import sending
from pro_service.store.texting.sending import InboundSweep

FIRST_LOOK: Final = timedelta(hours=24)
"""How far back the first look goes."""
OVERLAP: Final = timedelta(hours=1)
"""Looked through again each time: lists lag, and clocks differ."""
GRACE: Final = timedelta(minutes=2)
"""A younger text's webhook may still be under way."""
BY_NUMBER_EVERY: Final = timedelta(hours=1)
"""How often a provider is asked that must be asked number by number."""
REPLIES_COME: Final = timedelta(hours=48)
"""How long after a text to a number its reply is looked for there, as the provider advises."""
log = logging.getLogger("pro_service.inbound")


async def sweep_inbound(connection: Connection, context: ServiceContext, gateway: Gateway) -> int:
    """Feed every listed text that never came; returns how many. Raises BusyError.

    The watermark moves only once everything before it has been fed. A provider that keeps no such
    list, or cannot be asked now, is left for the next time.
    """
    if not isinstance(gateway, ListsInbound | ListsByNumber):
        return 0
    fed = 0
    restored_at = await holds.get_last_hold_began(connection)
    for sweep in await sending.list_inbound_sweeps(
        connection, gateway.name, first_look=FIRST_LOOK, overlap=OVERLAP, grace=GRACE
    ):
        by_number = isinstance(gateway, ListsByNumber)
        if by_number and sweep.until - sweep.since < OVERLAP + BY_NUMBER_EVERY - GRACE:
            continue
        try:
            texts = await _listed(connection, context, gateway, sweep)
        except LookupFailedError:
            continue
        for text in texts:
            known = await inbounds.find_provider_event(
                connection, sweep.study_id, gateway.name, text.provider_id
            )
            if known is not None:
                continue
            # What came before a restore was answered then, if it was to be answered at all.
            answered = (
                restored_at is not None
                and text.received_at is not None
                and text.received_at < restored_at
            )
            try:
                await take_text(
                    connection, context, gateway, text, by_queue=True, answered=answered
                )
            except (UnreadableWebhookError, UnknownAddressError) as error:
                # Refused by the webhook for the same reason: nobody's text.
                log.warning("listed_text_refused", extra={"error": type(error).__name__})
                continue
            fed += 1
            log.warning("listed_text_fed", extra={"provider": gateway.name})
        await sending.mark_inbound_swept(connection, sweep)
    return fed


async def _listed(
    connection: Connection,
    context: ServiceContext,
    gateway: ListsInbound | ListsByNumber,
    sweep: InboundSweep,
) -> Sequence[InboundText]:
    """What a provider shows of a sweep's span. Raises LookupFailedError."""
    if isinstance(gateway, ListsInbound):
        return await gateway.list_inbound(sweep.address, since=sweep.since, until=sweep.until)
    found: list[InboundText] = []
    lines = await sending.list_lines_written_to(connection, sweep, sweep.since - REPLIES_COME)
    if lines:
        await context.keys.study_key(connection, sweep.study_id)
    for line in lines:
        number = number_of(context, line)
        found += await gateway.list_replies(number, since=sweep.since, until=sweep.until)
    return found
