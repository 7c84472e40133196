"""What is decided about a screen that came: what it writes, what stands, what is kept aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
    find_assessment,
    plan_answers,
)
from pro_service.services.base.actors import participant_actor
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.sources import source_sha256
from pro_service.services.pages.questionnaire import Questionnaire
from pro_service.services.pages.showing import GivenHere
from pro_service.services.pages.sorting import ScreenAnswer, given, sort_too_late
from pro_service.store.pages.preferences import OvertakenRow
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
class ScreenPlan:
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
class Read:
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


def too_late(read: Read, assessment_id: UUID, answers: Sequence[ScreenAnswer]) -> ScreenPlan:
    """The page's assessment is open no more: sent in, declined or closed in the meantime.

    Raises UnknownAssessmentError if it never was this participant's.
    """
    _, assessment = find_assessment(read.questionnaire.facts, assessment_id)
    codes = {item.code for item in read.context.catalogue.instruments[assessment.instrument].items}
    late = sort_too_late(assessment, codes, answers)
    after = read.questionnaire.next_unsettled()
    plan = ScreenPlan(SavedScreen(None if after is None else after.number, overtaken=True))
    return with_kept(plan, read, assessment_id, late)


def with_kept(
    plan: ScreenPlan, read: Read, assessment_id: UUID, late: Sequence[ScreenAnswer]
) -> ScreenPlan:
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
    return ScreenPlan(plan.outcome, answers, kept)


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
