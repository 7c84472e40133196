"""What the reader of a letter does on its page: proves the address, or asks for no more of them.

The page is found by a mark of ours on the message's id; to look at it changes nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pro_service.domain.conversation.practice import KIND as FIRST
from pro_service.domain.delivery.contacts import ContactFacts
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.actors import participant_actor
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Decision, until_written
from pro_service.services.texting import contact_at, number_of, opt_out_of
from pro_service.store.connection import Connection, Guard, transaction
from pro_service.store.texting import messages, numbers
from pro_service.store.texting.messages import MessageRow

PROVEN: Final = "a letter's page was answered"
STOPPED: Final = "asked for no more e-mails"


class Letter(NamedTuple):
    """A letter that went to a participant's address, and how that address stands now."""

    row: MessageRow
    facts: ParticipantFacts
    protocol: Protocol
    contact: ContactFacts | None
    """Whose address it went to; None: it is nobody's of the participant's any more."""

    @property
    def proves(self) -> bool:
        """Whether it asks its reader to prove the address, which nobody has done yet."""
        known = self.contact is not None and not self.contact.wrong
        return known and self.row.kind == FIRST and not self.is_proven

    @property
    def is_proven(self) -> bool:
        """Whether somebody has confirmed the address."""
        return self.contact is not None and self.contact.confirmed

    @property
    def stopped(self) -> bool:
        """Whether no more letters go there."""
        return self.contact is None or self.contact.opted_out_at is not None


async def open_letter(connection: Connection, context: ServiceContext, token: str) -> Letter | None:
    """The letter whose page this is; None for no letter of ours."""
    message_id = context.keys.vault.read_letter_token(token)
    found = None if message_id is None else await messages.find_letter(connection, message_id)
    row = found and await messages.get_message(connection, found.study_id, found.id)
    if row is None or row.participant_id is None:
        return None
    await context.keys.study_key(connection, row.study_id)
    facts = await context.reader.facts(connection, row.study_id, row.participant_id, lean=True)
    protocol = await context.reader.protocol(connection, row.study_id, facts.protocol_version_id)
    return Letter(row, facts, protocol, contact_at(context, facts, number_of(context, row)))


async def prove_address(connection: Connection, context: ServiceContext, letter: Letter) -> None:
    """Whoever reads the letter says that the address is theirs, once. Raises BusyError."""
    study_id, participant_id = letter.facts.study_id, letter.facts.id
    contact = letter.contact
    if contact is None or not letter.proves:
        return

    async def decide() -> Decision[None]:
        facts = await context.reader.facts(connection, study_id, participant_id, lean=True)
        guard = Guard(study_id, participant_id, facts.revision)
        said = {"actor": participant_actor(facts), "outcome": PROVEN}

        async def confirm() -> None:
            async with transaction(connection) as held:
                await numbers.give_reason(held, PROVEN)
                await numbers.confirm_contact(held, guard, contact.id, **said)

        return Decision(None, confirm)

    await until_written(decide)


async def stop_letters(connection: Connection, context: ServiceContext, letter: Letter) -> None:
    """No more letters go to the address; texts go on as they were. Raises BusyError."""
    actor = participant_actor(letter.facts)
    await opt_out_of(connection, context, letter.row, actor, STOPPED)
