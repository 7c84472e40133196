"""What a participant does on the pages: saves a screen, sends the answers in, or declines.

Each request carries an idempotency key from its form. What it writes is decided from facts read
at one revision; if they have moved on, they are read again and it is decided anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from pro_service.domain.instruments.model import Instrument, Language
from pro_service.domain.study.facts import ParticipantFacts, Target
from pro_service.domain.study.respondents import SELF, Respondent
from pro_service.domain.study.safety import Baseline
from pro_service.services.answering import (
    AnsweringCase,
    AnswersPlan,
    GivenAnswer,
    Sitting,
    find_assessment,
    plan_answers,
    read_baselines,
)
from pro_service.services.base.actors import participant_actor
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.known import Stored
from pro_service.services.base.sources import source_sha256
from pro_service.services.base.turns import Decision, until_written
from pro_service.services.pages.doors import remember
from pro_service.services.pages.questionnaire import Questionnaire, open_pages, urgent_rules
from pro_service.services.pages.screens import place_of
from pro_service.services.pages.showing import GivenHere
from pro_service.services.pages.sorting import (
    ScreenAnswer,
    given,
    sort_answers,
    sort_open,
    sort_too_late,
)
from pro_service.store.answering import answers as answer_store
from pro_service.store.base import operations
from pro_service.store.connection import Connection, Guard
from pro_service.store.pages import preferences as page_store
from pro_service.store.pages.preferences import OvertakenRow, OvertakenWrite
from pro_service.store.writes import ResponseRow


@dataclass(frozen=True)
class Visitor:
    """Who asks, and how: what opened the pages, the language read, who answers on which device."""

    token: str = field(repr=False)
    device_cookie: str = field(repr=False)
    """What says which answers were given on this device."""
    language: Language
    device_class: str | None = None
    respondent: Respondent = SELF
    source: str | None = field(default=None, repr=False)
    """The network they are in; None: not known."""


@dataclass(frozen=True)
class Posted:
    """A form that was sent: by whom, and under which idempotency key."""

    connection: Connection
    context: ServiceContext
    visitor: Visitor
    key: str
    known: Questionnaire | None = None
    """What the caller has just read by the same way in: it need not be read again."""


@dataclass(frozen=True)
class SavedScreen:
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
    given_here: tuple[GivenHere, ...] = ()
    """The answers stored: the device that gave them may show them again."""


@dataclass(frozen=True)
class _ScreenPlan:
    """What to write, and what to say once it is written."""

    outcome: SavedScreen
    answers: AnswersPlan | None = None
    kept: tuple[OvertakenRow, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether it stores answers, and nothing beside them: a second copy is refused by its key.

        Of any other plan must be known beforehand whether it is one for a copy.
        """
        return self.answers is not None and not self.kept

    @property
    def is_urgent(self) -> bool:
        """Whether the participant must hear of it at once."""
        alerts = () if self.answers is None else self.answers.alerts
        return any(alert.severity == "urgent" for alert in alerts)


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
        aside: bool = False,
    ) -> AnswersPlan:
        """What the answers write, given by whoever opened the pages."""
        facts, source = self.questionnaire.facts, self.visitor.source
        handed = self.questionnaire.handed
        sitting = Sitting(
            mode="web" if handed is None else "tablet",
            authentication=self.questionnaire.authentication,
            language=self.visitor.language,
            actor=participant_actor(facts),
            respondent=self.visitor.respondent,
            device_class=self.visitor.device_class,
            source_sha256=None if source is None else source_sha256(source),
            handover_id=None if handed is None else handed.id,
        )
        case = AnsweringCase(
            self.context, self.questionnaire.protocol, facts, sitting, self.baseline, aside
        )
        return plan_answers(case, answers, submit=submitted, decline=declined)


_Decide = Callable[[_Read], _ScreenPlan]


async def save_screen(
    posted: Posted,
    *,
    assessment_id: UUID,
    group: int,
    answers: Sequence[ScreenAnswer],
    leave_open: bool = False,
) -> SavedScreen | None:
    """Store one screen's answers; with `leave_open`, the rest of it becomes gaps (`skipped`).

    None if the link leads nowhere (any more). Raises BusyError, AnswerRangeError;
    UnknownAssessmentError for somebody else's page.
    """

    def decide(read: _Read) -> _ScreenPlan:
        screen = read.questionnaire.find(assessment_id, group)
        if screen is None:
            return _too_late(read, assessment_id, answers)
        new, late, unsettled = sort_answers(screen, answers, leave_open=leave_open)
        after = read.questionnaire.next_unsettled(screen.number, settled={screen.number})
        ahead = None if after is None else after.number
        plan = read.plan(given(assessment_id, new)) if new else None
        outcome = SavedScreen(
            next_screen=screen.number if unsettled or late else ahead,
            unsettled=unsettled,
            overtaken=bool(late),
            given_here=() if plan is None else _given_here(screen.instrument, plan),
        )
        return _with_kept(_ScreenPlan(outcome, plan), read, assessment_id, late)

    said = [assessment_id, group, leave_open, *((one.item, one.value, one.gap) for one in answers)]
    return await _write(posted, _digest("save", posted.key, said), decide, about=(assessment_id,))


async def submit(
    posted: Posted,
    *,
    listed: Collection[UUID],
    leave_open: Collection[tuple[UUID, str]] = (),
) -> SavedScreen | None:
    """Send in every assessment on the page (`listed`) that has been begun, with its scores.

    Items still open are asked about once; named in `leave_open` they become gaps (`skipped`).
    What has not been begun stays open behind the same link. Raises BusyError.
    """

    def decide(read: _Read) -> _ScreenPlan:
        parts = [
            part for part in read.questionnaire.parts if part.begun and part.assessment_id in listed
        ]
        gaps = sort_open(parts, leave_open)
        if gaps is None:
            return _ScreenPlan(SavedScreen(unsettled=True))
        if not parts:
            return _ScreenPlan(SavedScreen(unsettled=not read.questionnaire.finished))
        ids = [part.assessment_id for part in parts]
        return _ScreenPlan(SavedScreen(), read.plan(gaps, submitted=ids))

    web_key = _digest("submit", posted.key, [*sorted(listed), *sorted(leave_open)])
    return await _write(posted, web_key, decide, about=listed)


async def decline(posted: Posted, *, listed: Collection[UUID]) -> SavedScreen | None:
    """Take "not this time" for every open assessment on the page. Raises BusyError."""

    def decide(read: _Read) -> _ScreenPlan:
        parts = read.questionnaire.parts
        ids = [part.assessment_id for part in parts if part.assessment_id in listed]
        return _ScreenPlan(SavedScreen(), read.plan([], declined=ids) if ids else None)

    web_key = _digest("decline", posted.key, sorted(listed))
    return await _write(posted, web_key, decide, about=listed)


def _digest(action: str, key: str, said: Sequence[object]) -> str:
    """The key a request is stored under: its form's, together with what it says.

    A browser may go back to a page as it was, and send it again with another answer: that is no
    copy and must not be lost.
    """
    return f"{action}:{hashlib.sha256(f'{key}|{said}'.encode()).hexdigest()}"


async def _write(
    posted: Posted, key: str, decide: _Decide, *, about: Collection[UUID]
) -> SavedScreen | None:
    """Read, decide, write; again from the start while the facts move on.

    `about` are the assessments the form was about. A request stored before gives the outcome it had
    as far as the participant must know it: whoever pressed twice sees only the second answer, and
    must not miss an alert.
    """
    connection, context, token = posted.connection, posted.context, posted.visitor.token
    device = posted.visitor.device_cookie
    known, refused = posted.known, False

    async def once() -> Decision[SavedScreen | None]:
        nonlocal known, refused
        read, known = known, None
        questionnaire = read or await open_pages(connection, context, token, device=device)
        if questionnaire is not None and not _holds_answers(questionnaire, about):
            # Sent in so long ago that its answers were not read; what came is compared with them.
            questionnaire = await open_pages(
                connection, context, token, device=device, answers_of=about, whole=True
            )
        if questionnaire is None:
            return Decision(None)
        facts = questionnaire.facts
        web_key = f"{facts.id}:{key}"
        baseline = await read_baselines(connection, context, facts, questionnaire.protocol)
        plan = decide(_Read(context, posted.visitor, questionnaire, baseline))
        if refused or not plan.is_plain:
            stored_at = await answer_store.find_web_write(connection, facts.study_id, web_key)
            if stored_at or not (plan.answers or plan.kept):
                await operations.mark_settled(connection)
            if stored_at is not None:  # What the caller knew may be older than what was stored.
                page = await open_pages(connection, context, token, device=device)
                return Decision(None if page is None else _stored_before(page, about, stored_at))
        refused = True
        outcome = replace(plan.outcome, read=questionnaire, alerted=plan.is_urgent)
        return Decision(outcome, lambda: _store(posted, facts, web_key, plan))

    return await until_written(once)


def _holds_answers(questionnaire: Questionnaire, wanted: Collection[UUID]) -> bool:
    """Whether the answers to these assessments were read, as far as they are the participant's."""
    visits = questionnaire.facts.visits
    found = [one for visit in visits for one in visit.asked or () if one.id in wanted]
    all_read = len(found) == len(set(wanted)) or all(visit.asked is not None for visit in visits)
    return all_read and all(one.answers is not None for one in found)


async def _store(posted: Posted, facts: ParticipantFacts, web_key: str, plan: _ScreenPlan) -> None:
    """Store overtaken answers, once, and then what is new, in the participant's turn."""
    connection, context, token = posted.connection, posted.context, posted.visitor.token
    if plan.kept:
        kept_key = f"{web_key}:kept"
        if not await answer_store.find_web_write(connection, facts.study_id, kept_key):
            kept = OvertakenWrite(web_key=kept_key, responses=list(plan.kept))
            await page_store.keep_overtaken_answers(connection, facts.study_id, facts.id, kept)
            remember(context, token, None)
    if plan.answers is not None:
        guard, document = Guard(facts.study_id, facts.id, facts.revision), plan.answers.document
        document.web_key = web_key
        stored_at = await answer_store.record_answers(connection, guard, document)
        remember(context, token, Stored(guard, document, stored_at))


def _given_here(instrument: Instrument, plan: AnswersPlan) -> tuple[GivenHere, ...]:
    """The answers a plan stores, as the device is to remember them."""
    return tuple(
        GivenHere(row.attempt_id, place_of(instrument, row.item)) for row in plan.document.responses
    )


def _stored_before(
    questionnaire: Questionnaire, about: Collection[UUID], stored_at: datetime
) -> SavedScreen:
    """Where a request leads that was stored before, at `stored_at`, with the answers of then.

    Its key names what it said, so whoever sends it again gave them.
    """
    after = questionnaire.next_unsettled()
    again: list[GivenHere] = []
    for part in questionnaire.parts:
        _, assessment = find_assessment(questionnaire.facts, part.assessment_id)
        if part.assessment_id in about and assessment.attempt is not None:
            instrument, sitting_id = part.screens[0].instrument, assessment.attempt.id
            again += [
                GivenHere(sitting_id, place_of(instrument, one.item))
                for one in assessment.read_answers
                if one.received_at == stored_at
            ]
    return SavedScreen(
        next_screen=None if after is None else after.number,
        alerted=bool(urgent_rules(questionnaire, about)),
        read=questionnaire,
        given_here=tuple(again),
    )


def _too_late(read: _Read, assessment_id: UUID, answers: Sequence[ScreenAnswer]) -> _ScreenPlan:
    """The page's assessment is open no more: sent in, declined or closed in the meantime.

    Raises UnknownAssessmentError if it never was this participant's.
    """
    _, assessment = find_assessment(read.questionnaire.facts, assessment_id)
    codes = {item.code for item in read.context.catalogue.instruments[assessment.instrument].items}
    late = sort_too_late(assessment, codes, answers)
    after = read.questionnaire.next_unsettled()
    plan = _ScreenPlan(SavedScreen(None if after is None else after.number, overtaken=True))
    return _with_kept(plan, read, assessment_id, late)


def _with_kept(
    plan: _ScreenPlan, read: _Read, assessment_id: UUID, late: Sequence[ScreenAnswer]
) -> _ScreenPlan:
    """The plan with the rows of overtaken answers; each names the response its page showed.

    What they tell of safety counts all the same: somebody has said it.
    """
    if not late:
        return plan
    aside = read.plan(given(assessment_id, late), aside=True)
    shown = {answer.item: answer.shown for answer in late}
    kept = tuple(_overtaken(row, shown[row.item]) for row in aside.document.responses)
    answers = plan.answers
    if aside.alerts:
        answers = answers or read.plan([])
        raised = {alert.rule for alert in answers.alerts}
        answers.alerts += tuple(alert for alert in aside.alerts if alert.rule not in raised)
        answers.document.alerts += [row for row in aside.document.alerts if row.rule not in raised]
    return _ScreenPlan(plan.outcome, answers, kept)


def _overtaken(row: ResponseRow, shown: UUID | None) -> OvertakenRow:
    """A response as it is kept aside: it names the one its page showed."""
    return OvertakenRow(
        id=row.id,
        assessment_id=row.assessment_id,
        attempt_id=row.attempt_id,
        item=row.item,
        value=row.value,
        gap=row.gap,
        lowest=row.lowest,
        highest=row.highest,
        raw_sealed=row.raw_sealed,
        raw_key=row.raw_key,
        answered_at=row.answered_at,
        replaces=shown,
        actor=row.actor,
    )


__all__ = [
    "Posted",
    "SavedScreen",
    "ScreenAnswer",
    "Visitor",
    "decline",
    "save_screen",
    "submit",
]
