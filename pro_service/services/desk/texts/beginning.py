"""A text of staff that answers none: looked at first, then queued once, as a reply is (R7).

It goes to whoever is texted now, in the protocol's words or in own words where it allows them.
Nobody begins where texts rest: what stops a reminder for good or for a while stops this one, before
it is queued and until it is claimed.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from pro_service.domain.conversation.staff_replies import (
    BEGUN,
    KIND,
    choose,
    goes_at,
)
from pro_service.domain.delivery.contacts import ContactFacts, WhyNot
from pro_service.domain.delivery.segments import segments
from pro_service.domain.delivery.senders import SenderFacts
from pro_service.domain.study.facts import ParticipantFacts, Status
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.statuses import FINAL, standing
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import with_note
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.services.desk.texts.replying import ReplyRefused, ReplyRefusedError
from pro_service.services.texting import (
    StaffReply,
    line_to,
    open_address,
    outlet_for,
    staff_reply_body,
    staff_reply_row,
)
from pro_service.store.desk import texts as store
from pro_service.store.desk.texts import SettlementWrite
from pro_service.store.ids import new_id


class Wanted(NamedTuple):
    """What staff want to write: one of the protocol's texts by id, or own words."""

    choice: str
    own_words: str


class FirstText(NamedTuple):
    """A text as it would go out, to whom, and when; nothing is written yet."""

    contact: ContactFacts
    sender: SenderFacts
    """Our address it comes from."""
    template: str
    body: str
    segments: int
    goes_at: datetime
    """Now, or once their quiet hours end."""
    waits: bool
    """Whether that is later than now."""


def compose_first_text(
    context: ServiceContext, facts: ParticipantFacts, protocol: Protocol, wanted: Wanted
) -> FirstText:
    """The text as it would go out. Raises ReplyRefusedError, ReplyWordsError."""
    contact = may_begin(facts)
    outlet = outlet_for(context, facts, open_address(context, contact))
    if outlet.sender is None or outlet.why_not is not None:
        raise ReplyRefusedError(ReplyRefused.no_channel)
    if outlet.rule.template_registered:
        raise ReplyRefusedError(ReplyRefused.unregistered)
    chosen = choose(protocol, facts.language, wanted.choice, wanted.own_words)
    body = staff_reply_body(context, protocol, facts, chosen.words, headed=contact.names_code)
    when = goes_at(protocol.messaging, facts.now, facts.zone)
    return FirstText(
        contact,
        outlet.sender,
        chosen.template.replace(f"{KIND}.", f"{KIND}.{BEGUN}.", 1),
        body,
        segments(body).segments,
        when,
        when > facts.now,
    )


def may_begin(facts: ParticipantFacts) -> ContactFacts:
    """Whom a first text goes to. Raises ReplyRefusedError where none may go (R1)."""
    where = standing(facts.statuses, facts.now, facts.events)
    if where.status in {*FINAL, Status.died}:
        raise ReplyRefusedError(ReplyRefused.ended)
    if not where.may_message:
        raise ReplyRefusedError(ReplyRefused.resting)
    found = facts.reach
    if found.contact is None:
        raise ReplyRefusedError(found.why_not or WhyNot.no_number)
    return found.contact


async def send_first_text(who: Who, wanted: Wanted, *, actor: str) -> FirstText:
    """Queue the text; it goes the way of every text.

    Raises ReplyRefusedError, ReplyWordsError, KeyGoneError, BusyError.
    """
    context = who.context

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[FirstText]:
        text = compose_first_text(context, facts, protocol, wanted)
        sender = text.sender
        number = open_address(context, text.contact)
        line = await line_to(who.connection, context, who.study_id, sender.id, number, actor)
        reply = StaffReply(new_id(), line.id, sender.provider, text.template, text.body, actor)
        document = SettlementWrite(
            lines=[] if line.row is None else [line.row],
            messages=[staff_reply_row(context, facts, reply)],
        )
        return Plan(text, with_note(who, None, writing(store.settle_text, document)))

    return await turn(who, decide)
