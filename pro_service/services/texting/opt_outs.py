"""Opting a number out, and in again: on the word of staff, or on the participant's own page."""

from __future__ import annotations

from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import note_about, with_note
from pro_service.services.base.turns import Decision, Who, until_written, writing
from pro_service.services.texting.composing import line_to, open_number
from pro_service.store.connection import Connection, Guard
from pro_service.store.ids import new_id
from pro_service.store.receiving import inbounds
from pro_service.store.texting import lines, messages, numbers
from pro_service.store.texting.lines import OptOutWrite
from pro_service.store.writes import OptOutRow


class NoLineError(ProServiceError):
    """The participant has no number texts could go to."""


async def opt_out_by_staff(who: Who, actor: str, reason: str) -> None:
    """Hold back every text to the participant's number from now on.

    Raises NoLineError, BusyError.
    """
    connection, context, study_id, participant_id = who

    async def decide() -> Decision[None]:
        facts = await context.reader.facts(connection, study_id, participant_id)
        note = note_about(context, facts, reason)
        document = await opt_out_document(connection, context, facts, actor, note.reference)
        guard = Guard(study_id, participant_id, facts.revision)
        write = with_note(note, writing(lines.opt_out_line, document))
        return Decision(None, lambda: write(connection, guard))

    await until_written(decide)


async def opt_out_document(
    connection: Connection,
    context: ServiceContext,
    facts: ParticipantFacts,
    actor: str,
    reason: str,
) -> OptOutWrite:
    """What `opt_out_line` of the store writes for the participant's number. Raises NoLineError."""
    number = open_number(context, facts)
    sender = await messages.find_sender(connection, facts.study_id, facts.site.id, context.provider)
    if number is None or sender is None:
        raise NoLineError
    line = await line_to(connection, context, facts.study_id, sender.id, number, actor)
    indexes = [index for _, index in context.keys.vault.blind_indexes(number)]
    users = await inbounds.list_line_participants(connection, facts.study_id, indexes, line.id)
    return OptOutWrite(
        lines=[line.row] if line.row else [],
        opt_outs=[opt_out_row(line.id, facts.id, actor, reason)],
        affected=[user.id for user in users if user.id != facts.id],
    )


def opt_out_row(
    line_id: UUID,
    participant_id: UUID | None,
    actor: str,
    reason: str,
    inbound_id: UUID | None = None,
) -> OptOutRow:
    """A line that wants no texts from now on: on whose word, and in which text they said so."""
    return OptOutRow(
        id=new_id(),
        line_id=line_id,
        participant_id=participant_id,
        inbound_id=inbound_id,
        reason=reason,
        actor=actor,
    )


async def opt_in_by_staff(who: Who, actor: str, reason: str) -> int:
    """Let texts go to the participant's number again; how many opt-outs ended.

    A telephone that told the provider itself to stop must tell it START: no word of ours lifts
    that. Raises NoLineError, BusyError.
    """
    connection, context, study_id, participant_id = who
    ended = 0

    async def decide() -> Decision[None]:
        facts = await context.reader.facts(connection, study_id, participant_id)
        number = open_number(context, facts)
        if number is None:
            raise NoLineError
        indexes = [index for _, index in context.keys.vault.blind_indexes(number)]
        held = await numbers.list_lines_of_number(connection, study_id, indexes)
        guard = Guard(study_id, participant_id, facts.revision)
        note = note_about(context, facts, reason)

        async def end(lent: Connection, guard: Guard) -> None:
            nonlocal ended
            ended = await numbers.end_opt_out(lent, guard, held, actor=actor, reason=note.reference)

        return Decision(None, lambda: with_note(note, end)(connection, guard))

    await until_written(decide)
    return ended
