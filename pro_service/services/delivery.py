"""From claim to delivery: one call to the provider, and what its answer and receipts mean.

A text whose fate is unknown is never sent again: it waits for a receipt, is looked up in the
provider's list, and is otherwise shown as unconfirmed.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from pro_service.domain.delivery.rules import retry_pause
from pro_service.domain.delivery.states import MessageState, apply_receipt
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.assessments import owes_answers
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.nudges import is_quiet_at
from pro_service.domain.study.statuses import standing
from pro_service.domain.study.times import zone
from pro_service.messaging.gateway import (
    AmbiguousError,
    Gateway,
    LookupFailedError,
    NotAcceptedError,
    OutboundText,
    RejectedError,
    WebhookRequest,
    status_callback_url,
)
from pro_service.services.asking import is_open
from pro_service.services.context import TRIES, BusyError, ServiceContext
from pro_service.services.reminders import LEASE_SECONDS, Claimed
from pro_service.store import messages
from pro_service.store.connection import Connection, StaleRevisionError
from pro_service.store.ids import new_id
from pro_service.store.messages import MessageRow, QueuedRow

CALL_BOUND_SECONDS = 15.0
"""No call to a provider lasts longer; half the lease is left to write down its outcome."""
log = logging.getLogger("pro_service.delivery")


class UnknownMessageError(ProServiceError):
    """A receipt is about a message that is not ours."""


async def send_claimed(
    connection: Connection, context: ServiceContext, gateway: Gateway, claimed: Claimed
) -> MessageState:
    """Make the one call a claim entitles to, and write down its outcome. No connection is held."""
    row = await messages.get_message(connection, claimed.study_id, claimed.message_id)
    if row is None or row.state is not MessageState.sending:
        return MessageState.ambiguous if row is None else row.state
    text = await _outbound(connection, context, row)
    state = MessageState.accepted
    provider_id = error_code = reason = None
    retry_in: timedelta | None = None
    try:
        async with asyncio.timeout(CALL_BOUND_SECONDS):
            provider_id = (await gateway.send(text)).provider_id
    except NotAcceptedError:
        state, reason = MessageState.queued, "not accepted"
        retry_in = retry_pause(row.tries)
    except RejectedError as error:
        state, reason, error_code = MessageState.failed, error.effect, error.code
    except (AmbiguousError, TimeoutError):
        state, reason = MessageState.ambiguous, "the call broke off"
    await messages.mark_message(
        connection,
        row.study_id,
        row.id,
        expected=MessageState.sending,
        state=state,
        provider_id=provider_id,
        error_code=error_code,
        reason=reason,
        retry_in=retry_in,
    )
    log.info("message_sent", extra={"state": str(state), "message_id": str(row.id)})
    return state


async def _outbound(
    connection: Connection, context: ServiceContext, row: MessageRow
) -> OutboundText:
    """Open what the provider needs in the clear; it lives as long as the call."""
    await context.study_key(connection, row.study_id)
    if row.participant_id is not None:
        await context.facts(connection, row.study_id, row.participant_id)
    return OutboundText(
        message_id=row.id,
        our_address=row.our_address,
        their_address=context.vault.unseal(
            row.their_address_sealed,
            key=row.their_address_key,
            table="lines",
            column="their_address",
            row_id=row.line_id,
        ),
        body=context.vault.unseal(
            row.body_sealed, key=row.body_key, table="messages", column="body", row_id=row.id
        ),
        status_callback=status_callback_url(context.public_url, context.provider, row.id),
        valid_for=row.lives_for,
    )


async def retry(
    connection: Connection, context: ServiceContext, queued: QueuedRow
) -> Claimed | None:
    """Claim a message again that was definitely not taken, if its reason still stands."""
    for _ in range(TRIES):
        row = await messages.get_message(connection, queued.study_id, queued.id)
        if row is None or row.state is not MessageState.queued or queued.participant_id is None:
            return None
        facts = await context.facts(connection, queued.study_id, queued.participant_id)
        gone = None if still_wanted(facts, row) else "its reason has gone"
        if gone is not None:
            await messages.mark_message(
                connection,
                row.study_id,
                row.id,
                expected=MessageState.queued,
                state=MessageState.suppressed,
                reason=gone,
            )
            return None
        protocol = await context.protocol(connection, queued.study_id, facts.protocol_version_id)
        if is_quiet_at(facts.now, protocol.messaging, zone(facts.zone)):
            return None  # It stays queued: quiet hours bind a second try as they bind the first.
        try:
            claimed = await messages.reclaim_message(
                connection,
                row.study_id,
                row.id,
                participant_id=queued.participant_id,
                revision=facts.revision,
                lease_seconds=LEASE_SECONDS,
            )
        except StaleRevisionError:
            continue
        return Claimed(row.study_id, row.id) if claimed else None
    raise BusyError


def still_wanted(facts: ParticipantFacts, row: MessageRow) -> bool:
    """Whether a reminder may still go: agreed to, and something owed in an open window."""
    if row.kind != "reminder":
        return True
    where = standing(facts.statuses, facts.now, facts.events)
    if not (where.may_message and where.may_answer) or facts.opted_out_at is not None:
        return False
    if facts.consent is None or not facts.consent.messages or facts.contact is None:
        return False
    return any(
        visit.id in row.visit_ids and is_open(visit, facts) and owes_answers(visit)
        for visit in facts.visits
    )


async def look_for(
    connection: Connection, context: ServiceContext, gateway: Gateway, claimed: Claimed
) -> MessageState:
    """Look an ambiguous message up at the provider: bound, still unknown, or given up."""
    row = await messages.get_message(connection, claimed.study_id, claimed.message_id)
    if row is None or row.state is not MessageState.ambiguous:
        return MessageState.ambiguous if row is None else row.state
    text = await _outbound(connection, context, row)
    try:
        async with asyncio.timeout(CALL_BOUND_SECONDS):
            found = await gateway.find(text.their_address, row.id)
    except (LookupFailedError, TimeoutError):
        return MessageState.ambiguous
    state = MessageState.unconfirmed if found is None else MessageState.accepted
    await messages.mark_message(
        connection,
        row.study_id,
        row.id,
        expected=MessageState.ambiguous,
        state=state,
        provider_id=None if found is None else found.provider_id,
        reason="found in the provider's list" if found else "never found",
    )
    return state


async def receive_status(
    connection: Connection, context: ServiceContext, gateway: Gateway, request: WebhookRequest
) -> None:
    """Store a delivery receipt and move its message on by rank, in whatever order they come.

    Raises ForgedWebhookError, UnreadableWebhookError, UnknownMessageError, BusyError.
    """
    receipt = gateway.parse_status(request)
    for _ in range(TRIES):
        found = await messages.find_message(
            connection,
            message_id=receipt.message_id,
            provider=gateway.name,
            provider_id=receipt.provider_id,
        )
        if found is None:
            raise UnknownMessageError
        reported = receipt.status
        state = found.state if reported is None else apply_receipt(found.state, reported)
        try:
            await messages.record_receipt(
                connection,
                found,
                receipt_id=new_id(),
                provider=gateway.name,
                provider_id=receipt.provider_id,
                provider_status=receipt.provider_status,
                error_code=receipt.error_code,
                state=state,
                actor=f"provider:{gateway.name}",
            )
        except StaleRevisionError:
            continue
        return
    raise BusyError
