"""Opting a number out, and in again: on the word of staff, or on the participant's own page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import TRIES, BusyError
from pro_service.services.texting.composing import line_to, open_number
from pro_service.store.connection import Connection, DuplicateError, StaleRevisionError
from pro_service.store.ids import new_id
from pro_service.store.receiving import inbounds
from pro_service.store.texting import lines, messages, numbers


class NoLineError(ProServiceError):
    """The participant has no number texts could go to."""


async def opt_out_by_staff(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    participant_id: UUID,
    actor: str,
    reason: str,
) -> None:
    """Hold back every text to the participant's number from now on. Raises NoLineError."""
    for _ in range(TRIES):
        facts = await context.facts(connection, study_id, participant_id)
        document = await opt_out_document(connection, context, facts, actor, reason)
        try:
            await lines.opt_out_line(connection, study_id, participant_id, facts.revision, document)
        except (StaleRevisionError, DuplicateError):
            continue
        return
    raise BusyError


async def opt_out_document(
    connection: Connection,
    context: ServiceContext,
    facts: ParticipantFacts,
    actor: str,
    reason: str,
) -> dict[str, Any]:
    """What `store.lines.opt_out_line` writes for the participant's number. Raises NoLineError."""
    number = open_number(context, facts)
    sender = await messages.find_sender(connection, facts.study_id, facts.site.id, context.provider)
    if number is None or sender is None:
        raise NoLineError
    line = await line_to(connection, context, facts.study_id, sender.id, number, actor)
    indexes = [index for _, index in context.vault.blind_indexes(number)]
    users = await inbounds.list_line_participants(connection, facts.study_id, indexes, line.id)
    return {
        "lines": [line.row] if line.row else [],
        "opt_outs": [
            {
                "id": new_id(),
                "line_id": line.id,
                "participant_id": facts.id,
                "inbound_id": None,
                "reason": reason,
                "actor": actor,
            }
        ],
        "affected": [user.id for user in users if user.id != facts.id],
    }


async def opt_in_by_staff(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    participant_id: UUID,
    actor: str,
    reason: str,
) -> int:
    """Let texts go to the participant's number again; how many opt-outs ended.

    A telephone that told the provider itself to stop must tell it START: no word of ours lifts
    that. Raises NoLineError, BusyError.
    """
    for _ in range(TRIES):
        facts = await context.facts(connection, study_id, participant_id)
        number = open_number(context, facts)
        if number is None:
            raise NoLineError
        indexes = [index for _, index in context.vault.blind_indexes(number)]
        held = await numbers.list_lines_of_number(connection, study_id, indexes)
        try:
            return await numbers.end_opt_out(
                connection,
                study_id,
                participant_id,
                facts.revision,
                held,
                actor=actor,
                reason=reason,
            )
        except StaleRevisionError:
            continue
    raise BusyError
