"""A text that came in, and what is read about it before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias
from uuid import UUID

from pro_service.domain.conversation.asking import still_asked
from pro_service.domain.conversation.commands import says_more
from pro_service.domain.conversation.dialogue import Dialogue, Prompt, TextPart
from pro_service.domain.delivery.channels import ChannelRule
from pro_service.domain.delivery.senders import SMS
from pro_service.domain.study.assessments import taken_over_by
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.respondents import Respondent, respondent_at
from pro_service.messaging.gateway import InboundText
from pro_service.services.answering import text_context
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.in_hand import Door, lean_facts
from pro_service.services.base.phones import country_of
from pro_service.services.base.turns import BusyError
from pro_service.services.texting import Line, contact_at
from pro_service.store.connection import Connection
from pro_service.store.texting.arrivals import Arrived, LineParticipant
from pro_service.store.texting.messages import OwnedSender

Asked: TypeAlias = Mapping[UUID, Prompt | None]
"""The question that was open with each user of a line when a text was first looked at."""


@dataclass(frozen=True)
class Received:
    """A text with where it came from: our sender, the line, and who uses the number."""

    text: InboundText
    arrived: Arrived
    their_address: str
    door: bytes
    """By what facts of whoever has the number may be in hand."""
    line: Line
    users: Sequence[LineParticipant]
    awaited: Sequence[LineParticipant]
    """Whose number this becomes once they confirm it."""
    unasked: Sequence[LineParticipant]
    """Whose contact it is without having agreed to texts: nothing is asked there."""
    asked: Asked
    inbound_id: UUID
    actor: str
    lean: bool = True
    """Of whoever sent it the visits in hand are read, as long as no decision needs more."""

    @property
    def sender(self) -> OwnedSender:
        """Our sender it came to."""
        return self.arrived.sender

    @cached_property
    def _country(self) -> str:
        """Told from the number once."""
        return country_of(self.their_address)

    def rule_of(self, context: ServiceContext, provider: str) -> ChannelRule:
        """What a provider may do for the number it came from."""
        return context.channels.rule_for(SMS, provider, self._country)

    @property
    def said(self) -> str:
        """What it is read as: its words, or the word for what the provider took it for."""
        return self.text.body if self.text.verdict is None else self.text.verdict.upper()

    @property
    def says_more(self) -> bool:
        """Whether there is something in it beside a command, which somebody must read.

        A provider's word for a command may be none of ours ("ARRET"): alone it says no more.
        """
        body = self.text.body
        return says_more(body) and (self.text.verdict is None or len(body.split()) > 1)

    @property
    def provider_replied(self) -> bool:
        """Whether the provider has answered by itself: the same is not said twice."""
        return self.text.verdict is not None


@dataclass(frozen=True)
class Case:
    """A text beside the facts of one who may have sent it: what its outcome is decided from."""

    connection: Connection
    context: ServiceContext
    protocol: Protocol
    received: Received
    facts: ParticipantFacts
    """As they are for whoever writes: what others had begun is not theirs to go on with."""
    dialogue: Dialogue
    """What stands of the conversation with them on this line."""
    respondent: Respondent
    """Who answers here: the participant, or on their behalf whoever owns the telephone."""
    anothers: bool = False
    """The telephone is another person's than the participant's."""
    staff_wrote: bool = False
    """Staff wrote on the line after our last reminder: what comes now may be for them."""
    silenced: bool = False
    """The question they had was asked before the line wanted silence, and is asked no more."""

    @property
    def data_key(self) -> UUID:
        """The key their words are sealed under. Raises BusyError while they have none."""
        if self.facts.data_key is None:
            raise BusyError("The participant has no data key.")
        return self.facts.data_key.id

    @property
    def rule(self) -> ChannelRule:
        """What the provider that brought the text may do for the number it came from."""
        return self.received.rule_of(self.context, self.received.sender.provider)

    @cached_property
    def held_back(self) -> bool:
        """Whether this number asked for no texts."""
        contact = contact_at(self.context, self.facts, self.received.their_address)
        return contact is not None and contact.opted_out_at is not None

    def headed(self, parts: Sequence[TextPart]) -> tuple[TextPart, ...]:
        """The parts of a reply, headed by whose they are on a telephone shared or another's."""
        if len(self.received.users) < 2 and not self.anothers:
            return tuple(parts)
        code = TextPart(key="reminder.for_code", parameters={"code": self.facts.start_of_code})
        return (code, *parts)

    def render(self, parts: Sequence[TextPart], *, link: str | None = None) -> str:
        """The words of a text to them, in their language."""
        naming = text_context(self.context, self.protocol, self.facts, link=link)
        return self.context.texts.render(parts, self.facts.language, naming)


def dialogue_of(user: LineParticipant) -> Dialogue:
    """What stands of the conversation with somebody on this line."""
    return still_asked(_stored(user), user.silenced_at, user.now)


def _stored(user: LineParticipant) -> Dialogue:
    return Dialogue() if user.dialogue is None else _read_dialogue(user.dialogue)


@lru_cache(maxsize=64)
def _read_dialogue(stored: str) -> Dialogue:
    """A dialogue as it is stored; of one text it is asked several times."""
    return Dialogue.model_validate_json(stored)


async def read_case(
    connection: Connection,
    context: ServiceContext,
    received: Received,
    user: LineParticipant,
    stated: Respondent | None = None,
) -> Case:
    """Read somebody's facts as they are now, and the protocol they follow.

    With the answers to what they were asked and answered last, however long ago that was.

    `stated` is who this very text says answers, on a telephone of somebody else.
    """
    study_id = received.sender.study_id
    dialogue = dialogue_of(user)
    spoken_of = [one.assessment_id for one in (dialogue.prompt, dialogue.last) if one is not None]
    if received.lean:
        at = Door(received.door, received.arrived.around.get(user.id))
        facts = await lean_facts(connection, context, (study_id, user.id), spoken_of, at)
    else:
        facts = await context.reader.facts(connection, study_id, user.id, answers_of=spoken_of)
    protocol = await context.reader.protocol(connection, study_id, facts.protocol_version_id)
    who = stated or _respondent(user, dialogue, facts)
    seen = taken_over_by(facts, who)
    silenced = dialogue.prompt is None and _stored(user).prompt is not None
    return Case(
        connection,
        context,
        protocol,
        received,
        seen,
        dialogue,
        who,
        anothers=user.relation != "self",
        staff_wrote=user.staff_wrote,
        silenced=silenced,
    )


def _respondent(user: LineParticipant, dialogue: Dialogue, facts: ParticipantFacts) -> Respondent:
    """Who answers: whoever owns the telephone, unless they said otherwise for this sitting."""
    owner, stated, prompt = respondent_at(user.relation), dialogue.who, dialogue.prompt
    if user.relation == "self" or stated is None or prompt is None:
        return owner
    asked = next((visit for visit in facts.visits if visit.id == stated.visit_id), None)
    if asked is None or all(one.id != prompt.assessment_id for one in asked.assessments):
        return owner
    return Respondent(kind=stated.kind)
