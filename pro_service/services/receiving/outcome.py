"""What an inbound text becomes: its row, the reply, the dialogue, opt-outs, calls: one write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

from pro_service.domain.conversation.commands import Command
from pro_service.domain.conversation.dialogue import Dialogue, Prompt, Step
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.messaging.gateway import InboundText
from pro_service.services.answering import AnswersPlan
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import BusyError
from pro_service.services.texting import Line, message_row
from pro_service.store.answering import answers
from pro_service.store.answering.answers import AnswersWrite
from pro_service.store.connection import Connection, Guard, transaction
from pro_service.store.ids import new_id
from pro_service.store.receiving import inbounds
from pro_service.store.receiving.inbounds import LineParticipant
from pro_service.store.texting import numbers
from pro_service.store.texting.messages import OwnedSender

Asked: TypeAlias = Mapping[UUID, Prompt | None]
"""The question that was open with each user of a line when a text was first looked at."""


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
    asked: Asked
    inbound_id: UUID
    actor: str


@dataclass
class Outcome:
    """What is to be written, and the reply it carries (None: silence)."""

    document: dict[str, Any]
    reply: str | None = None
    message_id: UUID | None = None
    answers: AnswersPlan | None = None
    facts: ParticipantFacts | None = None


_MORE: Final = ("calls", "alerts", "data_keys", "invitations")


def dialogue_of(user: LineParticipant) -> Dialogue:
    """What stands of the conversation with somebody on this line."""
    return Dialogue() if user.dialogue is None else Dialogue.model_validate_json(user.dialogue)


async def facts_of(
    connection: Connection, context: ServiceContext, received: Received, user: LineParticipant
) -> tuple[ParticipantFacts, Protocol]:
    """Somebody's facts now, and the protocol they follow."""
    study_id = received.sender.study_id
    facts = await context.facts(connection, study_id, user.id)
    return facts, await context.protocol(connection, study_id, facts.protocol_version_id)


def add_call(
    document: dict[str, Any], received: Received, facts: ParticipantFacts, step: Step
) -> None:
    """Ask a coordinator to call where the texts could not be read."""
    if not step.call_wanted or step.dialogue.prompt is None:
        return
    prompt = step.dialogue.prompt
    for visit in facts.visits:
        if any(one.id == prompt.assessment_id for one in visit.assessments):
            document["calls"].append(
                {
                    "id": new_id(),
                    "participant_id": facts.id,
                    "visit_id": visit.id,
                    "reason": "not_understood",
                    "closes_at": visit.closes_at,
                    "actor": received.actor,
                }
            )


def begin_outcome(
    context: ServiceContext,
    received: Received,
    owner: ParticipantFacts | None,
    disposition: str,
    command: Command | None,
    *,
    key: ParticipantFacts | None = None,
) -> Outcome:
    """The outcome of a text, sealed under the key of its owner, or of `key` where it has none."""
    facts = owner or key
    if facts is None or facts.data_key is None:
        raise BusyError("The participant has no data key.")
    document = inbound_document(
        context,
        received,
        None if owner is None else owner.id,
        facts.data_key.id,
        disposition=disposition,
        command=command,
    )
    return Outcome(document, facts=owner)


def inbound_document(
    context: ServiceContext,
    received: Received,
    participant_id: UUID | None,
    data_key: UUID,
    *,
    disposition: str,
    command: Command | None = None,
) -> dict[str, Any]:
    """The document `store.inbounds.record_inbound` writes, with the text and nothing else yet."""
    lists = ("messages", "conversations", "focus", "opt_outs", "opt_ins", "affected", "confirmed")
    document: dict[str, Any] = {name: [] for name in (*lists, *_MORE)}
    document["lines"] = [received.line.row] if received.line.row else []
    sealed = context.vault.seal(
        received.text.body,
        data_key=data_key,
        table="inbounds",
        column="body",
        row_id=received.inbound_id,
    )
    document["inbound"] = {
        "id": received.inbound_id,
        "line_id": received.line.id,
        "participant_id": participant_id,
        "provider": context.provider,
        "provider_id": received.text.provider_id,
        "body_sealed": sealed.ciphertext.hex(),
        "body_key": sealed.key,
        "media_count": received.text.media_count,
        "disposition": disposition,
        "command": command,
        "reply_message_id": None,
        "actor": received.actor,
    }
    return document


def add_opt_out(
    document: dict[str, Any], received: Received, facts: ParticipantFacts | None
) -> None:
    """Hold the line back from now on, on the word of this text."""
    document["opt_outs"].append(
        {
            "id": new_id(),
            "line_id": received.line.id,
            "participant_id": None if facts is None else facts.id,
            "inbound_id": received.inbound_id,
            "reason": "said so by text",
            "actor": received.actor,
        }
    )


def keep_dialogue(
    document: dict[str, Any],
    received: Received,
    facts: ParticipantFacts,
    dialogue: Dialogue,
    message_id: UUID | None = None,
) -> None:
    """Keep the dialogue; the question it now holds open was carried by the reply."""
    if dialogue.prompt is not None and message_id is not None:
        prompt = dialogue.prompt.model_copy(update={"message_id": message_id})
        dialogue = dialogue.model_copy(update={"prompt": prompt})
    document["conversations"].append(
        {
            "id": new_id(),
            "line_id": received.line.id,
            "participant_id": facts.id,
            "dialogue": dialogue.model_dump(mode="json"),
            "closed": False,
        }
    )


def add_reply_for(
    context: ServiceContext,
    received: Received,
    outcome: Outcome,
    facts: ParticipantFacts,
    body: str,
    template: str,
) -> None:
    """Add the reply to a participant; it names its owner only where the text had one."""
    if facts.data_key is None:
        raise BusyError("The participant has no data key.")
    owner = None if outcome.facts is None else facts.id
    add_reply(context, received, outcome, body, owner, facts.data_key.id, facts.language, template)


def add_reply(
    context: ServiceContext,
    received: Received,
    outcome: Outcome,
    body: str,
    participant_id: UUID | None,
    data_key: UUID,
    language: str,
    template: str,
) -> None:
    """Add the reply that goes out in the webhook's own answer."""
    outcome.reply, outcome.message_id = body, new_id()
    outcome.document["inbound"]["reply_message_id"] = outcome.message_id
    outcome.document["messages"].append(
        message_row(
            context,
            message_id=outcome.message_id,
            line_id=received.line.id,
            participant_id=participant_id,
            data_key=data_key,
            kind="reply",
            template=template,
            language=language,
            body=body,
            dedupe_key=f"reply:{received.inbound_id}",
            actor=received.actor,
        )
    )


def queue_reply(outcome: Outcome) -> None:
    """Send the reply by the queue: there is no webhook to answer any more.

    A reply that belongs to no participant is left out: its answer would come out of the blue.
    """
    if outcome.facts is None:
        outcome.document["messages"].clear()
        outcome.document["inbound"]["reply_message_id"] = outcome.message_id = outcome.reply = None
    for message in outcome.document["messages"]:
        message["state"] = "queued"


async def write_inbound(connection: Connection, received: Received, outcome: Outcome) -> None:
    """Everything in one short transaction: the participant's turn and answers, then the text."""
    study_id = received.sender.study_id
    if outcome.facts is None:
        await inbounds.record_inbound(connection, study_id, outcome.document)
        return
    answers_write = outcome.answers.document if outcome.answers else AnswersWrite()
    guard = Guard(study_id, outcome.facts.id, outcome.facts.revision)
    async with transaction(connection) as connection:
        if outcome.document["confirmed"]:
            await numbers.give_reason(connection, "the participant's code was typed on it")
        await answers.record_answers(connection, guard, answers_write)
        await inbounds.record_inbound(connection, study_id, outcome.document)
