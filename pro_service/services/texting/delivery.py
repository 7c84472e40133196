"""From claim to delivery: one call to the provider, and what its answer and receipts mean.

A text whose fate is unknown is never sent again: it waits for a receipt, is looked up in the
provider's list, and is otherwise shown as unconfirmed.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import NamedTuple

from pro_service.domain.conversation.practice import KIND as FIRST
from pro_service.domain.conversation.staff_replies import begins
from pro_service.domain.delivery.contacts import ContactFacts, reach
from pro_service.domain.delivery.rules import TEXTS_A_SECOND, retry_pause
from pro_service.domain.delivery.senders import NoWay
from pro_service.domain.delivery.states import MessageState
from pro_service.domain.study.assessments import owes_answers
from pro_service.domain.study.facts import ParticipantFacts, Status
from pro_service.domain.study.nudges import is_quiet_at
from pro_service.domain.study.reaching.first_texts import still_first
from pro_service.domain.study.statuses import standing
from pro_service.domain.study.times import zone
from pro_service.messaging.gateway import (
    AmbiguousError,
    Effect,
    Gateway,
    LookupFailedError,
    NotAcceptedError,
    OutboundText,
    RejectedError,
)
from pro_service.services.answering import is_open
from pro_service.services.base.actors import WORKER
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Decision, until_written
from pro_service.services.texting.channels.outbound import IN_WAKING_HOURS, Held, outbound
from pro_service.services.texting.channels.reach import may_leave, needs_registration
from pro_service.services.texting.composing import contact_at, number_of
from pro_service.services.texting.consequences import follow
from pro_service.services.texting.marks import Marks
from pro_service.services.texting.reminders import LEASE_SECONDS, Claimed
from pro_service.store.connection import Connection, Guard
from pro_service.store.ids import made_at
from pro_service.store.texting import messages, sending
from pro_service.store.texting.messages import Mark, MessageRow, QueuedRow
from pro_service.vault.vault import DataKeyMissingError, SealBrokenError

CALL_BOUND_SECONDS = 15.0
"""No call to a provider lasts longer; it begins only while this much of the lease is left."""
TURN_PATIENCE = timedelta(seconds=LEASE_SECONDS - CALL_BOUND_SECONDS - 5)
"""How long a claimed text waits for its sender's turn; what would wait longer is queued."""
LEAST_LIFE = timedelta(seconds=10)
"""A text that may live no longer than this in the provider's queue is not handed over."""
log = logging.getLogger("pro_service.delivery")


class Sending(NamedTuple):
    """By what texts are sent: everything but the texts."""

    connection: Connection
    context: ServiceContext
    marks: Marks


async def send_claimed(
    connection: Connection, context: ServiceContext, claimed: Claimed
) -> MessageState:
    """Make the one call a claim entitles to, and write down its outcome. No connection is held.

    The message's state, its lease and the hour are looked at again before the call; the
    participant's facts are those it was claimed from.
    """
    began = asyncio.get_running_loop().time()
    row = await messages.get_message(connection, claimed.study_id, claimed.message_id)
    if row is None or row.state is not MessageState.sending:
        return MessageState.ambiguous if row is None else row.state
    text = await outbound(connection, context, row, claimed.facts)
    by = Sending(connection, context, Marks(connection))
    if text.registered is None and needs_registration(context, row.provider, text.their_address):
        mark = Mark(MessageState.suppressed, reason=NoWay.no_registration)
        await by.marks.mark(row.study_id, row.id, mark)
        return MessageState.suppressed
    ends_at = began + (row.lease_left or timedelta(0)).total_seconds()
    return await send_held(by, Held(row.study_id, row.kind, row.provider, row.tries, text, ends_at))


async def send_held(by: Sending, held: Held) -> MessageState:
    """The same for a text that is opened for it already."""
    connection, study_id, message_id = by.connection, held.study_id, held.text.message_id
    held_back = await _not_now(connection, held)
    if held_back is not None:
        return await _give_back(by, held, held_back)
    mark, effect = await _call(by.context.gateways.of(held.provider), held)
    try:
        if effect is not None:  # First, for nobody follows it once the text is marked.
            row = await messages.get_message(connection, study_id, message_id)
            if row is not None:
                await follow(connection, by.context, row, effect, WORKER)
    finally:
        await by.marks.mark(study_id, message_id, mark)
    log.info("message_sent", extra={"state": str(mark.state), "message_id": str(message_id)})
    return mark.state


async def _call(gateway: Gateway, held: Held) -> tuple[Mark, Effect | None]:
    """Make the call; where it leaves the message, and what a lasting refusal says of the number."""
    try:
        async with asyncio.timeout(CALL_BOUND_SECONDS):
            accepted = await gateway.send(held.text)
    except NotAcceptedError:
        pause = retry_pause(held.tries)
        return Mark(MessageState.queued, reason="not accepted", retry_in=pause), None
    except RejectedError as error:
        mark = Mark(MessageState.failed, error_code=error.code, reason=error.effect)
        return mark, error.effect
    except (AmbiguousError, TimeoutError):
        return Mark(MessageState.ambiguous, reason="the call broke off"), None
    return Mark(MessageState.accepted, provider_id=accepted.provider_id), None


async def _not_now(connection: Connection, held: Held) -> str | None:
    """Wait for the sender's turn; why the call must not be made now, or None to make it.

    The lease is looked at last, after all waiting: a worker that was stopped past it, or so far
    into it that a call might outlive it, does not send.
    """
    text = held.text
    if held.kind in IN_WAKING_HOURS and text.valid_for is not None and text.valid_for <= LEAST_LIFE:
        return "too late to send now"
    pace = TEXTS_A_SECOND.get(held.provider)
    if pace is not None:
        whose = held.study_id, text.message_id
        wait = await sending.claim_turn(connection, *whose, per_second=pace, patience=TURN_PATIENCE)
        if wait is None:
            return "waits for its sender's turn"
        await asyncio.sleep(wait.total_seconds())
    left = held.ends_at - asyncio.get_running_loop().time()
    return None if left >= CALL_BOUND_SECONDS else "claimed too long ago"


async def _give_back(by: Sending, held: Held, reason: str) -> MessageState:
    """Nothing was handed over, for certain: the message may be claimed again.

    Unless its lease has run out and it was taken for ambiguous meanwhile: that it stays.
    """
    mark = Mark(MessageState.queued, reason=reason, retry_in=TURN_PATIENCE)
    moved = await by.marks.mark(held.study_id, held.text.message_id, mark)
    return MessageState.queued if moved else MessageState.ambiguous


async def retry(
    connection: Connection, context: ServiceContext, queued: QueuedRow
) -> Claimed | None:
    """Claim a message again that was definitely not taken, if its reason still stands."""
    claimed: Claimed | None = None

    async def decide() -> Decision[None]:
        row = await messages.get_message(connection, queued.study_id, queued.id)
        if row is None or row.state is not MessageState.queued or queued.participant_id is None:
            return Decision(None)
        facts = await context.reader.facts(
            connection, queued.study_id, queued.participant_id, lean=True
        )
        await context.keys.study_key(connection, queued.study_id)
        number = number_of(context, row)
        if not still_wanted(facts, row, contact_at(context, facts, number)):
            return Decision(None, lambda: _suppress(connection, row, "its reason has gone"))
        if not may_leave(context, facts, row.provider, number):
            return Decision(None, lambda: _suppress(connection, row, NoWay.no_cross_border))
        protocol = await context.reader.protocol(
            connection, queued.study_id, facts.protocol_version_id
        )
        quiet = is_quiet_at(facts.now, protocol.messaging, zone(facts.zone))
        if quiet and row.kind in IN_WAKING_HOURS:
            # It stays queued: quiet hours bind a second try as the first, and what staff write.
            return Decision(None)

        async def claim() -> None:
            nonlocal claimed
            guard = Guard(facts.study_id, facts.id, facts.revision)
            if await messages.reclaim_message(connection, guard, row.id, LEASE_SECONDS):
                claimed = Claimed(row.study_id, row.id, facts)

        return Decision(None, claim)

    await until_written(decide)
    return claimed


async def _suppress(connection: Connection, row: MessageRow, reason: str) -> None:
    """A queued message that is not wanted any more is not sent."""
    mark = Mark(MessageState.suppressed, reason=reason)
    await messages.mark_message(connection, row.study_id, row.id, MessageState.queued, mark)


def still_wanted(facts: ParticipantFacts, row: MessageRow, contact: ContactFacts | None) -> bool:
    """Whether a text may still go: a reminder that is agreed to and owed, a reply still welcome.

    `contact` is whose number it goes to; None: it is nobody's of the participant's any more.
    """
    if row.kind == FIRST:
        return contact is not None and still_first(facts, contact, row.expires_at)
    where = standing(facts.statuses, facts.now, facts.events)
    if begins(row.template):
        # Nobody waits for it: whatever would keep staff from beginning now keeps it from going.
        agreed = contact is not None and not _held_back(facts, contact)
        return where.may_message and agreed
    if row.kind != "reminder":
        # Only the confirmation of an opt-out goes to whoever asked for silence meanwhile.
        held_back = contact is not None and contact.opted_out_at is not None
        welcome = not held_back or row.template == "opt_out.confirmed"
        return welcome and where.status is not Status.died
    if not (where.may_message and where.may_answer):
        return False
    if contact is None or _held_back(facts, contact):
        return False
    return any(
        visit.id in row.visit_ids and is_open(visit, facts) and owes_answers(visit)
        for visit in facts.visits
    )


def _held_back(facts: ParticipantFacts, contact: ContactFacts) -> bool:
    """Whether nothing goes to a contact now, whatever kind of address it is."""
    each = reach(facts.contacts, facts.consent, (contact.kind,)).each
    return any(one.id == contact.id and reason is not None for one, reason in each)


async def look_for(
    connection: Connection, context: ServiceContext, claimed: Claimed
) -> MessageState:
    """Look an ambiguous message up at the provider: bound, still unknown, or given up."""
    row = await messages.get_message(connection, claimed.study_id, claimed.message_id)
    if row is None or row.state is not MessageState.ambiguous:
        return MessageState.ambiguous if row is None else row.state
    text = await _opened(connection, context, row)
    if text is None:
        return MessageState.unconfirmed
    return await _look(connection, context, row, text) or MessageState.ambiguous


async def look_for_reply(connection: Connection, context: ServiceContext, claimed: Claimed) -> bool:
    """Look up a reply whose webhook may have had no answer; whether its fate was settled.

    It was written down, and then the answer may have been lost with whoever gave it. Like any text
    of unknown fate it is bound, or shown as unconfirmed; it is never said again.
    """
    row = await messages.get_message(connection, claimed.study_id, claimed.message_id)
    if row is None or row.state is not MessageState.accepted or row.provider_id is not None:
        return False
    text = await _opened(connection, context, row)
    if text is None:
        return True
    text = text.model_copy(update={"in_answer": True})
    return await _look(connection, context, row, text) is not None


async def look_for_lost(
    connection: Connection, context: ServiceContext, claimed: Claimed
) -> MessageState | None:
    """Look up a text that a restore knows from the journal alone, its words lost; None: no answer.

    It is bound to what the provider has, or stays unconfirmed.
    """
    row = await messages.get_message(connection, claimed.study_id, claimed.message_id)
    if row is None or row.state is not MessageState.unconfirmed:
        return None if row is None else row.state
    text = await _opened(connection, context, row)
    if text is None:
        return MessageState.unconfirmed
    text = text.model_copy(update={"words_known": False, "in_answer": row.kind == "reply"})
    return await _look(connection, context, row, text)


async def _opened(
    connection: Connection, context: ServiceContext, row: MessageRow
) -> OutboundText | None:
    """A text opened to be looked up; None of somebody who was erased: its fate stays unknown."""
    try:
        return await outbound(connection, context, row)
    except (DataKeyMissingError, SealBrokenError):
        mark = Mark(MessageState.unconfirmed, reason="erased")
        await messages.mark_message(connection, row.study_id, row.id, row.state, mark)
        return None


async def _look(
    connection: Connection, context: ServiceContext, row: MessageRow, text: OutboundText
) -> MessageState | None:
    """Where a text stands after a look into its own provider's list; None if that failed."""
    gateway = context.gateways.of(row.provider)
    try:
        async with asyncio.timeout(CALL_BOUND_SECONDS):
            listed = await gateway.find(text, earliest=made_at(row.id), latest=_latest_call(row))
    except (LookupFailedError, TimeoutError):
        return None
    ids = [one.provider_id for one in listed]
    taken = await sending.list_taken_ids(connection, gateway.name, ids) if ids else set()
    found = next((one for one in listed if one.provider_id not in taken), None)
    mark = (
        Mark(MessageState.unconfirmed, reason="never found")
        if found is None
        else Mark(found.state, found.provider_id, found.error_code, "found in the provider's list")
    )
    if found is not None and found.effect is not None:
        # First, for nobody looks again once the text is marked.
        await follow(connection, context, row, found.effect, WORKER)
    await messages.mark_message(connection, row.study_id, row.id, row.state, mark)
    return mark.state


def _latest_call(row: MessageRow) -> datetime | None:
    """When the one call can have been made at the latest; unknown for a message tried again.

    A claim is made with the message's id, and no call begins after the claim's lease.
    """
    return made_at(row.id) + timedelta(seconds=LEASE_SECONDS) if row.tries == 1 else None
