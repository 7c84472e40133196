"""What may be asked of a participant now, by text or by link, and what stands answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.conversation.dialogue import AgendaEntry, TextPart
from pro_service.domain.instruments.model import Instrument, Language
from pro_service.domain.study.assessments import is_open_question
from pro_service.domain.study.facts import AssessmentFacts, ParticipantFacts, VisitFacts
from pro_service.domain.study.follow_up.unwell import is_unwell
from pro_service.domain.study.protocol import AnswerWay, Ask, Protocol, SafetyRule
from pro_service.domain.study.sittings.open_questions import OpenKind, is_in_window, open_now
from pro_service.domain.study.statuses import standing
from pro_service.domain.study.times import ONE_DAY
from pro_service.services.answering.finding import need_read
from pro_service.services.base.context import ServiceContext
from pro_service.texts.catalogue import TextContext


class OpenQuestion(NamedTuple):
    """An assessment that is owed now, with the protocol's word on how it may be asked."""

    visit: VisitFacts
    assessment: AssessmentFacts
    ask: Ask


def is_open(visit: VisitFacts, facts: ParticipantFacts) -> bool:
    """Whether a visit takes answers now."""
    return is_in_window(visit, facts.now)


def open_questions(
    facts: ParticipantFacts, protocol: Protocol, way: AnswerWay
) -> tuple[OpenQuestion, ...]:
    """What the participant owes now and may answer this way, in the schedule's order.

    First of all what they opened themselves, because something is wrong.
    """
    return allowed_this_way(owed_now(facts, protocol), protocol, way)


def allowed_this_way(
    owed: Sequence[OpenQuestion], protocol: Protocol, way: AnswerWay
) -> tuple[OpenQuestion, ...]:
    """Those of the owed questions that may be answered this way."""
    return tuple(one for one in owed if _allowed(one.ask, protocol, way))


def owed_now(facts: ParticipantFacts, protocol: Protocol) -> tuple[OpenQuestion, ...]:
    """What the participant owes now, in whatever way it may be answered; in the same order."""
    if not standing(facts.statuses, facts.now, facts.events).may_answer:
        return ()
    visits = [visit for visit in facts.visits if is_in_window(visit, facts.now)]
    found: list[OpenQuestion] = []
    for visit in sorted(visits, key=lambda one: not is_unwell(one)):
        for assessment in visit.assessments:
            if not is_open_question(assessment):
                continue
            ask = protocol.ask(visit.definition, assessment.instrument)
            if ask is not None:
                found.append(OpenQuestion(visit, assessment, ask))
    return tuple(found)


def _allowed(ask: Ask, protocol: Protocol, way: AnswerWay) -> bool:
    """By text only what the protocol switched on for the instrument."""
    return way in ask.ways and (way == "link" or protocol.use(ask.instrument).by_text)


def instrument_as_used(
    context: ServiceContext, protocol: Protocol, instrument_id: str
) -> Instrument:
    """The instrument with "does not apply" left only where the protocol offers it."""
    return context.catalogue.offered(instrument_id, protocol.use(instrument_id).may_not_apply)


def as_offered(instrument: Instrument, protocol: Protocol) -> Instrument:
    """The same for an instrument at hand."""
    return instrument.offering(protocol.use(instrument.id).may_not_apply)


def agenda(
    context: ServiceContext,
    protocol: Protocol,
    facts: ParticipantFacts,
    *,
    asked: UUID | None = None,
    just_answered: UUID | None = None,
    owed: Sequence[OpenQuestion] | None = None,
) -> tuple[AgendaEntry, ...]:
    """What may be asked by text now, or sent: what was answered on a page may be sent by text.

    `asked` is the assessment a question is out for: an answer to it is taken even after the visit
    has closed, and stays with the visit that asked. `just_answered` is kept in reach of `back`.
    `owed` is what `owed_now` says of these facts, where it is known already.
    """
    if owed is None:
        owed = owed_now(facts, protocol)
    questions = allowed_this_way(owed, protocol, "text")
    unsent = [one for one in owed if one.assessment.is_unsent]
    to_send = allowed_this_way(unsent, protocol, "link")
    by_text = {one.assessment.id for one in questions}
    entries = [
        _entry(
            context,
            protocol,
            facts,
            question.assessment,
            visit_id=question.visit.id,
            text_mode=question.ask.text_mode,
        )
        for question in (*questions, *(one for one in to_send if one.assessment.id not in by_text))
    ]
    if asked is None and just_answered is None:
        return tuple(entries)
    known = {entry.assessment_id for entry in entries}
    may_answer = standing(facts.statuses, facts.now, facts.events).may_answer
    elsewhere = {one for one in (asked, just_answered) if one is not None} - known
    need_read(facts, elsewhere)
    for visit in facts.visits if elsewhere else ():
        for one in visit.asked or ():
            if one.id in known or visit.provisional or not may_answer:
                continue
            if one.id == asked and is_open_question(one):
                entry = _entry(context, protocol, facts, one, visit_id=visit.id)
                entries.insert(0, entry)
            elif one.id == just_answered and one.answers and _within_reach(one, facts):
                entries.append(_entry(context, protocol, facts, one, visit_id=visit.id))
    return tuple(entries)


def _within_reach(assessment: AssessmentFacts, facts: ParticipantFacts) -> bool:
    """Whether `back` still reaches the answers that were sent in: within a day."""
    sent = assessment.submitted_at
    return sent is not None and sent > facts.now - ONE_DAY


def _entry(
    context: ServiceContext,
    protocol: Protocol,
    facts: ParticipantFacts,
    assessment: AssessmentFacts,
    *,
    visit_id: UUID,
    text_mode: str = "item",
) -> AgendaEntry:
    instrument = instrument_as_used(context, protocol, assessment.instrument)
    found = open_now(assessment, instrument, facts.now)
    return AgendaEntry(
        assessment_id=assessment.id,
        visit_id=visit_id,
        instrument=instrument,
        target=assessment.target,
        text_mode="grouped" if text_mode == "grouped" else "item",
        answered=dict(found.answered),
        unsent=found.kind is OpenKind.unsent,
        may_change=found.may_change or found.kind is OpenKind.nothing,
        afresh=found.kind is OpenKind.afresh,
    )


def urgent_parts(rules: Sequence[SafetyRule], language: Language) -> tuple[TextPart, ...]:
    """What is said at once of urgent rules that answers met: whom to call, then what to do."""
    if not rules:
        return ()
    instructions = dict.fromkeys(rule.instruction.get(language, "") for rule in rules)
    return (
        TextPart(key="safety.urgent"),
        *(
            TextPart(key="safety.instruction", parameters={"instruction": one})
            for one in instructions
            if one
        ),
    )


def text_context(
    context: ServiceContext, protocol: Protocol, facts: ParticipantFacts, *, link: str | None = None
) -> TextContext:
    """What every text may name: the study's neutral sender, the site, the emergency number."""
    return TextContext(
        instruments=context.catalogue.instruments,
        sender=protocol.study.sender[facts.language],
        site_telephone=facts.site.telephone,
        emergency_number=facts.site.emergency_number,
        link=link,
    )
