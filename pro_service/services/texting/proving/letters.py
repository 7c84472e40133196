"""The letter that proves an e-mail address: nothing else goes there before its reader said so.

It is queued in the participant's turn and claimed from there like any message. It goes once, and
again only where the mail server is sure that it did not arrive.
"""

from __future__ import annotations

from typing import NamedTuple

from pro_service.domain.conversation.practice import KIND
from pro_service.domain.delivery.contacts import ContactFacts, WhyNot
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reaching.first_texts import (
    FIRST_TEXT_LASTS,
    FirstTextRefused,
    Joining,
    held_back,
    joining_of,
    refused,
)
from pro_service.domain.study.statuses import standing
from pro_service.services.answering import text_context
from pro_service.services.base.notes import KeyGoneError, with_note
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.services.texting.channels.letters import counted, proof_parts
from pro_service.services.texting.channels.reach import outlet_for
from pro_service.services.texting.composing import indexes_of, line_to, open_address, seal_body
from pro_service.services.texting.contact_rows import Which, find_contact
from pro_service.services.texting.opt_outs import NoLineError
from pro_service.store.ids import new_id
from pro_service.store.texting import first_texts
from pro_service.store.texting.first_texts import FirstTextWrite
from pro_service.store.writes import ReplyMessageRow

TEMPLATE = "letter.hello"


class NoEmailAddressError(ProServiceError):
    """This contact is no e-mail address; a telephone is proven by its first text, or by staff."""


class _Addressee(NamedTuple):
    contact: ContactFacts
    address: str


async def send_proof(who: Who, actor: str, *, which: Which) -> None:
    """Queue the letter to a contact's e-mail address.

    Raises NoContactError, NoEmailAddressError, NoLineError, FirstTextRefusedError, KeyGoneError,
    BusyError.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        contact = find_contact(facts, which)
        if contact.kind != "email":
            raise NoEmailAddressError
        to = _Addressee(contact, open_address(who.context, contact))
        document = await _document(who, facts, protocol, to, actor)
        write = writing(first_texts.queue_first_text, document)
        return Plan(None, with_note(who, None, write))

    await turn(who, decide)


async def _document(
    who: Who, facts: ParticipantFacts, protocol: Protocol, to: _Addressee, actor: str
) -> FirstTextWrite:
    connection, context, study_id, participant_id, _ = who
    outlet = outlet_for(context, facts, to.address)
    if outlet.sender is None or outlet.why_not is not None:
        raise NoLineError(
            mend="Add one: pro-service sender add ADDRESS --provider email --site ..."
        )
    if facts.data_key is None:
        raise KeyGoneError
    before = await first_texts.read_proof_letters(
        connection, study_id, participant_id, indexes_of(context, to.address), facts.site.id
    )
    why = _why_not(facts, to.contact, joining_of(before.state))
    if why is not None:
        raise refused(why)
    message_id = new_id()
    body = context.texts.render(
        proof_parts(context, before.site_name, message_id),
        facts.language,
        text_context(context, protocol, facts),
    )
    line = await line_to(connection, context, study_id, outlet.sender.id, to.address, actor)
    sealed = seal_body(
        context,
        message_id=message_id,
        data_key=facts.data_key.id,
        body=body,
        counted=counted(body),
    )
    row = ReplyMessageRow(
        id=message_id,
        line_id=line.id,
        participant_id=facts.id,
        kind=KIND,
        template=TEMPLATE,
        language=facts.language,
        **sealed._asdict(),
        provider=outlet.sender.provider,
        dedupe_key=f"first:{to.contact.id}:{before.letters + 1}",
        actor=actor,
        state="queued",
        expires_at=facts.now + FIRST_TEXT_LASTS,
    )
    return FirstTextWrite(lines=[line.row] if line.row else [], messages=[row])


def _why_not(
    facts: ParticipantFacts, contact: ContactFacts, joining: Joining
) -> FirstTextRefused | WhyNot | None:
    where = standing(facts.statuses, facts.now, facts.events)
    if not (where.may_message and where.may_answer):
        return FirstTextRefused.status
    held = held_back(contact, facts.consent)
    if held is not None:
        return held
    if contact.confirmed:
        return FirstTextRefused.proven
    return FirstTextRefused.sent if joining is Joining.waiting else None
