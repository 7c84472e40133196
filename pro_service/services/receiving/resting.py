"""PAUSE, CONTINUE and LATER by text: what the own page offers, and one more evening."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from pro_service.domain.conversation.commands import Command
from pro_service.domain.conversation.dialogue import TextPart
from pro_service.domain.conversation.later import LaterPlan, plan_later
from pro_service.domain.study.facts import Status, VisitFacts
from pro_service.domain.study.pausing import (
    PausePlan,
    may_pause,
    plan_pause,
    plan_resumption,
    resumes_at,
    safety_visits_ahead,
    status_of,
)
from pro_service.domain.study.times import local_day, zone
from pro_service.services.answering import open_questions
from pro_service.services.base.actors import participant_actor
from pro_service.services.receiving.case import Case
from pro_service.services.receiving.outcome import InboundOutcome
from pro_service.services.texting import pause_write
from pro_service.store.ids import new_id
from pro_service.store.texting.reminders import LaterWrite
from pro_service.store.writes import MovedReminderRow, ReminderRow
from pro_service.texts.catalogue import format_day, format_time

PAUSE_DAYS: Final = 14
"""How long a pause by text lasts: the middle one of those the own page offers."""
REASON: Final = "said so by text"


def rest(case: Case, command: Command, outcome: InboundOutcome) -> tuple[TextPart, ...]:
    """Add to the outcome what the command writes; returns what is said."""
    if command is Command.pause:
        return _pause(case, outcome)
    if command is Command.go_on:
        return _go_on(case, outcome)
    return _later(case, outcome)


def _pause(case: Case, outcome: InboundOutcome) -> tuple[TextPart, ...]:
    facts = case.facts
    if not may_pause(status_of(facts)):
        return (TextPart(key="pause.refused"),)
    until = resumes_at(facts, PAUSE_DAYS)
    _keep(case, plan_pause(facts, case.protocol, until), outcome)
    day = local_day(until, zone(facts.zone))
    said = (TextPart(key="pause.until", parameters={"day": format_day(day, facts.language)}),)
    if safety_visits_ahead(facts, case.protocol):
        return (*said, TextPart(key="pause.safety"))
    return said


def _go_on(case: Case, outcome: InboundOutcome) -> tuple[TextPart, ...]:
    if status_of(case.facts) is not Status.paused:
        return (TextPart(key="pause.none"),)
    _keep(case, plan_resumption(case.facts, case.protocol), outcome)
    return (TextPart(key="pause.ended"),)


def _keep(case: Case, plan: PausePlan, outcome: InboundOutcome) -> None:
    facts, inbound_id = case.facts, case.received.inbound_id
    outcome.choice = pause_write(
        plan, f"{facts.id}:text:{inbound_id}", actor=participant_actor(facts), reason=REASON
    )


def _later(case: Case, outcome: InboundOutcome) -> tuple[TextPart, ...]:
    """Ask the visit at hand again in the evening, and say when; or say that nothing will."""
    visit = _at_hand(case)
    if visit is None:
        return (TextPart(key="nothing_open"),)
    plan = plan_later(case.facts, case.protocol, visit)
    if plan.asks_at is not None:
        outcome.later = _later_write(visit, plan, plan.asks_at, participant_actor(case.facts))
        return (_at(case, plan.asks_at),)
    if plan.last_on is None:
        return (TextPart(key="later.open"),)
    return (TextPart(key="later.closes", parameters={"day": _day(case, plan.last_on)}),)


def _at_hand(case: Case) -> VisitFacts | None:
    """The visit that "later" is said to: the open question's, else the first that waits."""
    facts, protocol, prompt = case.facts, case.protocol, case.dialogue.prompt
    by_text = open_questions(facts, protocol, "text")
    waiting = (*by_text, *open_questions(facts, protocol, "link"))
    asked = None if prompt is None else prompt.assessment_id
    found = [one.visit for one in waiting if one.assessment.id == asked]
    return next(iter((*found, *(one.visit for one in waiting))), None)


def _later_write(visit: VisitFacts, plan: LaterPlan, asks_at: datetime, actor: str) -> LaterWrite:
    document = LaterWrite()
    if plan.moves is not None:
        document.moved.append(MovedReminderRow(id=plan.moves, due_at=asks_at))
    if plan.adds is not None:
        document.planned.append(
            ReminderRow(
                id=new_id(),
                visit_id=visit.id,
                schedule_revision=visit.schedule_revision,
                ordinal=plan.adds,
                due_at=asks_at,
                actor=actor,
            )
        )
    return document


def _at(case: Case, asks_at: datetime) -> TextPart:
    local = asks_at.astimezone(zone(case.facts.zone))
    clock = format_time(local.time(), case.facts.language)
    parameters: dict[str, int | str] = {"day": _day(case, local.date()), "time": clock}
    return TextPart.model_validate({"key": "later.at", "parameters": parameters})


def _day(case: Case, day: date) -> str:
    return format_day(day, case.facts.language)
