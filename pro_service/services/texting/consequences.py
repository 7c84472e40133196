"""What a provider's lasting refusal means beyond the one message: an opt-out, or a call.

The code comes with the refused call or later with a receipt; both are followed in the same way.
"""

from __future__ import annotations

import logging
from typing import Final
from uuid import UUID

from pro_service.domain.study.facts import BAD_NUMBER, TEXT_HELD
from pro_service.messaging.gateway import Effect
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Decision, until_written
from pro_service.services.texting.opt_outs import opt_out_row
from pro_service.store.connection import Connection, Guard
from pro_service.store.ids import new_id
from pro_service.store.receiving import inbounds
from pro_service.store.texting import lines, sending
from pro_service.store.texting.lines import OptOutWrite
from pro_service.store.texting.messages import MessageRow
from pro_service.vault import places

log = logging.getLogger("pro_service.delivery")
_REASONS: Final[dict[Effect, str]] = {"bad_number": BAD_NUMBER, "hold": TEXT_HELD}


async def follow(
    connection: Connection, context: ServiceContext, row: MessageRow, effect: Effect, actor: str
) -> None:
    """Act on what the provider says of a message's number; repeating it changes nothing.

    `opted_out`: the phone told the provider to stop, which opts the line out here too, for
    everybody on it. `bad_number`: texts to the participant rest until staff has cleared the call
    task. `hold`: somebody must look into it; the next nudge goes as planned. Raises BusyError.
    """
    if row.participant_id is None:
        return  # A stranger's line: nothing is ever sent there unasked.
    if effect == "opted_out":
        await _opt_out(connection, context, row, row.participant_id, actor)
    else:
        await sending.insert_call(
            connection, row.study_id, new_id(), row.participant_id, _REASONS[effect], actor
        )
    log.info("refusal_followed", extra={"effect": effect, "message_id": str(row.id)})


async def _opt_out(
    connection: Connection,
    context: ServiceContext,
    row: MessageRow,
    participant_id: UUID,
    actor: str,
) -> None:
    """Opt the line out; whoever shares it takes a turn, so that no claim overtakes it."""
    await context.study_key(connection, row.study_id)
    number = places.LINE_ADDRESS.open(
        context.vault, row.their_address_sealed, key=row.their_address_key, row_id=row.line_id
    )
    indexes = [index for _, index in context.vault.blind_indexes(number)]

    async def decide() -> Decision[None]:
        facts = await context.facts(connection, row.study_id, participant_id)
        users = await inbounds.list_line_participants(
            connection, row.study_id, indexes, row.line_id
        )
        opt_out = opt_out_row(row.line_id, participant_id, actor, "told the provider to stop")
        others = [user.id for user in users if user.id != participant_id]
        document = OptOutWrite(opt_outs=[opt_out], affected=others)
        guard = Guard(row.study_id, participant_id, facts.revision)
        return Decision(None, lambda: lines.opt_out_line(connection, guard, document))

    await until_written(decide)
