"""The questionnaire behind a link: what is open now, screen by screen. Reading changes nothing.

A link belongs to one visit, and shows everything the participant may answer by link at present,
that visit first. Nothing is kept between two requests: each reads the facts anew, so a sitting
goes on from any device.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from pro_service.domain.instruments.model import Instrument, Item
from pro_service.domain.study.assessments import is_open_question
from pro_service.domain.study.facts import (
    AnswerFacts,
    AssessmentFacts,
    ParticipantFacts,
    Target,
    VisitFacts,
)
from pro_service.domain.study.follow_up.unwell import is_unwell
from pro_service.domain.study.protocol import Protocol, SafetyRule
from pro_service.domain.study.respondents import Respondent
from pro_service.domain.study.statuses import standing
from pro_service.services.answering import (
    find_assessment,
    sitting_goes_on,
    standing_answers,
)
from pro_service.services.base.context import ServiceContext
from pro_service.services.pages.entrance import Admission, find_guest, find_link
from pro_service.services.texting import reached_by
from pro_service.store.connection import Connection
from pro_service.store.pages.entrance import Entrance


@dataclass(frozen=True)
class Question:
    """One item as a participant meets it, with the answer that stands in the present sitting."""

    item: Item
    number: int
    """Its place among all questions of the questionnaire, from 1."""
    may_not_apply: bool
    settled: bool
    """Answered, or left open on purpose."""
    value: int | None = None
    gap: str | None = None
    response_id: UUID | None = None


@dataclass(frozen=True)
class Screen:
    """What one page asks of an instrument, for one assessment; `number` counts from 1.

    `group` is its place among the screens of that assessment, from 0.
    """

    number: int
    assessment_id: UUID
    instrument: Instrument
    target: Target
    group: int
    questions: tuple[Question, ...]
    may_alarm: bool = False
    """An answer on it may be a reason to telephone at once: nobody goes on before it is saved."""

    @property
    def begun(self) -> bool:
        """Whether anything of it is settled in the present sitting."""
        return any(question.settled for question in self.questions)

    @property
    def unsettled(self) -> tuple[Question, ...]:
        """The questions that still want an answer."""
        return tuple(question for question in self.questions if not question.settled)


@dataclass(frozen=True)
class Part:
    """One assessment: its screens in asking order."""

    assessment_id: UUID
    screens: tuple[Screen, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """All its questions."""
        return tuple(question for screen in self.screens for question in screen.questions)

    @property
    def begun(self) -> bool:
        """Whether anything of it is settled in the present sitting."""
        return any(question.settled for question in self.questions)

    @property
    def unsettled(self) -> tuple[Question, ...]:
        """The questions that still want an answer."""
        return tuple(question for question in self.questions if not question.settled)


@dataclass(frozen=True)
class Questionnaire:
    """All that is open to one participant by link; without parts it is finished."""

    facts: ParticipantFacts
    protocol: Protocol
    parts: tuple[Part, ...]
    closes_at: datetime | None
    """When the first of the open visits closes; None if none does."""
    respondent: Respondent | None = None
    """Who answers in the present sitting; None: no sitting goes on, so nobody has said yet."""
    authentication: Entrance = "link"
    """How whoever looks came in; kept with what they answer."""

    @property
    def finished(self) -> bool:
        """Whether nothing is left to answer."""
        return not self.parts

    @property
    def screens(self) -> tuple[Screen, ...]:
        """All screens; the one numbered n is at n - 1."""
        return tuple(screen for part in self.parts for screen in part.screens)

    @property
    def question_count(self) -> int:
        """How many questions there are, settled ones included."""
        return sum(len(screen.questions) for screen in self.screens)

    def screen(self, number: int) -> Screen | None:
        """The screen of this number, or None."""
        screens = self.screens
        return screens[number - 1] if 1 <= number <= len(screens) else None

    def find(self, assessment_id: UUID, group: int) -> Screen | None:
        """The screen of one group of an assessment, or None if that is not open."""
        for screen in self.screens:
            if screen.assessment_id == assessment_id and screen.group == group:
                return screen
        return None

    def next_unsettled(self, after: int = 0, *, settled: Collection[int] = ()) -> Screen | None:
        """The first screen after number `after` with something open, else the first of all.

        The screens numbered in `settled` are taken for settled, whatever stands.
        """
        wanting = [
            screen for screen in self.screens if screen.unsettled and screen.number not in settled
        ]
        later = [screen for screen in wanting if screen.number > after]
        return next(iter(later or wanting), None)

    def next_visit(self) -> VisitFacts | None:
        """The next visit that will ask something, or None."""
        return find_next_visit(self.facts)


def find_next_visit(facts: ParticipantFacts) -> VisitFacts | None:
    """The next visit that will ask something, or None; one dated from a plan does not count."""
    coming = [
        visit
        for visit in facts.visits
        if visit.assessments and not visit.provisional and visit.opens_at > facts.now
    ]
    return min(coming, key=lambda visit: visit.opens_at, default=None)


async def open_link(
    connection: Connection, context: ServiceContext, token: str
) -> Questionnaire | None:
    """What a link leads to now; None for one that is unknown, expired or ended.

    Finished questionnaires come back without parts. Nothing is written. Whether the study asks for
    more than the link before it is shown is for the caller to look at.
    """
    found = await find_link(connection, context, token)
    if found is None:
        return None
    facts = await context.reader.facts(connection, found.study_id, found.participant_id)
    protocol = await context.reader.protocol(connection, facts.study_id, facts.protocol_version_id)
    return read_questionnaire(context, protocol, facts, found.visit_id)


async def open_pages(
    connection: Connection,
    context: ServiceContext,
    cookie: str,
    *,
    answers_of: Collection[UUID] = (),
) -> Questionnaire | None:
    """What a cookie leads to now: a link's token, or the session a card or a link began.

    None where `open_link` gives None, and until the second factor the study asks for was given.
    `answers_of` are assessments whose answers are wanted however long ago they were sent in.
    """
    guest = await find_guest(connection, context, cookie, answers_of=answers_of)
    if guest is None:
        return None
    return read_admitted(context, guest.protocol, guest.facts, guest.admission)


def read_admitted(
    context: ServiceContext, protocol: Protocol, facts: ParticipantFacts, admission: Admission
) -> Questionnaire | None:
    """The questionnaire an admission leads to; None without the second factor the study wants."""
    if not admission.admits(protocol):
        return None
    found = read_questionnaire(context, protocol, facts, admission.visit_id)
    return found and replace(found, authentication=admission.authentication)


def read_questionnaire(
    context: ServiceContext,
    protocol: Protocol,
    facts: ParticipantFacts,
    invited_to: UUID | None,
) -> Questionnaire | None:
    """The questionnaire these facts give; None if the participant may not answer, or too late.

    Where no reply by text can reach us, the pages ask what is otherwise asked by text, too.
    """
    if not standing(facts.statuses, facts.now, facts.events).may_answer:
        return None
    visits = [visit for visit in facts.visits if _is_open(visit, facts.now)]
    visits.sort(key=lambda visit: (not is_unwell(visit), visit.id != invited_to))
    all_here = reached_by(context, facts) == "code"
    parts: list[Part] = []
    open_visits: list[VisitFacts] = []
    screens = questions = 0
    for visit in visits:
        for assessment in visit.assessments:
            asked = all_here or _asked_by_link(protocol, visit, assessment)
            if not asked or not is_open_question(assessment):
                continue
            part = _part(context, protocol, facts, assessment, screens, questions)
            parts.append(part)
            open_visits.append(visit)
            screens += len(part.screens)
            questions += len(part.questions)
    if not parts and not _anything_done(protocol, facts, visits, invited_to, all_here=all_here):
        return None
    ends = [visit.closes_at for visit in open_visits if visit.closes_at is not None]
    closes_at, respondent = min(ends, default=None), _respondent(context, facts, visits)
    return Questionnaire(facts, protocol, tuple(parts), closes_at, respondent=respondent)


def urgent_rules(
    questionnaire: Questionnaire, assessments: Collection[UUID] | None = None
) -> tuple[SafetyRule, ...]:
    """The urgent rules met by answers to these assessments; None: to those of visits open now."""
    facts = questionnaire.facts
    if assessments is None:
        assessments = [
            one.id
            for visit in facts.visits
            if _is_open(visit, facts.now)
            for one in visit.assessments
        ]
    ids = {str(one) for one in assessments}
    met = [alert.partition(":") for alert in facts.alerts]
    return questionnaire.protocol.safety.urgent({rule for one, _, rule in met if one in ids})


def read_closed_screen(
    context: ServiceContext, questionnaire: Questionnaire, assessment_id: UUID, group: int
) -> Screen | None:
    """A screen of an assessment that is open no more, for reading a form that comes late.

    None for a group there is not. Raises UnknownAssessmentError for another participant's.
    """
    facts = questionnaire.facts
    _, assessment = find_assessment(facts, assessment_id)
    screens = _part(context, questionnaire.protocol, facts, assessment, 0, 0).screens
    return screens[group] if group < len(screens) else None


def _is_open(visit: VisitFacts, now: datetime) -> bool:
    """Whether `now` lies in [opens_at, closes_at) of a visit that is dated for good."""
    if visit.provisional or now < visit.opens_at:
        return False
    return visit.closes_at is None or now < visit.closes_at


def _asked_by_link(protocol: Protocol, visit: VisitFacts, assessment: AssessmentFacts) -> bool:
    """Whether the protocol lets this be answered by link."""
    ask = protocol.ask(visit.definition, assessment.instrument)
    return ask is not None and "link" in ask.ways


def _anything_done(
    protocol: Protocol,
    facts: ParticipantFacts,
    visits: list[VisitFacts],
    invited_to: UUID | None,
    *,
    all_here: bool,
) -> bool:
    """Whether something was submitted or declined at a visit open now, or the one invited to."""
    looked_at = visits + [visit for visit in facts.visits if visit.id == invited_to]
    return any(
        (all_here or _asked_by_link(protocol, visit, assessment))
        and not is_open_question(assessment)
        for visit in looked_at
        for assessment in visit.assessments
    )


def _respondent(
    context: ServiceContext, facts: ParticipantFacts, visits: Sequence[VisitFacts]
) -> Respondent | None:
    """Who began the latest sitting at these visits whose span is not over, sent in or not."""
    going_on = [
        assessment.attempt
        for visit in visits
        for assessment in visit.assessments
        if assessment.attempt is not None
        and sitting_goes_on(
            assessment, context.catalogue.instruments[assessment.instrument], facts.now
        )
    ]
    latest = max(going_on, key=lambda attempt: (attempt.started_at, attempt.id), default=None)
    if latest is None:
        return None
    return Respondent(kind=latest.respondent, relation=latest.respondent_relation)


def _shown_answers(
    assessment: AssessmentFacts, instrument: Instrument, facts: ParticipantFacts
) -> dict[str, AnswerFacts]:
    """What stands answered in the present sitting, by item.

    Nothing where it was not read, which is so only of what was sent in long ago: its screens are
    made to understand a form that comes late, and are shown to nobody.
    """
    if assessment.answers is None:
        return {}
    standing_now = standing_answers(assessment, instrument, facts.now)
    return {one.item: one for one in assessment.answers if one.item in standing_now}


def _may_be_last(group: int, groups: Sequence[Sequence[str]], answers: Collection[str]) -> bool:
    """Whether all may stand answered once this screen is saved: then scores tell what they tell."""
    others = [code for other, codes in enumerate(groups) if other != group for code in codes]
    return group == len(groups) - 1 or all(code in answers for code in others)


def _part(
    context: ServiceContext,
    protocol: Protocol,
    facts: ParticipantFacts,
    assessment: AssessmentFacts,
    screens_before: int,
    questions_before: int,
) -> Part:
    """One assessment's screens, numbered on from those before."""
    instrument = context.catalogue.instruments[assessment.instrument]
    answers = _shown_answers(assessment, instrument, facts)
    not_for_everybody = protocol.use(instrument.id).may_not_apply
    screens: list[Screen] = []
    number = questions_before
    scored = protocol.safety.looks_at_scores(instrument.id)
    groups = protocol.screens_of(instrument)
    for group, codes in enumerate(groups):
        questions: list[Question] = []
        for code in codes:
            number += 1
            item, answer = instrument.item(code), answers.get(code)
            questions.append(
                Question(
                    item=item,
                    number=number,
                    may_not_apply=item.may_not_apply and code in not_for_everybody,
                    settled=answer is not None,
                    value=None if answer is None else answer.value,
                    gap=None if answer is None else answer.gap,
                    response_id=None if answer is None else answer.response_id,
                )
            )
        screens.append(
            Screen(
                number=screens_before + group + 1,
                assessment_id=assessment.id,
                instrument=instrument,
                target=assessment.target,
                group=group,
                questions=tuple(questions),
                may_alarm=protocol.safety.looks_at(instrument.id, codes)
                or (scored and _may_be_last(group, groups, answers)),
            )
        )
    return Part(assessment.id, tuple(screens))
