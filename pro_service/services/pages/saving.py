"""What a participant does on the pages: saves a screen, sends the answers in, or declines.

Each request carries an idempotency key from its form. What it writes is decided from facts read
at one revision; if they have moved on, they are read again and it is decided anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from pro_service.domain.instruments.model import Language
from pro_service.domain.study.facts import Target
from pro_service.domain.study.respondents import SELF, Respondent
from pro_service.domain.study.safety import Baseline
from pro_service.services.answering import (
    AnsweringCase,
    AnswersPlan,
    GivenAnswer,
    Sitting,
    UnknownAssessmentError,
    find_assessment,
    plan_answers,
    read_baselines,
)
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import TRIES, BusyError
from pro_service.services.pages.questionnaire import Questionnaire, open_pages, urgent_rules
from pro_service.services.pages.sorting import (
    ScreenAnswer,
    given,
    sort_answers,
    sort_open,
    sort_too_late,
)
from pro_service.store.answering import answers as answer_store
from pro_service.store.connection import Connection, DuplicateError, Guard, StaleRevisionError
from pro_service.store.pages import preferences as page_store
from pro_service.store.writes import ResponseRow

WEB_WRITES_KEY: Final = "web_writes_pkey"


@dataclass(frozen=True)
class Visitor:
    """Who asks, and how: what opened the pages, the language read, who answers on which device."""

    token: str = field(repr=False)
    language: Language
    device_class: str | None = None
    respondent: Respondent = SELF


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
    read: Questionnaire | None = field(default=None, repr=False)
    """What it was decided from: the screen just saved stands in it as it was before."""


@dataclass(frozen=True)
class _Decision:
    """What to write, and what to say once it is written."""

    outcome: Outcome
    plan: AnswersPlan | None = None
    kept: tuple[ResponseRow, ...] = ()


@dataclass(frozen=True)
class _Read:
    """What a decision is made from."""

    context: ServiceContext
    visitor: Visitor
    questionnaire: Questionnaire
    baseline: Mapping[Target, Baseline]

    def plan(
        self,
        answers: Sequence[GivenAnswer],
        *,
        submitted: Sequence[UUID] = (),
        declined: Sequence[UUID] = (),
    ) -> AnswersPlan:
        """What the answers write, given on the web by whoever opened the pages."""
        facts = self.questionnaire.facts
        sitting = Sitting(
            mode="web",
            authentication=self.questionnaire.authentication,
            language=self.visitor.language,
            actor=f"participant:{facts.code}",
            respondent=self.visitor.respondent,
            device_class=self.visitor.device_class,
        )
        case = AnsweringCase(
            self.context, self.questionnaire.protocol, facts, sitting, self.baseline
        )
        return plan_answers(case, answers, submit=submitted, decline=declined)


_Decide = Callable[[_Read], _Decision]


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
    known: Questionnaire | None = None,
) -> Outcome | None:
    """Store one screen's answers; with `leave_open`, the rest of it becomes gaps (`skipped`).

    `known` is what the caller has just read by the same link. None if the link leads nowhere (any
    more). Raises BusyError, AnswerRangeError; UnknownAssessmentError for somebody else's page.
    """

    def decide(read: _Read) -> _Decision:
        screen = read.questionnaire.find(assessment_id, group)
        if screen is None:
            return _too_late(read, assessment_id, answers)
        new, late, unsettled = sort_answers(screen, answers, leave_open=leave_open)
        after = read.questionnaire.next_unsettled(screen.number, settled={screen.number})
        ahead = None if after is None else after.number
        outcome = Outcome(
            next_screen=screen.number if unsettled or late else ahead,
            unsettled=unsettled,
            overtaken=bool(late),
        )
        plan = read.plan(given(assessment_id, new)) if new else None
        return _with_kept(_Decision(outcome, plan), read, assessment_id, late)

    said = [assessment_id, group, leave_open, *((one.item, one.value, one.gap) for one in answers)]
    web_key = _digest("save", key, said)
    return await _write(
        connection, context, visitor, web_key, decide, about=(assessment_id,), known=known
    )


async def submit(
    connection: Connection,
    context: ServiceContext,
    visitor: Visitor,
    *,
    key: str,
    listed: Collection[UUID],
    leave_open: Collection[tuple[UUID, str]] = (),
    known: Questionnaire | None = None,
) -> Outcome | None:
    """Send in every assessment on the page (`listed`) that has been begun, with its scores.

    Items still open are asked about once; named in `leave_open` they become gaps (`skipped`).
    What has not been begun stays open behind the same link. Raises BusyError.
    """

    def decide(read: _Read) -> _Decision:
        parts = [
            part for part in read.questionnaire.parts if part.begun and part.assessment_id in listed
        ]
        gaps = sort_open(parts, leave_open)
        if gaps is None:
            return _Decision(Outcome(unsettled=True))
        if not parts:
            return _Decision(Outcome(unsettled=not read.questionnaire.finished))
        ids = [part.assessment_id for part in parts]
        return _Decision(Outcome(), read.plan(gaps, submitted=ids))

    web_key = _digest("submit", key, [*sorted(listed), *sorted(leave_open)])
    return await _write(
        connection, context, visitor, web_key, decide, about=tuple(listed), known=known
    )


async def decline(
    connection: Connection,
    context: ServiceContext,
    visitor: Visitor,
    *,
    key: str,
    listed: Collection[UUID],
    known: Questionnaire | None = None,
) -> Outcome | None:
    """Take "not this time" for every open assessment on the page. Raises BusyError."""

    def decide(read: _Read) -> _Decision:
        parts = read.questionnaire.parts
        ids = [part.assessment_id for part in parts if part.assessment_id in listed]
        return _Decision(Outcome(), read.plan([], declined=ids) if ids else None)

    web_key = _digest("decline", key, sorted(listed))
    return await _write(connection, context, visitor, web_key, decide, about=listed, known=known)


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
    about: Collection[UUID],
    known: Questionnaire | None = None,
) -> Outcome | None:
    """Read, decide, write; again from the start while the facts move on.

    `about` are the assessments the form was about. A request stored before gives the outcome it had
    as far as the participant must know it: whoever pressed twice sees only the second answer, and
    must not miss an alert.
    """
    for _ in range(TRIES):
        questionnaire = known or await open_pages(connection, context, visitor.token)
        known = None
        if questionnaire is not None and not _holds_answers(questionnaire, about):
            # Sent in so long ago that its answers were not read; what came is compared with them.
            questionnaire = await open_pages(connection, context, visitor.token, answers_of=about)
        if questionnaire is None:
            return None
        facts = questionnaire.facts
        web_key = f"{facts.id}:{key}"
        if await answer_store.find_web_write(connection, facts.study_id, web_key):
            # What the caller knew may be older than what was stored.
            current = await open_pages(connection, context, visitor.token)
            return None if current is None else _stored_before(current, about)
        baseline = await read_baselines(connection, context, facts, questionnaire.protocol)
        decision = decide(_Read(context, visitor, questionnaire, baseline))
        outcome = replace(decision.outcome, read=questionnaire)
        try:
            await _keep(connection, questionnaire, f"{web_key}:kept", decision)
            if decision.plan is None:
                return outcome
            decision.plan.document.web_key = web_key
            guard = Guard(facts.study_id, facts.id, facts.revision)
            await answer_store.record_answers(connection, guard, decision.plan.document)
        except StaleRevisionError:
            continue
        except DuplicateError as error:
            if error.constraint != WEB_WRITES_KEY:
                raise
            continue  # The other copy has just been stored; the next round says so.
        urgent = any(alert.severity == "urgent" for alert in decision.plan.alerts)
        return replace(outcome, alerted=urgent)
    raise BusyError


def _holds_answers(questionnaire: Questionnaire, wanted: Collection[UUID]) -> bool:
    """Whether the answers to these assessments were read, as far as they are the participant's."""
    return all(
        one.answers is not None
        for visit in questionnaire.facts.visits
        for one in visit.assessments
        if one.id in wanted
    )


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
        read=questionnaire,
    )


def _too_late(read: _Read, assessment_id: UUID, answers: Sequence[ScreenAnswer]) -> _Decision:
    """The page's assessment is open no more: sent in, declined or closed in the meantime.

    Raises UnknownAssessmentError if it never was this participant's.
    """
    _, assessment = find_assessment(read.questionnaire.facts, assessment_id)
    codes = {item.code for item in read.context.instruments[assessment.instrument].items}
    late = sort_too_late(assessment, codes, answers)
    after = read.questionnaire.next_unsettled()
    decision = _Decision(Outcome(None if after is None else after.number, overtaken=True))
    return _with_kept(decision, read, assessment_id, late)


def _with_kept(
    decision: _Decision, read: _Read, assessment_id: UUID, late: Sequence[ScreenAnswer]
) -> _Decision:
    """The decision with the rows of overtaken answers; each names the response its page showed.

    What they tell of safety counts all the same: somebody has said it.
    """
    if not late:
        return decision
    aside = read.plan(given(assessment_id, late))
    shown = {answer.item: answer.shown for answer in late}
    kept = tuple(replace(row, replaces=shown[row.item]) for row in aside.document.responses)
    plan = decision.plan
    if aside.alerts:
        plan = plan or read.plan([])
        raised = {alert.rule for alert in plan.alerts}
        plan.alerts += tuple(alert for alert in aside.alerts if alert.rule not in raised)
        plan.document.alerts += [row for row in aside.document.alerts if row.rule not in raised]
    return _Decision(decision.outcome, plan, kept)


__all__ = [
    "Outcome",
    "ScreenAnswer",
    "UnknownAssessmentError",
    "Visitor",
    "decline",
    "save_screen",
    "submit",
]
