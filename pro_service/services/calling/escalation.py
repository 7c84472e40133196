"""Urgent alerts nobody has seen or assessed, urgent texts nobody has read: somebody is to call.

An alert asks for it until an investigator has assessed it (R9): as long as none has, another call
is made each time the protocol's hours have passed since the last was closed.
"""

from __future__ import annotations

from uuid import UUID

from pro_service.domain.study.calls import CallReason
from pro_service.domain.study.follow_up.call_keys import CallKey
from pro_service.services.base.actors import WORKER
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Decision, until_written
from pro_service.store.connection import Connection, Guard
from pro_service.store.ids import new_id
from pro_service.store.texting import reminders
from pro_service.store.texting.reminders import ClaimWrite
from pro_service.store.writes import CallRow


async def escalate(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    participant_id: UUID,
    reason: CallReason = CallReason.alert_unseen,
) -> int:
    """Make the call task an alert unseen or not assessed, or a text unread, for too long asks for.

    Returns how many. Raises BusyError.

    It hangs on no visit: answering a questionnaire must not close it.
    """

    async def decide() -> Decision[int]:
        facts = await context.reader.facts(connection, study_id, participant_id)
        if CallKey(None, reason) in facts.open_calls:
            return Decision(0)
        call = CallRow(
            id=new_id(),
            visit_id=None,
            reason=reason,
            closes_at=None,
            actor=WORKER,
        )
        guard = Guard(study_id, participant_id, facts.revision)
        document = ClaimWrite(calls=[call])
        return Decision(1, lambda: reminders.claim_reminders(connection, guard, document))

    return await until_written(decide)
