"""Texts whose webhook never came: found in the provider's list, taken as if it had, in their order.

A provider gives a webhook up after a few tries; its list keeps the text. The reply cannot go out
in an answer any more, so it is queued and sent like any message. Some list what one number wrote
and nothing else: they are asked, once an hour, about the numbers that were written to of late. A
number that gives no answer keeps nobody else's text back, and is asked again an hour later.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from pro_service.messaging.gateway import (
    Gateway,
    InboundText,
    ListsByNumber,
    ListsInbound,
    LookupFailedError,
    UnreadableWebhookError,
)
from pro_service.services.base.context import ServiceContext
from pro_service.services.receiving.arriving import UnknownAddressError
from pro_service.services.receiving.inbound import take_text
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
    for sweep in await sending.list_inbound_sweeps(
        connection, gateway.name, first_look=FIRST_LOOK, overlap=OVERLAP, grace=GRACE
    ):
        texts: Sequence[InboundText]
        whole = True
        if isinstance(gateway, ListsByNumber):
            if not _is_due(sweep):
                continue
            texts, whole = await _listed_by_number(connection, context, gateway, sweep)
        else:
            try:
                texts = await gateway.list_inbound(
                    sweep.address, since=sweep.since, until=sweep.until
                )
            except LookupFailedError:
                continue
        fed += await _feed(connection, context, gateway, sweep.study_id, texts)
        if whole:
            await sending.mark_inbound_swept(connection, sweep)
        else:
            before, now = sweep.since + OVERLAP, sweep.until + GRACE
            await sending.mark_inbound_failed(connection, sweep, before, now)
    return fed


def _is_due(sweep: InboundSweep) -> bool:
    """Whether the numbers are to be asked again: not within the hour, in vain or not."""
    wait = BY_NUMBER_EVERY - GRACE
    if sweep.until - sweep.since < OVERLAP + wait:
        return False
    if sweep.failed_at is None:
        return True
    # A clock that was put right since leaves an instant behind that lies ahead.
    return not timedelta(0) <= sweep.until + GRACE - sweep.failed_at < wait


async def _listed_by_number(
    connection: Connection, context: ServiceContext, gateway: ListsByNumber, sweep: InboundSweep
) -> tuple[list[InboundText], bool]:
    """What a provider shows of each number of a sweep, and whether all of them were answered."""
    found: list[InboundText] = []
    lines = await sending.list_lines_written_to(connection, sweep, sweep.since - REPLIES_COME)
    if lines:
        await context.keys.study_key(connection, sweep.study_id)
    failed = 0
    for line in lines:
        number = number_of(context, line)
        try:
            found += await gateway.list_replies(number, since=sweep.since, until=sweep.until)
        except LookupFailedError:
            failed += 1
    if failed:
        numbers = {"failed": failed, "asked": len(lines)}
        log.warning("replies_not_listed", extra=numbers)
    return found, not failed


async def _feed(
    connection: Connection,
    context: ServiceContext,
    gateway: Gateway,
    study_id: UUID,
    texts: Sequence[InboundText],
) -> int:
    """Take what never came; returns how many. Raises BusyError."""
    fed = 0
    restored_at = await holds.get_last_hold_began(connection)
    for text in texts:
        known = await inbounds.find_provider_event(
            connection, study_id, gateway.name, text.provider_id
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
            await take_text(connection, context, gateway, text, by_queue=True, answered=answered)
        except (UnreadableWebhookError, UnknownAddressError) as error:
            # Refused by the webhook for the same reason: nobody's text.
            log.warning("listed_text_refused", extra={"error": type(error).__name__})
            continue
        fed += 1
        log.warning("listed_text_fed", extra={"provider": gateway.name})
    return fed
