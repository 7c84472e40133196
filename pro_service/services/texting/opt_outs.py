"""Opting a number out, and in again: on the word of staff, or on the participant's own page."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from pro_service.domain.delivery.contacts import WRITTEN, ContactFacts
from pro_service.domain.delivery.senders import SenderFacts
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.follow_up.call_keys import ANOTHER_WAY
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import note_about, with_note
from pro_service.services.base.turns import Decision, Who, until_written, writing
from pro_service.services.texting.channels.reach import outlet_for, usual_sender
from pro_service.services.texting.composing import indexes_of, line_to, open_address
from pro_service.services.texting.contact_rows import Which, find_contact
from pro_service.store.connection import Connection, Guard
from pro_service.store.ids import new_id
from pro_service.store.texting import arrivals, lines, numbers
from pro_service.store.texting.lines import OptOutWrite
from pro_service.store.writes import LineCallRow, OptOutRow


class NoLineError(ProServiceError):
    """The participant has no number texts could go to."""


class ContactUnclearError(ProServiceError):
    """Several contacts of the participant want no texts, and it was not said whose word this is."""


async def opt_out_by_staff(who: Who, actor: str, reason: str) -> None:
    """Hold back every text to the participant's contacts from now on.

    Raises NoLineError, BusyError.
    """
    connection, context, study_id, participant_id, _ = who

    async def decide() -> Decision[None]:
        facts = await context.reader.facts(connection, study_id, participant_id)
        note = note_about(context, facts, reason)
        document = await opt_out_document(connection, context, facts, actor, note.reference)
        guard = Guard(study_id, participant_id, facts.revision)
        write = with_note(who, note, writing(lines.opt_out_line, document))
        return Decision(None, lambda: write(connection, guard))

    await until_written(decide)


async def opt_out_document(
    connection: Connection,
    context: ServiceContext,
    facts: ParticipantFacts,
    actor: str,
    reason: str,
) -> OptOutWrite:
    """What `opt_out_line` of the store writes for all telephones of the participant's contacts.

    Whoever says that the participant wants no texts means none of them. Raises NoLineError.
    """
    document = OptOutWrite()
    for contact in facts.contacts:
        if contact.kind not in WRITTEN or contact.wrong:
            continue
        number = open_address(context, contact)
        sender = _sender_to(context, facts, contact, number)
        if sender is None:
            continue
        line = await line_to(connection, context, facts.study_id, sender.id, number, actor)
        indexes = indexes_of(context, number)
        users = await arrivals.list_line_participants(connection, facts.study_id, indexes, line.id)
        document.lines += [line.row] if line.row else []
        document.opt_outs.append(opt_out_row(line.id, facts.id, actor, reason))
        document.affected += [
            user.id for user in users if user.id != facts.id and user.id not in document.affected
        ]
    if not document.opt_outs:
        raise NoLineError
    return document


def _sender_to(
    context: ServiceContext, facts: ParticipantFacts, contact: ContactFacts, address: str
) -> SenderFacts | None:
    """Our address that speaks to a contact, whether it may now or not; None: none does."""
    if contact.kind == "phone":
        return usual_sender(context, facts)
    return outlet_for(context, facts, address).sender


def another_way(participant_ids: Iterable[UUID], actor: str) -> list[LineCallRow]:
    """The calls that ask for another way to reach those whose number wants no texts (R25)."""
    return [
        LineCallRow(
            id=new_id(),
            participant_id=one,
            visit_id=None,
            reason=ANOTHER_WAY,
            closes_at=None,
            actor=actor,
        )
        for one in participant_ids
    ]


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


async def opt_in_by_staff(who: Who, actor: str, reason: str, *, which: Which | None = None) -> int:
    """Let texts go to a contact's number again; how many opt-outs ended.

    One person's word lifts their own opt-out and nobody else's: `which` names the contact where
    there are several. A telephone that told the provider itself to stop must tell it START: no word
    of ours lifts that. Raises NoLineError, NoContactError, ContactUnclearError, BusyError.
    """
    connection, context, study_id, participant_id, _ = who
    ended = 0

    async def decide() -> Decision[None]:
        facts = await context.reader.facts(connection, study_id, participant_id)
        indexes = _held_back(context, facts, which)
        held = await numbers.list_lines_of_number(connection, study_id, indexes)
        guard = Guard(study_id, participant_id, facts.revision)
        note = note_about(context, facts, reason)

        async def end(lent: Connection, guard: Guard) -> None:
            nonlocal ended
            ended = await numbers.end_opt_out(lent, guard, held, actor=actor, reason=note.reference)

        return Decision(None, lambda: with_note(who, note, end)(connection, guard))

    await until_written(decide)
    return ended


def _held_back(
    context: ServiceContext, facts: ParticipantFacts, which: Which | None
) -> list[bytes]:
    """What the number that may be texted again is stored under.

    Raises NoLineError, NoContactError, ContactUnclearError.
    """
    if which is None:
        held = [one for one, _ in facts.reach.each if one.opted_out_at is not None]
        if len(held) > 1:
            places = ", ".join(str(one.ordinal) for one in held)
            raise ContactUnclearError(mend=f"Name one of {places} with --contact.")
        contact = held[0] if held else facts.contact
    else:
        contact = find_contact(facts, which)
    if contact is None or contact.kind not in WRITTEN:
        raise NoLineError
    return indexes_of(context, open_address(context, contact))
