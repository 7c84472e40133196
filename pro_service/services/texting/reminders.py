"""Due nudges: judged on fresh facts, claimed with the message they become, or ended for a reason.

Nothing is sent here. A claim is committed first; `services.delivery` then makes the call, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.conversation.advance import begin
from pro_service.domain.conversation.asking import asks
from pro_service.domain.conversation.dialogue import AgendaEntry, Dialogue, TextPart
from pro_service.domain.delivery.channels import AskingWay, ChannelRule
from pro_service.domain.delivery.segments import segments
from pro_service.domain.delivery.templates import is_too_long
from pro_service.domain.study.assessments import taken_over_by
from pro_service.domain.study.calls import call_instead
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reminders import EndReason, Judgement, judge
from pro_service.domain.study.respondents import respondent_at
from pro_service.services.answering import OpenQuestion, agenda, open_questions, text_context
from pro_service.services.base.actors import WORKER
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import BusyError, Plan, Who, turn, writing
from pro_service.services.texting.composing import Line, line_to, open_number, seal_body
from pro_service.services.texting.reach import rule_for_number, way_to
from pro_service.services.texting.unsent import is_only_to_send, unsent_text
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.texting import messages, reminders
from pro_service.store.texting.reminders import ClaimWrite
from pro_service.store.writes import (
    CallRow,
    ConversationRow,
    EndedReminderRow,
    InvitationRow,
    MovedReminderRow,
    ReminderMessageRow,
    ReminderRow,
)

LEASE_SECONDS = 30
"""How long a claim holds (machine time); the call to the provider is bounded well within."""


class Claimed(NamedTuple):
    """A message claimed for sending; its lease runs."""

    study_id: UUID
    message_id: UUID
    facts: ParticipantFacts | None = None
    """What it was claimed from: whoever sends it need not read them again. None: not read here."""


class _Due(NamedTuple):
    """A participant with nudges that are due, as they were judged."""

    connection: Connection
    context: ServiceContext
    facts: ParticipantFacts
    protocol: Protocol
    judgement: Judgement


class _Composed(NamedTuple):
    """What a text asks: its words, the dialogue it opens, and the link rows it needs."""

    template: str
    body: str
    dialogue: Dialogue | None
    invitations: list[InvitationRow]

    @property
    def too_long(self) -> bool:
        """Whether it would cost more segments than its template may."""
        return is_too_long(self.template, segments(self.body))


async def remind(
    connection: Connection, context: ServiceContext, study_id: UUID, participant_id: UUID
) -> Claimed | None:
    """Give every due nudge of one participant its outcome; the claimed message, if there is one.

    Raises BusyError if the facts move on at every try: somebody answered, opted out, or another
    worker was quicker.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[Claimed | None]:
        judgement = judge(facts, protocol, facts.now)
        document = _outcomes(facts, judgement)
        claimed = None
        if judgement.together:
            due = _Due(connection, context, facts, protocol, judgement)
            claimed = await _claim(due, document)
        elif not (judgement.ended or judgement.postponed):
            return Plan(None)
        return Plan(claimed, writing(reminders.claim_reminders, document))

    return await turn(Who(connection, context, study_id, participant_id), decide, lean=True)


def _outcomes(facts: ParticipantFacts, judgement: Judgement) -> ClaimWrite:
    revisions = {visit.id: visit.schedule_revision for visit in facts.visits}
    return ClaimWrite(
        ended=ended_rows(facts, {one.reminder_id: one.reason for one in judgement.ended}),
        postponed=[
            MovedReminderRow(id=one.reminder_id, due_at=one.due_at) for one in judgement.postponed
        ],
        planned=[
            ReminderRow(
                id=new_id(),
                visit_id=one.visit_id,
                schedule_revision=revisions[one.visit_id],
                ordinal=one.ordinal,
                due_at=one.due_at,
                actor=WORKER,
            )
            for one in judgement.planned
        ],
    )


async def _claim(due: _Due, document: ClaimWrite) -> Claimed | None:
    """Add the one text for all that is due to the write; None if none may be sent to them."""
    connection, context, facts, _, _ = due
    number = open_number(context, facts)
    sender = await messages.find_sender(connection, facts.study_id, facts.site.id, context.provider)
    rule = None if number is None else rule_for_number(context, number)
    way: AskingWay = "call" if rule is None else way_to(rule, facts)
    if number is None or rule is None or sender is None or way == "call":
        _end_without_text(due, document, "no_channel")
        return None
    if facts.texts_today >= rule.per_day:
        # The country's own limit, where it is lower than the protocol's.
        document.ended += _ended(due, EndReason.budget)
        return None
    line = await line_to(connection, context, facts.study_id, sender.id, number, WORKER)
    message_id = new_id()
    if is_only_to_send(facts, due.judgement):
        composed = await _compose_unsent(due, rule, way)
    else:
        composed = await _compose(due, message_id, way)
    if composed.too_long and way == "text" and rule.links:
        # A link to the same questions is short.
        composed = await _compose(due, message_id, "link")
    if composed.too_long:
        _end_without_text(due, document, "too_long")
        return None
    _add_message(due, document, line, message_id, composed)
    return Claimed(facts.study_id, message_id, facts)


def _end_without_text(due: _Due, document: ClaimWrite, reason: str) -> None:
    """No permitted way to write, or too much to say: the nudge ends, and a coordinator calls."""
    document.ended += _ended(due, reason)
    asked = [visit for visit in due.facts.visits if visit.id in due.judgement.visits]
    document.calls += [
        CallRow(
            id=new_id(),
            visit_id=visit.id,
            reason=reason,
            closes_at=wanted.closes_at,
            actor=WORKER,
        )
        for visit in asked
        if (wanted := call_instead(due.facts, due.protocol, visit, reason)) is not None
    ]


def _ended(due: _Due, reason: str, message_id: UUID | None = None) -> list[EndedReminderRow]:
    return ended_rows(due.facts, dict.fromkeys(due.judgement.together, reason), message_id)


def ended_rows(
    facts: ParticipantFacts, reasons: Mapping[UUID, str], message_id: UUID | None = None
) -> list[EndedReminderRow]:
    """The rows that end these nudges of a participant, each for its reason."""
    return [
        EndedReminderRow(
            id=reminder.id,
            reason=reasons[reminder.id],
            message_id=message_id,
            visit_id=visit.id,
            schedule_revision=visit.schedule_revision,
            ordinal=reminder.ordinal,
        )
        for visit in facts.visits
        for reminder in visit.nudged or ()
        if reminder.id in reasons
    ]


async def _compose(due: _Due, message_id: UUID, way: AskingWay) -> _Composed:
    """Write the text: a link for what is answered on a page, the first question for the rest.

    Where neither may be sent, it points to the address and code on the participant's card.
    """
    connection, context, facts, protocol, judgement = due
    first = facts.last_reminder_text_at is None
    if way == "code":
        words = text_context(context, protocol, facts)
        body = context.texts.render(_card_parts(facts, first=first), facts.language, words)
        return _Composed("reminder.card", body, None, [])
    by_link = _of_visits(open_questions(facts, protocol, "link"), judgement)
    relation = "self" if facts.contact is None else facts.contact.relation
    by_text = agenda(context, protocol, taken_over_by(facts, respondent_at(relation)))
    linked = bool(by_link) and (way == "link" or not by_text)
    on_pages = {one.assessment.id for one in by_link} if linked else set()
    asked: Sequence[AgendaEntry] = [e for e in by_text if e.assessment_id not in on_pages]
    dialogue, question = begin(asked, facts.now)
    if asked and not protocol.messaging.question_in_reminder:
        dialogue, question = Dialogue(waiting=True), (TextPart(key="reminder.ready"),)
    link: str | None = None
    rows: list[InvitationRow] = []
    if linked:
        link, rows = await link_for(connection, context, facts, by_link[0].visit.id)
    if relation != "self" and asks(question):
        question = (*question, who_part(facts))
    parts = _parts(facts, linked=linked, first=first)
    words = text_context(context, protocol, facts, link=link)
    body = context.texts.render((*parts, *question), facts.language, words)
    template = "reminder.link" if linked else "reminder.text"
    if is_too_long(template, segments(body)):
        # Why it begins afresh is said on the page, and in the next reply, if there is no room here.
        question = tuple(one for one in question if one.key != "afresh")
        body = context.texts.render((*parts, *question), facts.language, words)
    if dialogue.prompt is not None:
        update = {"message_id": message_id, "reminded": True}
        prompt = dialogue.prompt.model_copy(update=update)
        dialogue = dialogue.model_copy(update={"prompt": prompt})
    return _Composed(template, body, dialogue if asked else None, rows)


def who_part(facts: ParticipantFacts) -> TextPart:
    """Who answers is asked at the start of a sitting on a telephone of somebody else (R25)."""
    return TextPart(key="who.ask", parameters={"code": facts.start_of_code})


async def _compose_unsent(due: _Due, rule: ChannelRule, way: AskingWay) -> _Composed:
    """Say that all is answered, and how to send it; nothing is asked, so no dialogue opens."""
    connection, context, facts, protocol, judgement = due
    by_link = _of_visits(open_questions(facts, protocol, "link"), judgement)
    said = unsent_text(rule, way, has_page=bool(by_link))
    link: str | None = None
    rows: list[InvitationRow] = []
    if said.names_link and by_link:
        link, rows = await link_for(connection, context, facts, by_link[0].visit.id)
    first = facts.last_reminder_text_at is None
    parts = (*_whose(facts, by_card=way == "code"), *said.parts)
    if first:
        stop = "reminder.card_stop" if way == "code" else "reminder.stop"
        parts = (*parts, TextPart(key=stop))
    words = text_context(context, protocol, facts, link=link)
    body = context.texts.render(parts, facts.language, words)
    return _Composed(said.parts[0].key, body, None, rows)


def _of_visits(questions: Sequence[OpenQuestion], judgement: Judgement) -> tuple[OpenQuestion, ...]:
    return tuple(one for one in questions if one.visit.id in judgement.visits)


def _whose(facts: ParticipantFacts, *, by_card: bool = False) -> tuple[TextPart, ...]:
    """Whose reminder it is, where several share the number."""
    if facts.contact is None or not facts.contact.names_code:
        return ()
    if by_card:
        return (TextPart(key="reminder.for_card", parameters={"start": facts.start_of_code}),)
    return (TextPart(key="reminder.for_code", parameters={"code": facts.start_of_code}),)


def _parts(facts: ParticipantFacts, *, linked: bool, first: bool) -> tuple[TextPart, ...]:
    parts = [*_whose(facts), TextPart(key="reminder.link" if linked else "reminder.text")]
    if first:
        parts += [TextPart(key="reminder.unwell"), TextPart(key="reminder.stop")]
    return tuple(parts)


def _card_parts(facts: ParticipantFacts, *, first: bool) -> tuple[TextPart, ...]:
    """No reply reaches us there: the first text says how else to stop."""
    parts = [*_whose(facts, by_card=True), TextPart(key="reminder.card")]
    if first:
        parts.append(TextPart(key="reminder.card_stop"))
    return tuple(parts)


async def link_for(
    connection: Connection, context: ServiceContext, facts: ParticipantFacts, visit_id: UUID
) -> tuple[str, list[InvitationRow]]:
    """The visit's link, and the invitation row to insert where it is the first."""
    visit = next(visit for visit in facts.visits if visit.id == visit_id)
    for known in await reminders.list_invitations(connection, facts.study_id, facts.id):
        if known.visit_id == visit_id:
            token = context.keys.vault.link_token(known.id, key_id=known.link_key)
            return f"{context.public_url}/q/{token}", []
    invitation_id = new_id()
    token = context.keys.vault.link_token(invitation_id)
    row = InvitationRow(
        id=invitation_id,
        visit_id=visit_id,
        token_sha256=context.keys.vault.token_hash(token),
        link_key=context.keys.vault.link_key_id,
        expires_at=visit.closes_at,
        actor=WORKER,
    )
    return f"{context.public_url}/q/{token}", [row]


async def open_link(who: Who) -> str | None:
    """The address of what a participant may answer on a page now, or None. Raises BusyError.

    A first link is made here, as for a text that carries one.
    """
    connection, context = who.connection, who.context

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[str | None]:
        asked = open_questions(facts, protocol, "link")
        if not asked:
            return Plan(None)
        link, rows = await link_for(connection, context, facts, asked[0].visit.id)
        if not rows:
            return Plan(link)
        return Plan(link, writing(reminders.claim_reminders, ClaimWrite(invitations=rows)))

    return await turn(who, decide)


def _add_message(
    due: _Due, document: ClaimWrite, line: Line, message_id: UUID, composed: _Composed
) -> None:
    context, facts, judgement = due.context, due.facts, due.judgement
    if facts.data_key is None:
        raise BusyError("The participant has no data key.")
    closes = [v.closes_at for v in facts.visits if v.id in judgement.visits and v.closes_at]
    body = seal_body(context, message_id=message_id, data_key=facts.data_key.id, body=composed.body)
    document.lines += [line.row] if line.row else []
    document.invitations += composed.invitations
    document.messages.append(
        ReminderMessageRow(
            id=message_id,
            line_id=line.id,
            kind="reminder",
            template=composed.template,
            language=facts.language,
            **body._asdict(),
            provider=context.provider,
            dedupe_key=f"reminder:{judgement.together[0]}",
            actor=WORKER,
            lease_seconds=LEASE_SECONDS,
            expires_at=min(closes, default=None),
        )
    )
    document.ended += _ended(due, "sent", message_id)
    if composed.dialogue is not None:
        dialogue = composed.dialogue.model_dump(mode="json")
        document.conversations.append(
            ConversationRow(id=new_id(), line_id=line.id, dialogue=dialogue)
        )
