"""What a participant does on the pages: saves a screen, sends the answers in, or declines.

Each request carries an idempotency key from its form. What it writes is decided from facts read
at one revision; if they have moved on, they are read again and it is decided anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from pro_service.domain.instruments.model import Language
from pro_service.domain.study.facts import Target
from pro_service.domain.study.safety import Baseline
from pro_service.services.answers import (
    AnswersPlan,
    GivenAnswer,
    Sitting,
    UnknownAssessmentError,
    find_assessment,
    plan_answers,
)
from pro_service.services.baselines import read_baselines
from pro_service.services.context import TRIES, BusyError, ServiceContext
from pro_service.services.questionnaire import (
    Questionnaire,
    Screen,
    open_pages,
    urgent_rules,
)
from pro_service.store import answers as answer_store
from pro_service.store import pages as page_store
from pro_service.store.connection import Connection, DuplicateError, StaleRevisionError

WEB_WRITES_KEY: Final = "web_writes_pkey"


@dataclass(frozen=True)
class Visitor:
    """Who asks, and how: what opened the pages, the language read, and the kind of device."""

    token: str = field(repr=False)
    language: Language
    device_class: str | None = None


@dataclass(frozen=True)
class ScreenAnswer:
    """One item as the form brought it; `shown` is the response the page showed for it."""

    item: str
    value: int | None = field(repr=False)
    gap: str | None = None
    raw: str | None = field(default=None, repr=False)
    shown: UUID | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a request."""

    next_screen: int | None = None
    """Where to go on; None: everything is settled, look it over."""
    alerted: bool = False
    """The participant must now be told whom to telephone."""
    unsettled: bool = False
    """Something is left open and nobody has said yet that it shall stay so."""
    overtaken: bool = False
    """Something else was stored in the meantime: what came is kept, and what stands stays."""


@dataclass(frozen=True)
class _Decision:
    """What to write, and what to say once it is written."""

    outcome: Outcome
    plan: AnswersPlan | None = None
    kept: tuple[dict[str, object], ...] = ()


_Decide = Callable[[Questionnaire, Mapping[Target, Baseline]], _Decision]


async def save_screen(
    connection: Connection,
    context: ServiceContext,
    visitor: Visitor,
    *,
    key: str,
    assessment_id: UUID,
    group: int,
    answers: Sequence[ScreenAnswer],
    leave_open: bool = False,
) -> Outcome | None:
    """Store one screen's answers; with `leave_open`, the rest of it becomes gaps (`skipped`).

    None if the link leads nowhere (any more). Raises BusyError, AnswerRangeError,
    UnknownAssessmentError for another participant's page.
    """

    def decide(questionnaire: Questionnaire, baseline: Mapping[Target, Baseline]) -> _Decision:
        screen = questionnaire.find(assessment_id, group)
        if screen is None:
            return _too_late(context, questionnaire, visitor, baseline, assessment_id, answers)
        new, late, unsettled = _sort(screen, answers, leave_open=leave_open)
        after = questionnaire.next_unsettled(screen.number)
        ahead = None if after is None or after.number == screen.number else after.number
        here = bool(unsettled or late)
        outcome = Outcome(
            next_screen=screen.number if here else ahead,
            unsettled=unsettled,
            overtaken=bool(late),
        )
        plan = None
        if new:
            plan = _plan(context, questionnaire, visitor, baseline, _given(assessment_id, new))
        decision = _Decision(outcome, plan)
        return _with_kept(decision, context, questionnaire, visitor, baseline, assessment_id, late)

    said = [assessment_id, group, leave_open, *((one.item, one.value, one.gap) for one in answers)]
    web_key = _digest("save", key, said)
    return await _write(connection, context, visitor, web_key, decide, alarming=(assessment_id,))


async def submit(
    connection: Connection,
    context: ServiceContext,
    visitor: Visitor,
    *,
    key: str,
    listed: Collection[UUID],
    leave_open: Collection[tuple[UUID, str]] = (),
) -> Outcome | None:
    """Send in every assessment on the page (`listed`) that has been begun, with its scores.

    Items still open are asked about once; named in `leave_open` they become gaps (`skipped`).
    What has not been begun stays open behind the same link. Raises BusyError.
    """

    def decide(questionnaire: Questionnaire, baseline: Mapping[Target, Baseline]) -> _Decision:
        parts = [
            part for part in questionnaire.parts if part.begun and part.assessment_id in listed
        ]
        gaps: list[GivenAnswer] = []
        for part in parts:
            for question in part.unsettled:
                name = (part.assessment_id, question.item.code)
                if name not in leave_open or not question.item.skippable:
                    return _Decision(Outcome(unsettled=True))
                gaps.append(GivenAnswer(*name, value=None, gap="skipped"))
        if not parts:
            return _Decision(Outcome(unsettled=not questionnaire.finished))
        ids = [part.assessment_id for part in parts]
        plan = _plan(context, questionnaire, visitor, baseline, gaps, submitted=ids)
        return _Decision(Outcome(), plan)

    web_key = _digest("submit", key, [*sorted(listed), *sorted(leave_open)])
    return await _write(connection, context, visitor, web_key, decide, alarming=tuple(listed))


async def decline(
    connection: Connection,
    context: ServiceContext,
    visitor: Visitor,
    *,
    key: str,
    listed: Collection[UUID],
) -> Outcome | None:
    """Take "not this time" for every open assessment on the page. Raises BusyError."""

    def decide(questionnaire: Questionnaire, baseline: Mapping[Target, Baseline]) -> _Decision:
        ids = [part.assessment_id for part in questionnaire.parts if part.assessment_id in listed]
        if not ids:
            return _Decision(Outcome())
        plan = _plan(context, questionnaire, visitor, baseline, [], declined=ids)
        return _Decision(Outcome(), plan)

    web_key = _digest("decline", key, sorted(listed))
    return await _write(connection, context, visitor, web_key, decide)


def _digest(action: str, key: str, said: Sequence[object]) -> str:
    """The key a request is stored under: its form's, together with what it says.

    A browser may go back to a page as it was, and send it again with another answer: that is no
    copy and must not be lost.
    """
    return f"{action}:{hashlib.sha256(f'{key}|{said}'.encode()).hexdigest()}"


async def _write(
    connection: Connection,
    context: ServiceContext,
    visitor: Visitor,
    key: str,
    decide: _Decide,
    *,
    alarming: Collection[UUID] = (),
) -> Outcome | None:
    """Read, decide, write; again from the start while the facts move on.

    A request stored before gives the outcome it had as far as the participant must know it:
    whoever pressed twice sees only the second answer, and must not miss an alert.
    """
    for _ in range(TRIES):
        questionnaire = await open_pages(connection, context, visitor.token)
        if questionnaire is None:
            return None
        facts = questionnaire.facts
        web_key = f"{facts.id}:{key}"
        if await answer_store.find_web_write(connection, facts.study_id, web_key):
            return _stored_before(questionnaire, alarming)
        baseline = await read_baselines(connection, context, facts, questionnaire.protocol)
        decision = decide(questionnaire, baseline)
        try:
            await _keep(connection, questionnaire, f"{web_key}:kept", decision)
            if decision.plan is None:
                return decision.outcome
            document = decision.plan.document | {"web_key": web_key}
            await answer_store.record_answers(
                connection, facts.study_id, facts.id, facts.revision, document
            )
        except StaleRevisionError:
            continue
        except DuplicateError as error:
            if error.constraint != WEB_WRITES_KEY:
                raise
            continue  # The other copy has just been stored; the next round says so.
        outcome = decision.outcome
        return Outcome(
            outcome.next_screen,
            alerted=any(alert.severity == "urgent" for alert in decision.plan.alerts),
            unsettled=outcome.unsettled,
            overtaken=outcome.overtaken,
        )
    raise BusyError


async def _keep(
    connection: Connection, questionnaire: Questionnaire, web_key: str, decision: _Decision
) -> None:
    """Store overtaken answers, once."""
    if not decision.kept:
        return
    facts = questionnaire.facts
    if await answer_store.find_web_write(connection, facts.study_id, web_key):
        return
    await page_store.keep_overtaken_answers(
        connection,
        facts.study_id,
        facts.id,
        {"web_key": web_key, "responses": list(decision.kept)},
    )


def _stored_before(questionnaire: Questionnaire, alarming: Collection[UUID]) -> Outcome:
    """Where a request leads that was stored before."""
    after = questionnaire.next_unsettled()
    return Outcome(
        next_screen=None if after is None else after.number,
        alerted=bool(urgent_rules(questionnaire, alarming)),
    )


def _sort(
    screen: Screen, answers: Sequence[ScreenAnswer], *, leave_open: bool
) -> tuple[list[ScreenAnswer], list[ScreenAnswer], bool]:
    """Divide what came into new and overtaken answers; and tell whether anything stays open.

    An answer equal to what stands is neither: going over a page again stores nothing.
    """
    came = {answer.item: answer for answer in answers}
    new: list[ScreenAnswer] = []
    late: list[ScreenAnswer] = []
    unsettled = False
    for question in screen.questions:
        answer = came.get(question.item.code)
        if answer is None:
            if question.settled:
                continue
            if leave_open and question.item.skippable:
                new.append(ScreenAnswer(question.item.code, None, gap="skipped"))
            else:
                unsettled = True
        elif not question.settled:
            new.append(answer)
        elif (answer.value, answer.gap) != (question.value, question.gap):
            (new if answer.shown == question.response_id else late).append(answer)
    return new, late, unsettled


def _too_late(
    context: ServiceContext,
    questionnaire: Questionnaire,
    visitor: Visitor,
    baseline: Mapping[Target, Baseline],
    assessment_id: UUID,
    answers: Sequence[ScreenAnswer],
) -> _Decision:
    """The page's assessment is open no more: sent in, declined or closed in the meantime.

    Raises UnknownAssessmentError if it never was this participant's.
    """
    _, assessment = find_assessment(questionnaire.facts, assessment_id)
    codes = {item.code for item in context.instruments[assessment.instrument].items}
    late = [answer for answer in answers if answer.item in codes]
    if assessment.submitted_at is None:
        late = []  # Declined or closed: there is no sitting it could be kept with.
    stands = {one.item: (one.value, one.gap) for one in assessment.answers}
    late = [one for one in late if stands.get(one.item) != (one.value, one.gap)]
    after = questionnaire.next_unsettled()
    decision = _Decision(Outcome(None if after is None else after.number, overtaken=True))
    return _with_kept(decision, context, questionnaire, visitor, baseline, assessment_id, late)


def _with_kept(
    decision: _Decision,
    context: ServiceContext,
    questionnaire: Questionnaire,
    visitor: Visitor,
    baseline: Mapping[Target, Baseline],
    assessment_id: UUID,
    late: Sequence[ScreenAnswer],
) -> _Decision:
    """The decision with the rows of overtaken answers; each names the response its page showed.

    What they tell of safety counts all the same: somebody has said it.
    """
    if not late:
        return decision
    aside = _plan(context, questionnaire, visitor, baseline, _given(assessment_id, late))
    shown = {answer.item: answer.shown for answer in late}
    kept = tuple(row | {"replaces": shown[row["item"]]} for row in aside.document["responses"])
    plan = decision.plan
    if aside.alerts:
        plan = plan or _plan(context, questionnaire, visitor, baseline, [])
        raised = {alert.rule for alert in plan.alerts}
        plan.alerts += tuple(alert for alert in aside.alerts if alert.rule not in raised)
        plan.document["alerts"] += [
            row for row in aside.document["alerts"] if row["rule"] not in raised
        ]
    return _Decision(decision.outcome, plan, kept)


def _given(assessment_id: UUID, answers: Sequence[ScreenAnswer]) -> list[GivenAnswer]:
    return [
        GivenAnswer(assessment_id, one.item, one.value, one.gap, raw=one.raw) for one in answers
    ]


def _plan(
    context: ServiceContext,
    questionnaire: Questionnaire,
    visitor: Visitor,
    baseline: Mapping[Target, Baseline],
    given: Sequence[GivenAnswer],
    *,
    submitted: Sequence[UUID] = (),
    declined: Sequence[UUID] = (),
) -> AnswersPlan:
    """What the answers write, given on the web by whoever holds the link."""
    facts = questionnaire.facts
    sitting = Sitting(
        mode="web",
        authentication=questionnaire.authentication,
        language=visitor.language,
        actor=f"participant:{facts.code}",
        device_class=visitor.device_class,
    )
    return plan_answers(
        context,
        questionnaire.protocol,
        facts,
        given,
        submit=submitted,
        sitting=sitting,
        baseline=baseline,
        decline=declined,
    )


__all__ = [
    "Outcome",
    "ScreenAnswer",
    "UnknownAssessmentError",
    "Visitor",
    "decline",
    "save_screen",
    "submit",
]
