"""The rounds of periodic work. Each does what is due now and returns how much it did.

Any number of replicas may run them: due work is rows, and each row is claimed by a guarded write.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import asyncpg

from pro_service.domain.delivery.states import MessageState
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.calls import CallReason
from pro_service.domain.study.follow_up.alert_steps import SERIOUS
from pro_service.messaging.webhooks import Webhooks
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.telling import Telling
from pro_service.services.calling import (
    CLAIM_LEASE,
    ToCall,
    call_for,
    escalate,
    look_for_silence,
    tell_of,
)
from pro_service.services.desk import Exporting, list_mornings, make_export, send_digest
from pro_service.services.pages import end_idle, list_idle
from pro_service.services.record import Sealer, seal
from pro_service.services.texting import (
    Claimed,
    DueList,
    Waves,
    fill_tails,
    look_for,
    look_for_reply,
    retry,
    send_claimed,
)
from pro_service.services.visits import close_participant, refresh_outlooks
from pro_service.services.webhooks import list_to_tell, note_news, tell
from pro_service.store.answering import answers
from pro_service.store.api.webhooks import Telling as Webhook
from pro_service.store.calling import escalation, notices
from pro_service.store.calling.notices import AlertToTell
from pro_service.store.connection import Connection
from pro_service.store.desk.digest import Morning
from pro_service.store.pages.handover import IdleTablet
from pro_service.store.texting import messages, reminders

BATCH = 200
DUE_AT_ONCE = 500
"""Participants with a nudge due that are listed together; before more are, their texts are out."""
AT_ONCE = 8
"""Participants worked on side by side: about what the database pool lends."""
LOOK_AFTER = timedelta(minutes=5)
"""An ambiguous text is looked up once the provider's list has had time to show it (study time)."""
log = logging.getLogger("pro_service.work")
_Row = TypeVar("_Row")
GoOn = Callable[[], bool]
"""Asked before each row: False once the worker is to stop, which leaves the rest for another."""


def _always() -> bool:
    return True


async def remind_round(
    connection: Connection, context: ServiceContext, go_on: GoOn = _always
) -> int:
    """Judge every due nudge and send what may go, wave by wave: one is claimed while others go."""
    due = DueList(await reminders.list_due(connection, DUE_AT_ONCE), context.gateways.names)
    await due.find_senders(connection)
    return await Waves(connection, context, due, go_on).run()


async def retry_round(
    connection: Connection, context: ServiceContext, go_on: GoOn = _always
) -> int:
    """Try again what the provider definitely did not take; let die what came too late."""
    providers = context.gateways.names
    expired = await messages.mark_expired(connection, providers)
    rows = await messages.list_retries(connection, providers, BATCH)

    async def one(row: messages.QueuedRow) -> int:
        claimed = await retry(connection, context, row)
        if claimed is not None:
            await send_claimed(connection, context, claimed)
        # What waits for the end of quiet hours is met again at the next tick, not at once.
        return int(claimed is not None)

    return expired + await _each(rows, one, go_on)


async def sweep_round(
    connection: Connection, context: ServiceContext, go_on: GoOn = _always
) -> int:
    """Find out what became of texts whose call or answer broke off, or whose process died."""
    providers = context.gateways.names
    overdue = await messages.mark_overdue_ambiguous(connection)
    rows = await messages.list_ambiguous(connection, providers, LOOK_AFTER, BATCH)

    async def one(row: tuple[UUID, UUID]) -> int:
        state = await look_for(connection, context, Claimed(*row))
        # A provider that cannot be asked now is asked at the next tick, not at once.
        return int(state is not MessageState.ambiguous)

    async def reply(row: tuple[UUID, UUID]) -> int:
        return int(await look_for_reply(connection, context, Claimed(*row)))

    settled = await _each(rows, one, go_on)
    replies = await messages.list_unheard_replies(connection, providers, LOOK_AFTER, BATCH)
    return overdue + settled + await _each(replies, reply, go_on)


async def call_round(connection: Connection, context: ServiceContext, go_on: GoOn = _always) -> int:
    """Make the call tasks that silence asks for: participants', and that about alerts and texts."""

    async def one(row: ToCall) -> int:
        return await call_for(connection, context, row)

    async def unseen(row: tuple[UUID, UUID]) -> int:
        return await escalate(connection, context, *row)

    async def unassessed(row: tuple[UUID, UUID]) -> int:
        return await escalate(connection, context, *row, CallReason.alert_unassessed)

    async def unread(row: tuple[UUID, UUID]) -> int:
        return await escalate(connection, context, *row, CallReason.text_unread)

    called, more = 0, True
    while more and go_on():
        found, more = await look_for_silence(connection, context)
        called += await _each(found, one, go_on)
    called += await _each(await escalation.list_unseen_alerts(connection, BATCH), unseen, go_on)
    waiting = await escalation.list_unassessed_alerts(connection, sorted(SERIOUS), BATCH)
    called += await _each(waiting, unassessed, go_on)
    await escalation.close_calls_read(connection)
    return called + await _each(
        await escalation.list_unread_warnings(connection, BATCH), unread, go_on
    )


async def tell_round(
    connection: Connection,
    context: ServiceContext,
    telling: Telling,
    go_on: GoOn = _always,
    *,
    lease: timedelta = CLAIM_LEASE,
) -> int:
    """Tell staff of urgent alerts that nobody has assessed, whoever is next."""

    async def one(alert: AlertToTell) -> int:
        return await tell_of(connection, context, telling, alert)

    return await _each(await notices.list_alerts_to_tell(connection, BATCH, lease), one, go_on)


async def digest_round(
    connection: Connection,
    desk: asyncpg.Pool,
    context: ServiceContext,
    telling: Telling,
    go_on: GoOn = _always,
) -> int:
    """Send each site's digest on a working morning; `desk` is the desk's pool, which counts."""

    async def one(morning: Morning) -> int:
        return await send_digest(connection, desk, context, telling, morning)

    return await _each(await list_mornings(connection), one, go_on)


async def closing_round(
    connection: Connection, context: ServiceContext, go_on: GoOn = _always
) -> int:
    """Settle visits that have closed: sittings that stand, scores; end calls that are too late.

    What the desk's list keeps of whoever was looked at is made anew afterwards.
    """
    over = await reminders.close_calls_over(connection)

    async def one(row: answers.ClosingLook) -> int:
        return await close_participant(connection, context, row.study_id, row.participant_id)

    async def kept(study: tuple[UUID, list[UUID]]) -> int:
        return await refresh_outlooks(connection, context, *study)

    settled, more = 0, True
    while more and go_on():
        looked = await answers.look_at_closings(connection)
        more = len(looked) == answers.LOOKS
        settled += await _each([row for row in looked if row.owing], one, go_on)
        by_study: dict[UUID, list[UUID]] = {}
        for row in looked:
            by_study.setdefault(row.study_id, []).append(row.participant_id)
        if context.keeps_outlooks:
            await _each(list(by_study.items()), kept, go_on)
    return over + settled


async def tablet_round(connection: Connection, go_on: GoOn = _always) -> int:
    """End what was opened on tablets that lie untouched (R12): what was answered stays, unsent."""

    async def one(idle: IdleTablet) -> int:
        return await end_idle(connection, idle)

    return await _each(await list_idle(connection, BATCH), one, go_on)


async def export_round(
    connection: Connection, context: ServiceContext, exporting: Exporting, go_on: GoOn = _always
) -> int:
    """Make the next file of study data that somebody at the desk asked for."""
    return await make_export(connection, context, exporting, go_on)


async def tail_round(connection: Connection, context: ServiceContext, go_on: GoOn = _always) -> int:
    """Fill in what numbers stored before are found by their last four digits with."""
    return await fill_tails(connection, context, go_on)


async def webhook_round(
    connection: Connection, context: ServiceContext, webhooks: Webhooks, go_on: GoOn = _always
) -> int:
    """Tell programs what has happened since, and what is to be tried again."""

    async def one(row: Webhook) -> int:
        return await tell(connection, context, webhooks, row)

    noted = await note_news(connection)
    return noted + await _each(await list_to_tell(connection), one, go_on)


async def seal_round(connection: Connection, sealer: Sealer) -> int:
    """Seal the audit entries no running transaction can precede."""
    return await seal(connection, sealer)


async def _each(rows: Sequence[_Row], one: Callable[[_Row], Awaitable[int]], go_on: GoOn) -> int:
    """Work on rows side by side; one row's failure is logged and holds nobody else up."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def guarded(row: _Row) -> int:
        async with gate:
            if not go_on():
                return 0
            try:
                return await one(row)
            except (ProServiceError, asyncpg.PostgresError, OSError) as error:
                # The row stays due and is met again in the next round.
                log.warning("row_failed", extra={"error": type(error).__name__})
                return 0

    return sum(await asyncio.gather(*(guarded(row) for row in rows)))
