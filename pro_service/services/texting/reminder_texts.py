"""The words of a reminder: a link for what is answered on a page, the first question for others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.conversation.advance import begin
from pro_service.domain.conversation.asking import asks
from pro_service.domain.conversation.dialogue import AgendaEntry, Dialogue, TextPart
from pro_service.domain.delivery.channels import AskingWay, ChannelRule
from pro_service.domain.delivery.segments import Segments, segments
from pro_service.domain.delivery.templates import is_too_long
from pro_service.domain.study.assessments import taken_over_by
from pro_service.domain.study.facts import ParticipantFacts, VisitFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reminders import Judgement
from pro_service.domain.study.respondents import respondent_at
from pro_service.messaging.gateway import Registered
from pro_service.services.answering import (
    OpenQuestion,
    agenda,
    allowed_this_way,
    open_questions,
    owed_now,
    text_context,
)
from pro_service.services.base.actors import WORKER
from pro_service.services.base.context import ServiceContext
from pro_service.services.texting.lookups import Lookups
from pro_service.services.texting.unsent import unsent_text
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.texting import reminders
from pro_service.store.texting.reminders import InvitationRow as FoundLink
from pro_service.store.writes import InvitationRow


class Due(NamedTuple):
    """A participant with nudges that are due, as they were judged."""

    context: ServiceContext
    lookups: Lookups
    facts: ParticipantFacts
    protocol: Protocol
    judgement: Judgement
    visits: tuple[VisitFacts, ...]
    """The visits that one text would be about, in the schedule's order."""


class Composed(NamedTuple):
    """What a text asks: its words, the dialogue it opens, and the link rows it needs."""

    template: str
    body: str
    counted: Segments
    dialogue: Dialogue | None
    invitations: list[InvitationRow]
    registration_id: UUID | None = None
    """With which registration it goes out; None: in words of our own."""
    parameters: str | None = None
    """What fills the registered template, as JSON: pairs of name and value."""
    registered: Registered | None = None
    """What is handed over in place of the words."""

    @property
    def too_long(self) -> bool:
        """Whether it would cost more segments than its template may."""
        return is_too_long(self.template, self.counted)


async def compose(due: Due, message_id: UUID, way: AskingWay) -> Composed:
    """Write the text: a link for what is answered on a page, the first question for the rest.

    Where neither may be sent, it points to the address and code on the participant's card.
    """
    context, lookups, facts, protocol, judgement, _ = due
    first = facts.last_reminder_text_at is None
    if way == "code":
        words = text_context(context, protocol, facts)
        body = context.texts.render(_card_parts(facts, first=first), facts.language, words)
        return Composed("reminder.card", body, segments(body), None, [])
    contact = facts.contact
    relation = "self" if contact is None else contact.relation
    seen = taken_over_by(facts, respondent_at(relation))
    owed = owed_now(seen, protocol)
    on_page = allowed_this_way(owed, protocol, "link")
    by_link = _of_visits(on_page, judgement)
    by_text = agenda(context, protocol, seen, owed=owed)
    linked = bool(by_link) and (way == "link" or not by_text)
    # A link leads to all that is open on pages, also of a visit that no nudge is about.
    there = {one.assessment.id for one in on_page} if linked else set()
    asked: Sequence[AgendaEntry] = [e for e in by_text if e.assessment_id not in there]
    dialogue, question = begin(asked, facts.now)
    if asked and not protocol.messaging.question_in_reminder:
        dialogue, question = Dialogue(waiting=True), (TextPart(key="reminder.ready"),)
    link: str | None = None
    rows: list[InvitationRow] = []
    if linked:
        link, rows = link_to(context, facts, by_link[0].visit.id, await lookups.links(facts))
    if relation != "self" and asks(question):
        question = (*question, who_part(facts))
    parts = _parts(facts, linked=linked, first=first)
    words = text_context(context, protocol, facts, link=link)
    body = context.texts.render((*parts, *question), facts.language, words)
    template = "reminder.link" if linked else "reminder.text"
    counted = segments(body)
    if is_too_long(template, counted):
        # Why it begins afresh is said on the page, and in the next reply, if there is no room here.
        question = tuple(one for one in question if one.key != "afresh")
        body = context.texts.render((*parts, *question), facts.language, words)
        counted = segments(body)
    if dialogue.prompt is not None:
        update = {"message_id": message_id, "reminded": True}
        prompt = dialogue.prompt.model_copy(update=update)
        dialogue = dialogue.model_copy(update={"prompt": prompt})
    return Composed(template, body, counted, dialogue if asked else None, rows)


def who_part(facts: ParticipantFacts) -> TextPart:
    """Who answers is asked at the start of a sitting on a telephone of somebody else (R25)."""
    return TextPart(key="who.ask", parameters={"code": facts.start_of_code})


async def compose_unsent(due: Due, rule: ChannelRule, way: AskingWay) -> Composed:
    """Say that all is answered, and how to send it; nothing is asked, so no dialogue opens."""
    context, lookups, facts, protocol, judgement, _ = due
    by_link = _of_visits(open_questions(facts, protocol, "link"), judgement)
    said = unsent_text(rule, way, has_page=bool(by_link))
    link: str | None = None
    rows: list[InvitationRow] = []
    if said.names_link and by_link:
        link, rows = link_to(context, facts, by_link[0].visit.id, await lookups.links(facts))
    first = facts.last_reminder_text_at is None
    parts = (*whose(facts, by_card=way == "code"), *said.parts)
    if first:
        stop = "reminder.card_stop" if way == "code" else "reminder.stop"
        parts = (*parts, TextPart(key=stop))
    words = text_context(context, protocol, facts, link=link)
    body = context.texts.render(parts, facts.language, words)
    return Composed(said.parts[0].key, body, segments(body), None, rows)


def _of_visits(questions: Sequence[OpenQuestion], judgement: Judgement) -> tuple[OpenQuestion, ...]:
    return tuple(one for one in questions if one.visit.id in judgement.visits)


def whose(facts: ParticipantFacts, *, by_card: bool = False) -> tuple[TextPart, ...]:
    """Whose reminder it is, where several share the number."""
    contact = facts.contact
    if contact is None or not contact.names_code:
        return ()
    if by_card:
        return (TextPart(key="reminder.for_card", parameters={"start": facts.start_of_code}),)
    return (TextPart(key="reminder.for_code", parameters={"code": facts.start_of_code}),)


def _parts(facts: ParticipantFacts, *, linked: bool, first: bool) -> tuple[TextPart, ...]:
    parts = [*whose(facts), TextPart(key="reminder.link" if linked else "reminder.text")]
    if first:
        parts += [TextPart(key="reminder.unwell"), TextPart(key="reminder.stop")]
    return tuple(parts)


def _card_parts(facts: ParticipantFacts, *, first: bool) -> tuple[TextPart, ...]:
    """No reply reaches us there: the first text says how else to stop."""
    parts = [*whose(facts, by_card=True), TextPart(key="reminder.card")]
    if first:
        parts.append(TextPart(key="reminder.card_stop"))
    return tuple(parts)


async def link_for(
    connection: Connection, context: ServiceContext, facts: ParticipantFacts, visit_id: UUID
) -> tuple[str, list[InvitationRow]]:
    """The visit's link, and the invitation row to insert where it is the first."""
    known = await reminders.list_invitations(connection, facts.study_id, facts.id)
    return link_to(context, facts, visit_id, known)


def link_to(
    context: ServiceContext,
    facts: ParticipantFacts,
    visit_id: UUID,
    links: Sequence[FoundLink],
) -> tuple[str, list[InvitationRow]]:
    """The same where the participant's links in force have been looked up."""
    visit = next(visit for visit in facts.visits if visit.id == visit_id)
    for known in links:
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
