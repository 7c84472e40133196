"""The first text (R23): who writes, from which number, and a practice question that proves theirs.

Staff let it go with the participant beside them. It is queued in the participant's turn and claimed
from there like any text; its reply is read in `receiving/first_texts.py`.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.conversation.practice import KIND, TEMPLATE, first_parts
from pro_service.domain.delivery.contacts import ContactFacts
from pro_service.domain.delivery.senders import SenderFacts
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reaching.first_texts import (
    FIRST_TEXT_LASTS,
    Telephone,
    check_first_text,
    first_goes_at,
)
from pro_service.services.answering import text_context
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import KeyGoneError, with_note
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.services.texting.channels.reach import outlet_for
from pro_service.services.texting.composing import line_to, open_address, seal_body
from pro_service.services.texting.contact_rows import Which, find_contact
from pro_service.services.texting.opt_outs import NoLineError
from pro_service.store.ids import new_id
from pro_service.store.texting import first_texts
from pro_service.store.texting.first_texts import FirstTextWrite
from pro_service.store.writes import ReplyMessageRow


class FirstText(NamedTuple):
    """A first text as it would go out."""

    contact: ContactFacts
    number: str
    """Of the telephone, in the clear: for the call out only."""
    sender: SenderFacts
    """Our address it comes from."""
    body: str
    goes_at: datetime
    """Now, or once their quiet hours end (UTC)."""
    at_once: bool
    """Whether that is now."""
    ordinal: int
    """Which one it is; a second follows only where the first did not arrive."""


async def plan_first_text(
    who: Who, facts: ParticipantFacts, protocol: Protocol, *, which: Which | None = None
) -> FirstText:
    """The first text to a contact as it would go out, and where from; None: the first of them.

    Raises NoContactError, NoLineError, FirstTextRefusedError.
    """
    connection, context, study_id, participant_id, _ = who
    contact = find_contact(facts, which)
    seen = await first_texts.list_first_texts(connection, study_id, participant_id, facts.site.id)
    found = next((one for one in seen if one.contact_id == contact.id), None)
    number = open_address(context, contact)
    outlet = outlet_for(context, facts, number)
    if found is None or outlet.sender is None:
        raise NoLineError
    telephone = Telephone(**{name: getattr(found, name) for name in Telephone.model_fields})
    two_way = outlet.why_not is None and outlet.rule.two_way
    check_first_text(facts, contact, telephone, two_way=two_way)
    body = context.texts.render(
        first_parts(found.site_name), facts.language, text_context(context, protocol, facts)
    )
    at = first_goes_at(protocol.messaging, facts)
    return FirstText(contact, number, outlet.sender, body, at, at <= facts.now, found.texts + 1)


async def send_first_text(who: Who, actor: str, *, which: Which | None = None) -> FirstText:
    """Queue the first text to a contact, once; how it goes out.

    Raises NoContactError, NoLineError, FirstTextRefusedError, KeyGoneError, BusyError.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[FirstText]:
        text = await plan_first_text(who, facts, protocol, which=which)
        connection, context, study_id, _, _ = who
        line = await line_to(connection, context, study_id, text.sender.id, text.number, actor)
        document = FirstTextWrite(
            lines=[line.row] if line.row else [],
            messages=[_row(context, facts, text, line_id=line.id, actor=actor)],
        )
        write = writing(first_texts.queue_first_text, document)
        return Plan(text, with_note(who, None, write))

    return await turn(who, decide)


def _row(
    context: ServiceContext, facts: ParticipantFacts, text: FirstText, *, line_id: UUID, actor: str
) -> ReplyMessageRow:
    """The text as it is queued; a copy of the same is refused by its key. Raises KeyGoneError."""
    if facts.data_key is None:
        raise KeyGoneError
    message_id = new_id()
    sealed = seal_body(context, message_id=message_id, data_key=facts.data_key.id, body=text.body)
    return ReplyMessageRow(
        id=message_id,
        line_id=line_id,
        participant_id=facts.id,
        kind=KIND,
        template=TEMPLATE,
        language=facts.language,
        body_sealed=sealed.body_sealed,
        body_key=sealed.body_key,
        encoding=sealed.encoding,
        segments=sealed.segments,
        provider=text.sender.provider,
        dedupe_key=f"first:{text.contact.id}:{text.ordinal}",
        actor=actor,
        state="queued",
        expires_at=facts.now + FIRST_TEXT_LASTS,
    )
