"""Due nudges: judged on fresh facts, claimed with the message they become, or ended for a reason.

Nothing is sent here. A claim is committed first; `services.delivery` then makes the call, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from pro_service.domain.conversation.advance import begin
from pro_service.domain.conversation.dialogue import AgendaEntry, Dialogue, TextPart
from pro_service.domain.delivery.channels import AskingWay
from pro_service.domain.delivery.segments import segments
from pro_service.domain.delivery.templates import is_too_long
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reminders import EndReason, Judgement, judge
from pro_service.services.answering import OpenQuestion, agenda, open_questions, text_context
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import TRIES, BusyError
from pro_service.services.texting.composing import Line, line_to, message_row, open_number
from pro_service.services.texting.reach import rule_for_number, way_to
from pro_service.store.connection import Connection, DuplicateError, StaleRevisionError
from pro_service.store.ids import new_id
from pro_service.store.texting import messages, reminders
from pro_service.store.writes import InvitationRow

ACTOR = "service:worker"
LEASE_SECONDS = 30
"""How long a claim holds (machine time); the call to the provider is bounded well within."""


class Claimed(NamedTuple):
    """A message claimed for sending; its lease runs."""

    study_id: UUID
    message_id: UUID


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

    Raises BusyError if the facts move on at every try.
    """
    for _ in range(TRIES):
        facts = await context.facts(connection, study_id, participant_id)
        protocol = await context.protocol(connection, study_id, facts.protocol_version_id)
        judgement = judge(facts, protocol, facts.now)
        document = _outcomes(facts, judgement)
        claimed = None
        if judgement.together:
            claimed = await _claim(connection, context, protocol, facts, judgement, document)
        elif not (judgement.ended or judgement.postponed):
            return None
        try:
            await reminders.claim_reminders(
                connection, study_id, participant_id, facts.revision, document
            )
        except (StaleRevisionError, DuplicateError):
            # Somebody answered, opted out, or another worker was quicker: look again.
            continue
        return claimed
    raise BusyError


def empty_claim() -> dict[str, Any]:
    """The document that changes nothing but takes the participant's turn."""
    lists = ("lines", "invitations", "messages", "conversations", "calls")
    return {name: [] for name in (*lists, "ended", "postponed", "planned")}


def _outcomes(facts: ParticipantFacts, judgement: Judgement) -> dict[str, Any]:
    revisions = {visit.id: visit.schedule_revision for visit in facts.visits}
    document = empty_claim()
    document["ended"] = [
        {"id": one.reminder_id, "reason": one.reason, "message_id": None} for one in judgement.ended
    ]
    document["postponed"] = [
        {"id": one.reminder_id, "due_at": one.due_at} for one in judgement.postponed
    ]
    document["planned"] = [
        {
            "id": new_id(),
            "visit_id": one.visit_id,
            "schedule_revision": revisions[one.visit_id],
            "ordinal": one.ordinal,
            "due_at": one.due_at,
            "actor": ACTOR,
        }
        for one in judgement.planned
    ]
    return document


async def _claim(
    connection: Connection,
    context: ServiceContext,
    protocol: Protocol,
    facts: ParticipantFacts,
    judgement: Judgement,
    document: dict[str, Any],
) -> Claimed | None:
    """Add the one text for all that is due to the write; None if none may be sent to them."""
    number = open_number(context, facts)
    sender = await messages.find_sender(connection, facts.study_id, facts.site.id, context.provider)
    rule = None if number is None else rule_for_number(context, number)
    way: AskingWay = "call" if rule is None else way_to(rule, facts)
    if number is None or rule is None or sender is None or way == "call":
        _end_without_text(facts, judgement, document, "no_channel")
        return None
    if facts.texts_today >= rule.per_day:
        # The country's own limit, where it is lower than the protocol's.
        document["ended"] += _ended(judgement, EndReason.budget)
        return None
    line = await line_to(connection, context, facts.study_id, sender.id, number, ACTOR)
    message_id = new_id()
    composed = await _compose(connection, context, protocol, facts, judgement, message_id, way)
    if composed.too_long and way == "text" and rule.links:
        # A link to the same questions is short.
        composed = await _compose(
            connection, context, protocol, facts, judgement, message_id, "link"
        )
    if composed.too_long:
        _end_without_text(facts, judgement, document, "too_long")
        return None
    _add_message(context, facts, judgement, document, line, message_id, composed)
    return Claimed(facts.study_id, message_id)


def _end_without_text(
    facts: ParticipantFacts, judgement: Judgement, document: dict[str, Any], reason: str
) -> None:
    """No permitted way to write, or too much to say: the nudge ends, and a coordinator calls."""
    document["ended"] += _ended(judgement, reason)
    closes = {visit.id: visit.closes_at for visit in facts.visits}
    document["calls"] += [
        {
            "id": new_id(),
            "visit_id": visit_id,
            "reason": reason,
            "closes_at": closes[visit_id],
            "actor": ACTOR,
        }
        for visit_id in judgement.visits
        if f"{visit_id}:{reason}" not in facts.made_calls
    ]


def _ended(judgement: Judgement, reason: str) -> list[dict[str, Any]]:
    return [{"id": one, "reason": reason, "message_id": None} for one in judgement.together]


async def _compose(
    connection: Connection,
    context: ServiceContext,
    protocol: Protocol,
    facts: ParticipantFacts,
    judgement: Judgement,
    message_id: UUID,
    way: AskingWay,
) -> _Composed:
    """Write the text: a link for what is answered on a page, the first question for the rest.

    Where neither may be sent, it points to the address and code on the participant's card.
    """
    first = not any(r.sent_at for visit in facts.visits for r in visit.reminders)
    if way == "code":
        words = text_context(context, protocol, facts)
        body = context.texts.render(_card_parts(facts, first=first), facts.language, words)
        return _Composed("reminder.card", body, None, [])
    by_link = _of_visits(open_questions(facts, protocol, "link"), judgement)
    by_text = agenda(context, protocol, facts)
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
    parts = _parts(facts, linked=linked, first=first)
    words = text_context(context, protocol, facts, link=link)
    body = context.texts.render((*parts, *question), facts.language, words)
    if dialogue.prompt is not None:
        update = {"message_id": message_id, "reminded": True}
        prompt = dialogue.prompt.model_copy(update=update)
        dialogue = dialogue.model_copy(update={"prompt": prompt})
    template = "reminder.link" if linked else "reminder.text"
    return _Composed(template, body, dialogue if asked else None, rows)


def _of_visits(questions: Sequence[OpenQuestion], judgement: Judgement) -> tuple[OpenQuestion, ...]:
    return tuple(one for one in questions if one.visit.id in judgement.visits)


def _parts(facts: ParticipantFacts, *, linked: bool, first: bool) -> tuple[TextPart, ...]:
    parts = [TextPart(key="reminder.link" if linked else "reminder.text")]
    if facts.contact is not None and facts.contact.shared_with:
        parts.insert(0, TextPart(key="reminder.for_code", parameters={"code": facts.start_of_code}))
    if first:
        parts.append(TextPart(key="reminder.stop"))
    return tuple(parts)


def _card_parts(facts: ParticipantFacts, *, first: bool) -> tuple[TextPart, ...]:
    """No reply reaches us there: the first text says how else to stop."""
    parts = [TextPart(key="reminder.card")]
    if facts.contact is not None and facts.contact.shared_with:
        whose = TextPart(key="reminder.for_card", parameters={"start": facts.start_of_code})
        parts.insert(0, whose)
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
            token = context.vault.link_token(known.id, key_id=known.link_key)
            return f"{context.public_url}/q/{token}", []
    invitation_id = new_id()
    token = context.vault.link_token(invitation_id)
    row = InvitationRow(
        id=invitation_id,
        visit_id=visit_id,
        token_sha256=context.vault.token_hash(token),
        link_key=context.vault.link_key_id,
        expires_at=visit.closes_at,
        actor=ACTOR,
    )
    return f"{context.public_url}/q/{token}", [row]


def _add_message(
    context: ServiceContext,
    facts: ParticipantFacts,
    judgement: Judgement,
    document: dict[str, Any],
    line: Line,
    message_id: UUID,
    composed: _Composed,
) -> None:
    if facts.data_key is None:
        raise BusyError("The participant has no data key.")
    closes = [v.closes_at for v in facts.visits if v.id in judgement.visits and v.closes_at]
    document["lines"] += [line.row] if line.row else []
    document["invitations"] += composed.invitations
    document["messages"].append(
        message_row(
            context,
            message_id=message_id,
            line_id=line.id,
            participant_id=facts.id,
            data_key=facts.data_key.id,
            kind="reminder",
            template=composed.template,
            language=facts.language,
            body=composed.body,
            dedupe_key=f"reminder:{judgement.together[0]}",
            actor=ACTOR,
            extra={"lease_seconds": LEASE_SECONDS, "expires_at": min(closes, default=None)},
        )
    )
    document["ended"] += [
        {"id": one, "reason": "sent", "message_id": message_id} for one in judgement.together
    ]
    if composed.dialogue is not None:
        document["conversations"].append(
            {
                "id": new_id(),
                "line_id": line.id,
                "dialogue": composed.dialogue.model_dump(mode="json"),
            }
        )
