"""A text taken by staff as the answer to the question that was open when it came (R7).

Only where the parser reads exactly one value in the participant's own words, and by the sitting's
own rules. The record says who took it. What an answer raises is raised, and said to them, as ever.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.conversation.dialogue import AgendaEntry
from pro_service.domain.conversation.taking import NotOne, one_value
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.study.assessments import is_open_question
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.answering import (
    AnsweringCase,
    AnswersPlan,
    GivenAnswer,
    Sitting,
    UnknownAssessmentError,
    agenda,
    find_assessment,
    plan_answers,
    read_baselines,
    text_context,
    urgent_parts,
)
from pro_service.services.base.turns import Plan, Write, turn
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import signed
from pro_service.services.desk.texts.finding import TextCase, find_whose, still_to_settle
from pro_service.services.desk.texts.replying import ReplyRefusedError, may_reply
from pro_service.services.desk.texts.settling import settlement
from pro_service.services.desk.today import open_body
from pro_service.services.texting import StaffReply, staff_reply_row
from pro_service.store.answering import answers
from pro_service.store.connection import Connection, Guard
from pro_service.store.desk import texts as store
from pro_service.store.desk.clerk import Place
from pro_service.store.desk.texts import SettlementWrite
from pro_service.store.writes import ReplyMessageRow


class TakeRefused(StrEnum):
    """Why a text is not taken as the answer, beside what its words lack (`NotOne`)."""

    nothing_asked = "nothing_asked"
    """No question counted as asked when it came, or it came before that was kept."""
    several_asked = "several_asked"
    """The question asked for several numbers at once."""
    over = "over"
    """The question is no longer open: its visit, or the sitting it was asked in, is over."""
    answered = "answered"
    """The question has been answered since."""
    anothers = "anothers"
    """It came from another person's telephone: who answered is to be asked."""
    unreadable = "unreadable"


class TakeRefusedError(ProServiceError):
    """The text cannot be taken as the answer; `why` says why."""

    def __init__(self, why: TakeRefused | NotOne) -> None:
        """Keep the reason."""
        super().__init__()
        self.why = why


class Takeable(NamedTuple):
    """The one value a text holds, and the question it answers."""

    entry: AgendaEntry
    item: str
    value: Value
    raw: str


async def take_answer(hands: Hands, inbound_id: UUID) -> Place:
    """Take a text as the answer to the question that was open.

    Raises NotHereError, NotAllowedError, WhoseMissingError, TextSettledError, TakeRefusedError.
    """
    seat, action = hands.seat, Action.take_answer
    place = await find_whose(hands, action, inbound_id, "")

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        text = await still_to_settle(hands, facts, inbound_id)
        case = TextCase(hands, facts, protocol, inbound_id, text)
        plan = await _plan(case, judge(case))
        word = settlement(inbound_id, text, "answer", "one_value", actor=seat.actor)
        document = SettlementWrite(settlements=[word], messages=_told(case, plan))
        return Plan(None, signed(seat, action, None, _both(plan, document)))

    await turn(hands.turn_of(place), decide)
    return place


def judge(case: TextCase) -> Takeable:
    """What could be taken of a text. Raises TakeRefusedError."""
    text, facts = case.text, case.facts
    if text.asked_assessment_id is None or not text.asked_items or text.named is None:
        raise TakeRefusedError(TakeRefused.nothing_asked)
    if len(text.asked_items) > 1:
        raise TakeRefusedError(TakeRefused.several_asked)
    if text.contact_id not in {one.id for one in facts.contacts if one.is_own}:
        raise TakeRefusedError(TakeRefused.anothers)
    entry, item = _open(case, text.asked_assessment_id), text.asked_items[0]
    if item in entry.answered:
        raise TakeRefusedError(TakeRefused.answered)
    if not _in_time(case, entry):
        raise TakeRefusedError(TakeRefused.over)
    body = open_body(case.hands.context, case.inbound_id, text.body_sealed, text.body_key)
    if body is None:
        raise TakeRefusedError(TakeRefused.unreadable)
    found = one_value(entry.instrument.item(item), body)
    if found.value is None:
        raise TakeRefusedError(found.why_not or NotOne.no_number)
    return Takeable(entry, item, found.value, body)


def _open(case: TextCase, wanted: UUID) -> AgendaEntry:
    """What the text was asked, if it is open still. Raises TakeRefusedError."""
    facts = case.facts
    try:
        _, assessment = find_assessment(facts, wanted)
    except UnknownAssessmentError:
        raise TakeRefusedError(TakeRefused.over) from None
    if not is_open_question(assessment):
        raise TakeRefusedError(TakeRefused.answered)
    entries = agenda(case.hands.context, case.protocol, facts)
    entry = next((one for one in entries if one.assessment_id == wanted), None)
    if entry is None or entry.begins_afresh:
        raise TakeRefusedError(TakeRefused.over)
    if entry.unsent:
        raise TakeRefusedError(TakeRefused.answered)
    return entry


def _in_time(case: TextCase, entry: AgendaEntry) -> bool:
    """Whether what was said then belongs to the sitting there is, or to one that begins with it."""
    _, assessment = find_assessment(case.facts, entry.assessment_id)
    begun, said_at = assessment.attempt, case.text.received_at
    span = timedelta(hours=entry.instrument.attempt_span_hours)
    earlier = begun is not None and said_at < begun.started_at
    return not earlier and case.facts.now - said_at < span


async def _plan(case: TextCase, taken: Takeable) -> AnswersPlan:
    """What the answer writes: as a text's, with who took it, and when it was said."""
    hands, facts, actor = case.hands, case.facts, case.hands.seat.actor
    sitting = Sitting(
        mode="text",
        authentication="known_number",
        language=facts.language,
        actor=actor,
        inbound_id=case.inbound_id,
    )
    given = GivenAnswer(
        assessment_id=taken.entry.assessment_id,
        item=taken.item,
        value=taken.value,
        gap=None,
        raw=taken.raw,
        answered_at=case.text.received_at,
    )
    settled = {*taken.entry.answered, taken.item}
    whole = settled >= {one.code for one in taken.entry.instrument.items}
    baseline = await read_baselines(hands.clerk, hands.context, facts, case.protocol)
    answering = AnsweringCase(hands.context, case.protocol, facts, sitting, baseline)
    plan = plan_answers(answering, [given], submit=[given.assessment_id] if whole else [])
    plan.document.responses = [
        replace(one, entered_at=facts.now, entered_by=actor) for one in plan.document.responses
    ]
    return plan


def _told(case: TextCase, plan: AnswersPlan) -> list[ReplyMessageRow]:
    """What an urgent answer asks to be said at once, as the reply to an answer says it."""
    facts, context = case.facts, case.hands.context
    rules = case.protocol.safety.urgent({one.rule for one in plan.alerts})
    parts = urgent_parts(rules, facts.language)
    if not parts:
        return []
    try:
        may_reply(context, facts, case.text)
    except ReplyRefusedError:
        return []
    naming = text_context(context, case.protocol, facts)
    body = context.texts.render(parts, facts.language, naming)
    actor = case.hands.seat.actor
    reply = StaffReply(
        case.inbound_id, case.text.line_id, case.text.provider, parts[0].key, body, actor
    )
    # Whoever has just told us this is told at any hour, as if the service had read it.
    return [replace(staff_reply_row(context, facts, reply), kind="reply")]


def _both(plan: AnswersPlan, document: SettlementWrite) -> Write:
    """The answer in the turn, then what became of the text, in one transaction."""

    async def write(lent: Connection, guard: Guard) -> None:
        await answers.record_answers(lent, guard, plan.document)
        after = guard._replace(revision=guard.revision + 1)
        await store.settle_text(lent, after, document)

    return write
