"""What a provider's lasting refusal means beyond the one message: an opt-out, or a call.

The code comes with the refused call or later with a receipt; both are followed in the same way.
"""

from __future__ import annotations

import logging
from uuid import UUID

from pro_service.domain.study.follow_up.call_keys import TEXT_HELD
from pro_service.messaging.gateway import Effect
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Decision, until_written
from pro_service.services.texting.composing import contact_at, indexes_of, number_of
from pro_service.services.texting.opt_outs import another_way, opt_out_row
from pro_service.store.connection import Connection, Guard, transaction
from pro_service.store.ids import new_id
from pro_service.store.texting import arrivals, lines, numbers, sending
from pro_service.store.texting.lines import OptOutWrite
from pro_service.store.texting.messages import MessageRow

log = logging.getLogger("pro_service.delivery")


async def follow(
    connection: Connection, context: ServiceContext, row: MessageRow, effect: Effect, actor: str
) -> None:
    """Act on what the provider says of a message's number; repeating it changes nothing.

    `opted_out`: the phone told the provider to stop, which opts the line out here too, for
    everybody on it. `bad_number`: texts to the number rest until staff has cleared the call task.
    `hold`: somebody must look into it; the next nudge goes as planned. Raises BusyError.
    """
    if row.participant_id is None:
        return  # A stranger's line: nothing is ever sent there unasked.
    if effect == "opted_out":
        await opt_out_of(connection, context, row, actor, "told the provider to stop")
    elif effect == "bad_number":
        await _rest(connection, context, row, row.participant_id, actor)
    else:
        await sending.insert_call(
            connection, row.study_id, new_id(), row.participant_id, TEXT_HELD, actor
        )
    log.info("refusal_followed", extra={"effect": effect, "message_id": str(row.id)})


async def _rest(
    connection: Connection,
    context: ServiceContext,
    row: MessageRow,
    participant_id: UUID,
    actor: str,
) -> None:
    """Let this number of the participant's rest; their other contacts are texted as before."""
    await context.keys.study_key(connection, row.study_id)
    indexes = indexes_of(context, number_of(context, row))
    async with transaction(connection) as held:
        await numbers.give_reason(held, "the provider says that nothing reaches it")
        await numbers.mark_bad_number(held, row.study_id, participant_id, indexes, new_id(), actor)


async def opt_out_of(
    connection: Connection, context: ServiceContext, row: MessageRow, actor: str, reason: str
) -> None:
    """Opt a message's line out; whoever shares it takes a turn, so that no claim overtakes it.

    Said twice, it changes nothing more. Raises BusyError.
    """
    participant_id = row.participant_id
    if participant_id is None:
        return
    await context.keys.study_key(connection, row.study_id)
    number = number_of(context, row)
    indexes = indexes_of(context, number)

    async def decide() -> Decision[None]:
        facts = await context.reader.facts(connection, row.study_id, participant_id)
        users = await arrivals.list_line_participants(
            connection, row.study_id, indexes, row.line_id
        )
        opt_out = opt_out_row(row.line_id, participant_id, actor, reason)
        others = [user.id for user in users if user.id != participant_id]
        document = OptOutWrite(opt_outs=[opt_out], affected=others)
        contact = contact_at(context, facts, number)
        if contact is None or contact.opted_out_at is None:
            document.calls += another_way((participant_id, *others), actor)
        guard = Guard(row.study_id, participant_id, facts.revision)
        return Decision(None, lambda: lines.opt_out_line(connection, guard, document))

    await until_written(decide)
