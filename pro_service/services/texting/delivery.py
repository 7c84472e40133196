"""From claim to delivery: one call to the provider, and what its answer and receipts mean.

A text whose fate is unknown is never sent again: it waits for a receipt, is looked up in the
provider's list, and is otherwise shown as unconfirmed.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from pro_service.domain.delivery.rules import TEXTS_A_SECOND, retry_pause
from pro_service.domain.delivery.states import MessageState, apply_receipt
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.assessments import owes_answers
from pro_service.domain.study.facts import ParticipantFacts, Status
from pro_service.domain.study.nudges import is_quiet_at
from pro_service.domain.study.protocol import Messaging
from pro_service.domain.study.statuses import standing
from pro_service.domain.study.times import quiet_start, zone
from pro_service.messaging.gateway import (
    AmbiguousError,
    Effect,
    Gateway,
    LookupFailedError,
    NotAcceptedError,
    OutboundText,
    RejectedError,
    WebhookRequest,
    status_callback_url,
)
from pro_service.services.answering import is_open
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import TRIES, BusyError
from pro_service.services.texting.consequences import follow
from pro_service.services.texting.reminders import ACTOR, LEASE_SECONDS, Claimed
from pro_service.store.connection import Connection, StaleRevisionError
from pro_service.store.ids import made_at, new_id
from pro_service.store.texting import messages, sending
from pro_service.store.texting.messages import MessageRow, QueuedRow

CALL_BOUND_SECONDS = 15.0
"""No call to a provider lasts longer; it begins only while this much of the lease is left."""
TURN_PATIENCE = timedelta(seconds=LEASE_SECONDS - CALL_BOUND_SECONDS - 5)
"""How long a claimed text waits for its sender's turn; what would wait longer is queued."""
LEAST_LIFE = timedelta(seconds=10)
"""A text that may live no longer than this in the provider's queue is not handed over."""
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
    held_back = await _not_now(connection, row, text)
    if held_back is not None:
        return await _give_back(connection, row, held_back)
    state = MessageState.accepted
    provider_id = error_code = reason = None
    retry_in: timedelta | None = None
    effect: Effect | None = None
    try:
        async with asyncio.timeout(CALL_BOUND_SECONDS):
            provider_id = (await gateway.send(text)).provider_id
    except NotAcceptedError:
        state, reason = MessageState.queued, "not accepted"
        retry_in = retry_pause(row.tries)
    except RejectedError as error:
        state, reason, error_code = MessageState.failed, error.effect, error.code
        effect = error.effect
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
    if effect is not None:
        await follow(connection, context, row, effect, ACTOR)
    log.info("message_sent", extra={"state": str(state), "message_id": str(row.id)})
    return state


async def _not_now(connection: Connection, row: MessageRow, text: OutboundText) -> str | None:
    """Wait for the sender's turn; why the call must not be made now, or None to make it.

    The lease is looked at last, after all waiting: a worker that was stopped past it, or so far
    into it that a call might outlive it, does not send.
    """
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + (row.lease_left or timedelta(0)).total_seconds()
    if row.kind == "reminder" and text.valid_for is not None and text.valid_for <= LEAST_LIFE:
        return "too late to send now"
    pace = TEXTS_A_SECOND.get(row.provider)
    if pace is not None:
        wait = await sending.claim_turn(
            connection, row.study_id, row.id, per_second=pace, patience=TURN_PATIENCE
        )
        if wait is None:
            return "waits for its sender's turn"
        await asyncio.sleep(wait.total_seconds())
    return None if ends_at - loop.time() >= CALL_BOUND_SECONDS else "claimed too long ago"


async def _give_back(connection: Connection, row: MessageRow, reason: str) -> MessageState:
    """Nothing was handed over, for certain: the message may be claimed again.

    Unless its lease has run out and it was taken for ambiguous meanwhile: that it stays.
    """
    moved = await messages.mark_message(
        connection,
        row.study_id,
        row.id,
        expected=MessageState.sending,
        state=MessageState.queued,
        reason=reason,
        retry_in=TURN_PATIENCE,
    )
    return MessageState.queued if moved else MessageState.ambiguous


async def _outbound(
    connection: Connection, context: ServiceContext, row: MessageRow
) -> OutboundText:
    """Open what the provider needs in the clear; it lives as long as the call."""
    await context.study_key(connection, row.study_id)
    lives_for = row.lives_for
    if row.participant_id is not None:
        facts = await context.facts(connection, row.study_id, row.participant_id)
        if row.kind == "reminder":
            protocol = await context.protocol(connection, row.study_id, facts.protocol_version_id)
            lives_for = _until_quiet(facts, protocol.messaging, lives_for)
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
        valid_for=lives_for,
    )


def _until_quiet(
    facts: ParticipantFacts, messaging: Messaging, lives_for: timedelta | None
) -> timedelta | None:
    """How long a reminder may wait at the provider: not into quiet hours, not past its window."""
    quiet_at = quiet_start(facts.now, messaging.quiet_from, messaging.quiet_until, zone(facts.zone))
    if quiet_at is None:
        return lives_for
    until = quiet_at - facts.now
    return until if lives_for is None else min(until, lives_for)


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
        quiet = is_quiet_at(facts.now, protocol.messaging, zone(facts.zone))
        if quiet and row.kind == "reminder":
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
    """Whether a text may still go: a reminder that is agreed to and owed, a reply still welcome."""
    where = standing(facts.statuses, facts.now, facts.events)
    if row.kind != "reminder":
        # Only the confirmation of an opt-out goes to whoever asked for silence meanwhile.
        welcome = facts.opted_out_at is None or row.template == "opt_out.confirmed"
        return welcome and where.status is not Status.died
    if not (where.may_message and where.may_answer) or facts.opted_out_at is not None:
        return False
    if facts.consent is None or not facts.consent.messages or facts.contact is None:
        return False
    if facts.number_is_bad:
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
    return await _look(connection, gateway, row, text) or MessageState.ambiguous


async def look_for_reply(
    connection: Connection, context: ServiceContext, gateway: Gateway, claimed: Claimed
) -> bool:
    """Look up a reply whose webhook may have had no answer; whether its fate was settled.

    It was written down, and then the answer may have been lost with whoever gave it. Like any text
    of unknown fate it is bound, or shown as unconfirmed; it is never said again.
    """
    row = await messages.get_message(connection, claimed.study_id, claimed.message_id)
    if row is None or row.state is not MessageState.accepted or row.provider_id is not None:
        return False
    text = await _outbound(connection, context, row)
    text = text.model_copy(update={"in_answer": True})
    return await _look(connection, gateway, row, text) is not None


async def _look(
    connection: Connection, gateway: Gateway, row: MessageRow, text: OutboundText
) -> MessageState | None:
    """Where a text stands after a look into the provider's list; None if that failed."""
    try:
        async with asyncio.timeout(CALL_BOUND_SECONDS):
            listed = await gateway.find(text, earliest=made_at(row.id), latest=_latest_call(row))
    except (LookupFailedError, TimeoutError):
        return None
    ids = [one.provider_id for one in listed]
    taken = await sending.list_taken_ids(connection, gateway.name, ids) if ids else set()
    found = next((one for one in ids if one not in taken), None)
    state = MessageState.unconfirmed if found is None else MessageState.accepted
    await messages.mark_message(
        connection,
        row.study_id,
        row.id,
        expected=row.state,
        state=state,
        provider_id=found,
        reason="found in the provider's list" if found else "never found",
    )
    return state


def _latest_call(row: MessageRow) -> datetime | None:
    """When the one call can have been made at the latest; unknown for a message tried again.

    A claim is made with the message's id, and no call begins after the claim's lease.
    """
    return made_at(row.id) + timedelta(seconds=LEASE_SECONDS) if row.tries == 1 else None


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
        if receipt.effect is not None:
            row = await messages.get_message(connection, found.study_id, found.id)
            if row is not None:
                await follow(connection, context, row, receipt.effect, f"provider:{gateway.name}")
        return
    raise BusyError
