"""A reply of staff to a text: looked at first in the words that go out, then queued once (R7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.conversation.staff_replies import Chosen, choose, goes_at
from pro_service.domain.delivery.contacts import ContactFacts, WhyNot, why_not
from pro_service.domain.delivery.segments import segments
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts, Status
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.statuses import FINAL, standing
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Plan, turn, writing
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import signed
from pro_service.services.desk.texts.finding import TextCase, find_whose, still_to_settle
from pro_service.services.desk.texts.settling import settlement
from pro_service.services.texting import (
    StaffReply,
    needs_registration,
    open_address,
    staff_reply_body,
    staff_reply_row,
)
from pro_service.store.base import operations
from pro_service.store.desk import texts as store
from pro_service.store.desk.clerk import Place
from pro_service.store.desk.texts import SettlementWrite, TextToSettle


class ReplyRefused(StrEnum):
    """Why no reply can go to whoever wrote, beside the reasons of contacts (`WhyNot`)."""

    stranger = "stranger"
    """The number is none of the participant's: nobody knows who would read it."""
    ended = "ended"
    """The participant has died, or withdrew the use of the data."""
    resting = "resting"
    """They asked for a rest, or for good to be left in peace: nobody begins to write (R1)."""
    no_channel = "no_channel"
    """No text may go to numbers of their country."""
    unregistered = "unregistered"
    """Every text there must be registered beforehand, and own words cannot be."""


class ReplyRefusedError(ProServiceError):
    """No text may go to whoever wrote; `why` says why. They can be called."""

    def __init__(self, why: ReplyRefused | WhyNot) -> None:
        """Keep the reason."""
        super().__init__()
        self.why = why


@dataclass(frozen=True)
class ReplyWish:
    """Which reply is to go to which text: one of the protocol's by id, or own words."""

    inbound_id: UUID
    whose: str
    choice: str
    own_words: str


class ReplyPreview(NamedTuple):
    """What would go out, when, and what it costs; nothing is written yet."""

    facts: ParticipantFacts
    wish: ReplyWish
    body: str
    segments: int
    goes_at: datetime
    """Now, or once their quiet hours end."""
    kind: str | None
    """demo, validation or production: pages carry the mark."""


async def preview_reply(hands: Hands, wish: ReplyWish) -> ReplyPreview:
    """The reply as it would go out.

    Raises NotHereError, NotAllowedError, WhoseMissingError, TextSettledError, ReplyRefusedError,
    ReplyWordsError.
    """
    place = await find_whose(hands, Action.reply_to_text, wish.inbound_id, wish.whose)
    who = hands.turn_of(place)
    facts = await who.context.reader.facts(who.connection, who.study_id, who.participant_id)
    protocol = await who.context.reader.protocol(
        who.connection, who.study_id, facts.protocol_version_id
    )
    text = await still_to_settle(hands, facts, wish.inbound_id)
    reply, _ = _compose(TextCase(hands, facts, protocol, wish.inbound_id, text), wish)
    return ReplyPreview(
        facts,
        wish,
        reply.body,
        segments(reply.body).segments,
        goes_at(protocol.messaging, facts.now, facts.zone),
        await operations.get_database_kind(who.connection),
    )


async def send_reply(hands: Hands, wish: ReplyWish) -> Place:
    """Queue the reply, which settles the text; it goes the way of every text.

    Raises what `preview_reply` raises.
    """
    seat, action = hands.seat, Action.reply_to_text
    place = await find_whose(hands, action, wish.inbound_id, wish.whose)

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        text = await still_to_settle(hands, facts, wish.inbound_id)
        case = TextCase(hands, facts, protocol, wish.inbound_id, text)
        reply, chosen = _compose(case, wish)
        message = staff_reply_row(hands.context, facts, reply)
        word = settlement(wish.inbound_id, text, "reply", chosen.template, actor=seat.actor)
        document = SettlementWrite(
            settlements=[replace(word, message_id=message.id)], messages=[message]
        )
        return Plan(None, signed(seat, action, None, writing(store.settle_text, document)))

    await turn(hands.turn_of(place), decide)
    return place


def may_reply(context: ServiceContext, facts: ParticipantFacts, text: TextToSettle) -> ContactFacts:
    """The contact a reply goes to: whoever wrote. Raises ReplyRefusedError."""
    if standing(facts.statuses, facts.now, facts.events).status in {*FINAL, Status.died}:
        raise ReplyRefusedError(ReplyRefused.ended)
    contact = next((one for one in facts.contacts if one.id == text.contact_id), None)
    if contact is None:
        raise ReplyRefusedError(ReplyRefused.stranger)
    refused = why_not(contact, facts.consent)
    if refused is not None:
        raise ReplyRefusedError(refused)
    if needs_registration(context, text.provider, open_address(context, contact)):
        raise ReplyRefusedError(ReplyRefused.unregistered)
    return contact


def _compose(case: TextCase, wish: ReplyWish) -> tuple[StaffReply, Chosen]:
    facts, protocol, hands = case.facts, case.protocol, case.hands
    contact = may_reply(hands.context, facts, case.text)
    chosen = choose(protocol, facts.language, wish.choice, wish.own_words)
    body = staff_reply_body(hands.context, protocol, facts, chosen.words, headed=contact.names_code)
    actor = hands.seat.actor
    return StaffReply(
        wish.inbound_id, case.text.line_id, case.text.provider, chosen.template, body, actor
    ), chosen
