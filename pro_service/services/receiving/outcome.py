"""What a text leads to: collected while it is decided, then written at once.

The text's row, the reply, the dialogue, opt-outs and calls are one document; the participant's
turn and answers are another in the same statement. What has a statement of its own besides goes
with them in one short transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from pro_service.domain.conversation.asking import asks, carried
from pro_service.domain.conversation.commands import Command
from pro_service.domain.conversation.dialogue import (
    Dialogue,
    Disposition,
    Prompt,
    Step,
    TextPart,
)
from pro_service.domain.instruments.model import Language
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.answering import AnswersPlan
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.in_hand import remember
from pro_service.services.base.known import Stored
from pro_service.services.receiving.case import Case, Received
from pro_service.services.receiving.questions import heard_with
from pro_service.services.texting import WrongNumber, opt_out_row, seal_body
from pro_service.store.answering import answers, checklist
from pro_service.store.answering.answers import AnswersWrite
from pro_service.store.answering.checklist import ChecklistWrite
from pro_service.store.connection import Connection, Guard, transaction
from pro_service.store.ids import new_id
from pro_service.store.pages import preferences
from pro_service.store.pages.preferences import ChoiceWrite
from pro_service.store.receiving import inbounds
from pro_service.store.receiving.inbounds import InboundWrite
from pro_service.store.texting import numbers, reminders
from pro_service.store.texting.reminders import LaterWrite
from pro_service.store.writes import (
    FocusRow,
    InboundRow,
    InvitationRow,
    LineCallRow,
    LineConversationRow,
    OptOutRow,
    ReplyMessageRow,
    TextAlertRow,
)
from pro_service.vault import places


@dataclass(frozen=True)
class Reply:
    """What is said back, and the key of the words it begins with."""

    body: str = field(repr=False)
    template: str
    language: Language
    id: UUID = field(default_factory=new_id)


@dataclass
class InboundOutcome:
    """What is to be written about a text, and what it is answered (`reply`; None: silence)."""

    data_key: UUID
    """The text and its reply are sealed under this key."""
    disposition: Disposition
    command: Command | None = None
    facts: ParticipantFacts | None = None
    """Whose text it is, where that is known: it takes their turn."""
    reply: Reply | None = None
    queued: bool = False
    """No webhook waits for the reply: it goes out like any message."""
    answers: AnswersPlan | None = None
    dialogue: Dialogue | None = None
    in_focus: bool = False
    """From now on the line is this participant's, until it has been silent for a while."""
    opt_out: bool = False
    opt_in: bool = False
    affected: tuple[UUID, ...] = ()
    """Who else uses a line that is held back or let go."""
    choice: ChoiceWrite | None = None
    """A pause begun or ended, which takes the turn instead of answers."""
    later: LaterWrite | None = None
    """The nudge of somebody who wants to be asked later, likewise."""
    confirmed: UUID | None = None
    """The number whose owner this text proves."""
    proof: str = "the participant's code was typed on it"
    """By what it does; the reason of the record."""
    wrong: tuple[WrongNumber, Guard] | None = None
    """The number turned out to be somebody else's: it rests, in the turn of one concerned."""
    checklist: ChecklistWrite | None = None
    """What a participant opened who said that something is wrong."""
    invitations: list[InvitationRow] = field(default_factory=list)
    calls: list[LineCallRow] = field(default_factory=list)
    urgent: bool = False
    """The text names a sign of harm: somebody reads it first."""
    alerts: list[TextAlertRow] = field(default_factory=list)
    asked: Prompt | None = None
    """The question that was open and counted as asked, where the text did not answer it."""

    @property
    def is_one_write(self) -> bool:
        """Whether turn, answers and text are all there is to be written."""
        return not (self.confirmed or self.choice or self.later or self.checklist)

    def keep_dialogue(self, case: Case, dialogue: Dialogue, said: Sequence[TextPart]) -> None:
        """Keep the dialogue after this text; `said` is what the reply, if any, was made of."""
        carrier = self.reply.id if self.reply is not None and asks(said) else None
        kept = carried(dialogue, case.dialogue, carrier)
        who = dialogue.who or case.dialogue.who
        self.dialogue = kept.model_copy(update={"heard": heard_with(case), "who": who})

    def queue_reply(self) -> None:
        """Send the reply by the queue: there is no webhook to answer any more.

        A reply that belongs to no participant is left out: its answer would come out of the blue.
        """
        self.queued = True
        if self.facts is None:
            self.reply = None

    def say_nothing(self) -> None:
        """Answer nothing: the text came before a restore and was answered then.

        The question that answer carried counts as asked, so that the next text can answer it.
        """
        self.reply = None
        if self.dialogue is not None and self.dialogue.prompt is not None:
            prompt = self.dialogue.prompt.model_copy(update={"message_id": None, "told": True})
            self.dialogue = self.dialogue.model_copy(update={"prompt": prompt})


def own_outcome(
    case: Case, disposition: Disposition, command: Command | None = None
) -> InboundOutcome:
    """The outcome, still to be filled, of a text that is this participant's."""
    return InboundOutcome(case.data_key, disposition, command, case.facts)


def unowned_outcome(
    case: Case, disposition: Disposition, command: Command | None = None
) -> InboundOutcome:
    """The same of a text that one of several sent: sealed under the key of the one at hand."""
    return InboundOutcome(case.data_key, disposition, command)


def add_call(case: Case, step: Step, outcome: InboundOutcome) -> None:
    """Ask a coordinator to call where the texts could not be read."""
    prompt = step.dialogue.prompt
    if not step.call_wanted or prompt is None:
        return
    for visit in case.facts.visits:
        if any(one.id == prompt.assessment_id for one in visit.asked or ()):
            call = LineCallRow(
                id=new_id(),
                participant_id=case.facts.id,
                visit_id=visit.id,
                reason="not_understood",
                closes_at=visit.closes_at,
                actor=case.received.actor,
            )
            outcome.calls.append(call)


async def write_inbound(
    connection: Connection, context: ServiceContext, received: Received, outcome: InboundOutcome
) -> None:
    """Everything at once: the participant's turn and answers, and the text."""
    study_id, facts = received.sender.study_id, outcome.facts
    document = inbound_document(context, received, outcome)
    if outcome.wrong is not None:
        number, turn = outcome.wrong
        async with transaction(connection) as held:
            await numbers.give_reason(held, "said so by text")
            await number.rest(held, turn)
            await inbounds.record_inbound(held, study_id, document)
        return
    if facts is None:
        await inbounds.record_inbound(connection, study_id, document)
        return
    guard = Guard(study_id, facts.id, facts.revision)
    if outcome.is_one_write:
        stored = await _write_text(connection, outcome, guard, document)
    else:
        async with transaction(connection) as held:
            stored = await _write_more(held, outcome, guard, document)
    remember(context, received.door, stored)


async def _write_text(
    connection: Connection, outcome: InboundOutcome, guard: Guard, document: InboundWrite
) -> Stored | None:
    """Turn, answers and text in one statement; what is known of the participant afterwards."""
    answered = outcome.answers.document if outcome.answers else AnswersWrite()
    text = inbounds.text_beside(document)
    stored_at = await answers.record_answers(connection, guard, answered, text)
    return Stored(guard, answered, stored_at) if document.is_plain else None


async def _write_more(
    connection: Connection, outcome: InboundOutcome, guard: Guard, document: InboundWrite
) -> Stored | None:
    """The same with what takes a statement of its own, in the transaction that is open."""
    if outcome.confirmed is not None:
        await numbers.give_reason(connection, outcome.proof)
    if outcome.choice is not None:
        await preferences.record_choice(connection, guard, outcome.choice)
        await inbounds.record_inbound(connection, guard.study_id, document)
    elif outcome.later is not None:
        await reminders.ask_later(connection, guard, outcome.later)
        await inbounds.record_inbound(connection, guard.study_id, document)
    else:
        stored = await _write_text(connection, outcome, guard, document)
        if outcome.checklist is None:
            return stored
        # The turn before it has moved the revision.
        after = guard._replace(revision=guard.revision + 1)
        await checklist.open_checklist(connection, after, outcome.checklist)
    return None


def inbound_document(
    context: ServiceContext, received: Received, outcome: InboundOutcome
) -> InboundWrite:
    """The outcome as it is stored."""
    line = received.line
    document = InboundWrite(
        inbound=_inbound_row(context, received, outcome),
        lines=[line.row] if line.row else [],
        invitations=outcome.invitations,
        affected=list(outcome.affected),
        calls=outcome.calls,
        alerts=outcome.alerts,
    )
    if outcome.reply is not None:
        document.messages.append(_reply_row(context, received, outcome, outcome.reply))
    if outcome.opt_out:
        document.opt_outs.append(_opt_out_row(received, outcome))
    if outcome.opt_in:
        document.opt_ins.append(line.id)
    if outcome.confirmed is not None:
        document.confirmed.append(outcome.confirmed)
    if outcome.facts is not None and outcome.in_focus:
        document.focus.append(FocusRow(line_id=line.id, participant_id=outcome.facts.id))
    if outcome.facts is not None and outcome.dialogue is not None:
        row = LineConversationRow(
            id=new_id(),
            line_id=line.id,
            participant_id=outcome.facts.id,
            dialogue=outcome.dialogue.model_dump(mode="json"),
        )
        document.conversations.append(row)
    return document


def _inbound_row(
    context: ServiceContext, received: Received, outcome: InboundOutcome
) -> InboundRow:
    text, owner = received.text, outcome.facts
    sealed = places.INBOUND_BODY.seal(
        context.keys.vault, text.body, data_key=outcome.data_key, row_id=received.inbound_id
    )
    return InboundRow(
        id=received.inbound_id,
        line_id=received.line.id,
        participant_id=None if owner is None else owner.id,
        provider=received.sender.provider,
        provider_id=text.provider_id,
        body_sealed=sealed.ciphertext,
        body_key=sealed.key,
        media_count=text.media_count,
        disposition=outcome.disposition,
        command=outcome.command,
        urgent=outcome.urgent,
        reply_message_id=None if outcome.reply is None else outcome.reply.id,
        actor=received.actor,
        asked_assessment_id=None if outcome.asked is None else outcome.asked.assessment_id,
        asked_items=None if outcome.asked is None else outcome.asked.items,
    )


def _reply_row(
    context: ServiceContext, received: Received, outcome: InboundOutcome, reply: Reply
) -> ReplyMessageRow:
    """The reply; it names its owner only where the text had one."""
    sealed = seal_body(context, message_id=reply.id, data_key=outcome.data_key, body=reply.body)
    return ReplyMessageRow(
        id=reply.id,
        line_id=received.line.id,
        participant_id=None if outcome.facts is None else outcome.facts.id,
        kind="reply",
        template=reply.template,
        language=reply.language,
        body_sealed=sealed.body_sealed,
        body_key=sealed.body_key,
        encoding=sealed.encoding,
        segments=sealed.segments,
        provider=received.sender.now_provider if outcome.queued else received.sender.provider,
        dedupe_key=f"reply:{received.inbound_id}",
        actor=received.actor,
        state="queued" if outcome.queued else None,
    )


def _opt_out_row(received: Received, outcome: InboundOutcome) -> OptOutRow:
    """Hold the line back from now on, on the word of this text."""
    owner = None if outcome.facts is None else outcome.facts.id
    return opt_out_row(
        received.line.id, owner, received.actor, "said so by text", received.inbound_id
    )
