"""A text that came in, and what is read about it before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias
from uuid import UUID

from pro_service.domain.conversation.dialogue import Dialogue, Prompt, TextPart
from pro_service.domain.study.assessments import taken_over_by
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.respondents import Respondent, respondent_at
from pro_service.messaging.gateway import Gateway, InboundText
from pro_service.services.answering import text_context
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import BusyError
from pro_service.services.texting import Line, contact_at
from pro_service.store.connection import Connection
from pro_service.store.receiving.inbounds import LineParticipant
from pro_service.store.texting.messages import OwnedSender

Asked: TypeAlias = Mapping[UUID, Prompt | None]
"""The question that was open with each user of a line when a text was first looked at."""


class Arrival(NamedTuple):
    """A text as it arrived: who brought it, and which sender of ours it came to."""

    gateway: Gateway
    sender: OwnedSender
    text: InboundText


@dataclass(frozen=True)
class Received:
    """A text with where it came from: our sender, the line, and who uses the number."""

    text: InboundText
    sender: OwnedSender
    their_address: str
    line: Line
    users: Sequence[LineParticipant]
    awaited: Sequence[LineParticipant]
    """Whose number this becomes once they confirm it."""
    unasked: Sequence[LineParticipant]
    """Whose contact it is without having agreed to texts: nothing is asked there."""
    asked: Asked
    inbound_id: UUID
    actor: str


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

    @property
    def data_key(self) -> UUID:
        """The key their words are sealed under. Raises BusyError while they have none."""
        if self.facts.data_key is None:
            raise BusyError("The participant has no data key.")
        return self.facts.data_key.id

    @property
    def held_back(self) -> bool:
        """Whether this number asked for no texts."""
        contact = contact_at(self.context, self.facts, self.received.their_address)
        return contact is not None and contact.opted_out_at is not None

    def headed(self, parts: Sequence[TextPart]) -> tuple[TextPart, ...]:
        """The parts of a reply, headed by whose they are on a telephone shared or another's."""
        if len(self.received.users) < 2 and self.respondent.kind != "proxy":
            return tuple(parts)
        code = TextPart(key="reminder.for_code", parameters={"code": self.facts.start_of_code})
        return (code, *parts)

    def render(self, parts: Sequence[TextPart], *, link: str | None = None) -> str:
        """The words of a text to them, in their language."""
        naming = text_context(self.context, self.protocol, self.facts, link=link)
        return self.context.texts.render(parts, self.facts.language, naming)


def dialogue_of(user: LineParticipant) -> Dialogue:
    """What stands of the conversation with somebody on this line."""
    return Dialogue() if user.dialogue is None else Dialogue.model_validate_json(user.dialogue)


async def read_case(
    connection: Connection, context: ServiceContext, received: Received, user: LineParticipant
) -> Case:
    """Read somebody's facts as they are now, and the protocol they follow."""
    study_id = received.sender.study_id
    facts = await context.reader.facts(connection, study_id, user.id)
    protocol = await context.reader.protocol(connection, study_id, facts.protocol_version_id)
    who = respondent_at(user.relation)
    seen = taken_over_by(facts, who)
    return Case(connection, context, protocol, received, seen, dialogue_of(user), who)
