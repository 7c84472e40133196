"""Answers, whichever way they came: what is stored, and everything that follows from them.

`plan_answers` decides, from facts already read, the one document that `store.answering.answers`
writes: attempts, responses, scores, alerts, what is completed, which nudges end. It touches no
database. Texts, screens and corrections all use it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from pro_service.domain.instruments.model import Instrument, Language
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.instruments.scoring import ScaleScore, plausibility_warnings, score
from pro_service.domain.instruments.values import check_value
from pro_service.domain.study.facts import (
    INJECTIONS,
    AssessmentFacts,
    AttemptFacts,
    ParticipantFacts,
    Target,
)
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.querying.data_queries import ANSWERED_FAST, is_answered_fast
from pro_service.domain.study.respondents import SELF, Mode, Respondent
from pro_service.domain.study.safety import (
    NO_BASELINE,
    Baseline,
    RaisedAlert,
    days_since_each,
    fewest_days,
    raised,
)
from pro_service.domain.study.sittings.open_questions import sitting_goes_on
from pro_service.services.answering.finding import find_assessment
from pro_service.services.answering.scores import Place, score_rows
from pro_service.services.base.context import ServiceContext
from pro_service.store.answering.answers import AnswersWrite
from pro_service.store.ids import new_id
from pro_service.store.writes import (
    AlertRow,
    AttemptRow,
    Authentication,
    QueryRow,
    ResponseRow,
    VisitDoneRow,
)
from pro_service.vault import places


@dataclass(frozen=True)
class GivenAnswer:
    """One item's answer as it came in: a value, or a kind of gap; `raw` is what was typed."""

    assessment_id: UUID
    item: str
    value: Value | None
    gap: str | None
    raw: str | None = field(default=None, repr=False)
    answered_at: datetime | None = None
    offset_minutes: int | None = None
    reason: str | None = None
    """A word of the program's for why it replaces another (`corrected`); None: it was given so."""


@dataclass(frozen=True, kw_only=True)
class Entered:
    """What goes with a sitting that staff type in. Instants are aware UTC."""

    told_at: datetime
    """When it was answered, as claimed."""
    offset_minutes: int
    """What the clock of the site was ahead of UTC then."""
    typed_at: datetime
    interviewer: str | None = None
    original: str | None = None
    """Where the paper lies (`note:<id>`)."""
    apart: str | None = None
    apart_reason: str | None = None
    """Why it is entered though the protocol does not name it for analysis (`note:<id>`)."""


@dataclass(frozen=True)
class Sitting:
    """How the answers were given; stored with the attempt they open."""

    mode: Mode
    authentication: Authentication
    language: Language
    actor: str
    respondent: Respondent = SELF
    device_class: str | None = None
    inbound_id: UUID | None = None
    source_sha256: bytes | None = None
    """The network the answers came from, hashed; None for what comes by no page."""
    entered: Entered | None = None
    """None: the participant answered by page or text."""
    handover_id: UUID | None = None
    """The hand-over of the tablet they answer on; None: on none."""


@dataclass(frozen=True)
class AnsweringCase:
    """What answers are judged from: the rules, what is known, and how they were given.

    The facts must hold the answers of every assessment that is answered (`answers_of`).
    """

    context: ServiceContext
    protocol: Protocol
    facts: ParticipantFacts
    sitting: Sitting
    baseline: Mapping[Target, Baseline]
    aside: bool = False
    """What is given is kept beside what stands, with the sitting there is, and never stands."""


@dataclass
class AnswersPlan:
    """The document to write, and the alerts the participant must now hear about."""

    document: AnswersWrite = field(default_factory=AnswersWrite)
    alerts: tuple[RaisedAlert, ...] = ()

    def of_what_was_sent(self, answered_at: datetime) -> AnswersWrite:
        """What is new where the sitting was sent before: the answer, its scores, and what they tell
        of safety and sense. An alert says when it was answered (UTC), for it is late."""
        document = self.document
        return AnswersWrite(
            responses=document.responses,
            scores=document.scores,
            alerts=[replace(one, answered_at=answered_at) for one in document.alerts],
            queries=document.queries,
        )


def plan_answers(
    case: AnsweringCase,
    given: Sequence[GivenAnswer],
    *,
    submit: Sequence[UUID] = (),
    decline: Sequence[UUID] = (),
) -> AnswersPlan:
    """Decide all that storing `given`, submitting `submit` and declining `decline` writes.

    An answer to an item that stands answered names what it replaces; scores are of everything that
    then stands. Raises UnknownAssessmentError, AnswerRangeError, AnswersNotReadError; the caller
    has checked that the assessments are open to this participant.
    """
    plan = AnswersPlan()
    for assessment_id in dict.fromkeys([*(one.assessment_id for one in given), *submit]):
        answers = [one for one in given if one.assessment_id == assessment_id]
        _plan_assessment(case, plan, assessment_id, answers, submit=assessment_id in submit)
    plan.document.declined += decline
    plan.document.visits_done += _visits_done(case.facts, set(submit), set(decline))
    return plan


def _plan_assessment(
    case: AnsweringCase,
    plan: AnswersPlan,
    assessment_id: UUID,
    given: Sequence[GivenAnswer],
    *,
    submit: bool,
) -> None:
    """Add to the plan what one assessment's answers write."""
    facts, actor = case.facts, case.sitting.actor
    visit, assessment = find_assessment(facts, assessment_id)
    instrument = case.context.catalogue.instruments[assessment.instrument]
    belongs = _belongs_to_present(case, assessment, instrument, answered=bool(given))
    present = assessment.attempt if belongs else None
    attempt_id = _fresh(case, plan, assessment, instrument) if present is None else present.id
    stands = {one.item: one.response_id for one in assessment.read_answers} if belongs else {}
    plan.document.responses += [
        _response(case, instrument, attempt_id, one, replaces=stands.get(one.item)) for one in given
    ]
    answers = {one.item: one.value for one in assessment.read_answers} if belongs else {}
    answers |= {one.item: one.value for one in given}
    # Alerts never wait for sending (R2): what a score tells is told once all stands answered.
    told = case.protocol.safety.tells_of_scores(instrument.id)
    whole = told and (submit or all(item.code in answers for item in instrument.items))
    scores = score(instrument, answers) if whole else ()
    _add_alerts(case, plan, assessment, answers, scores)
    if submit:
        plan.document.submitted.append(assessment_id)
        plan.document.attempts_submitted.append(attempt_id)
        late = visit.closes_at is not None and visit.closes_at <= facts.now
        if late and visit.id not in plan.document.sent_late:
            plan.document.sent_late.append(visit.id)
        place = Place(assessment_id, attempt_id, actor)
        plan.document.scores += score_rows(instrument, answers, place, basis="complete")
        plan.document.queries += [
            QueryRow(id=new_id(), assessment_id=assessment_id, rule=rule, actor=actor)
            for rule in _odd(case, instrument, answers, present)
        ]


def _odd(
    case: AnsweringCase,
    instrument: Instrument,
    answers: Mapping[str, Value | None],
    present: AttemptFacts | None,
) -> Iterator[str]:
    """The rules that raise a data query about a sitting which is sent in now."""
    yield from plausibility_warnings(instrument, answers)
    fast = is_answered_fast(
        case.protocol.coming.data_query,
        case.sitting.mode,
        questions=len(instrument.items),
        took=None if present is None else case.facts.now - present.started_at,
    )
    if fast:
        yield ANSWERED_FAST


def _belongs_to_present(
    case: AnsweringCase, assessment: AssessmentFacts, instrument: Instrument, *, answered: bool
) -> bool:
    """Whether what comes belongs to the sitting there is, and not to a fresh one.

    A sitting that has only to be sent is sent as it stands, however old; an answer given after its
    span is never put beside those in it.
    """
    if assessment.attempt is None:
        return False
    if assessment.submitted_at is not None or (assessment.is_unsent and not answered):
        return True
    kept_aside = case.aside and assessment.is_unsent
    return kept_aside or sitting_goes_on(assessment, instrument, case.facts.now)


def _fresh(
    case: AnsweringCase, plan: AnswersPlan, assessment: AssessmentFacts, instrument: Instrument
) -> UUID:
    """A fresh attempt, added to the plan."""
    sitting, context, entered = case.sitting, case.context, case.sitting.entered
    fresh = AttemptRow(
        id=new_id(),
        assessment_id=assessment.id,
        ordinal=assessment.last_ordinal + 1,
        mode=sitting.mode,
        respondent=sitting.respondent.kind,
        respondent_relation=sitting.respondent.relation,
        authentication=sitting.authentication,
        language=sitting.language,
        device_class=sitting.device_class,
        release=context.release,
        instrument_sha256=context.catalogue.instrument_sha256(instrument.id),
        wording_sha256=context.catalogue.wording_sha256(instrument.id, sitting.language),
        actor=sitting.actor,
        source_sha256=sitting.source_sha256,
        told_at=None if entered is None else entered.told_at,
        interviewer=None if entered is None else entered.interviewer,
        original=None if entered is None else entered.original,
        apart=None if entered is None else entered.apart,
        apart_reason=None if entered is None else entered.apart_reason,
        handover_id=sitting.handover_id,
    )
    plan.document.attempts.append(fresh)
    return fresh.id


def _response(
    case: AnsweringCase,
    instrument: Instrument,
    attempt_id: UUID,
    given: GivenAnswer,
    *,
    replaces: UUID | None,
) -> ResponseRow:
    """One row of `responses`; what was typed is sealed under the participant's key."""
    item, facts, entered = instrument.item(given.item), case.facts, case.sitting.entered
    if given.value is not None:
        check_value(item, given.value)
    row_id = new_id()
    sealed = None
    if given.raw is not None and facts.data_key is not None:
        sealed = places.TYPED_ANSWER.seal(
            case.context.keys.vault, given.raw, data_key=facts.data_key.id, row_id=row_id
        )
    return ResponseRow(
        id=row_id,
        assessment_id=given.assessment_id,
        attempt_id=attempt_id,
        item=given.item,
        value=given.value,
        gap=given.gap,
        lowest=item.minimum,
        highest=item.maximum,
        raw_sealed=None if sealed is None else sealed.ciphertext,
        raw_key=None if sealed is None else sealed.key,
        answered_at=given.answered_at if entered is None else entered.told_at,
        answered_offset_minutes=given.offset_minutes if entered is None else entered.offset_minutes,
        replaces=replaces,
        inbound_id=case.sitting.inbound_id,
        actor=case.sitting.actor,
        entered_at=None if entered is None else entered.typed_at,
        entered_by=None if entered is None else case.sitting.actor,
        reason=given.reason,
    )


def _add_alerts(
    case: AnsweringCase,
    plan: AnswersPlan,
    assessment: AssessmentFacts,
    answers: Mapping[str, Value | None],
    scores: Sequence[ScaleScore],
) -> None:
    """Raise what the answers raise, once; not only at the end: the participant hears it at once."""
    facts, days = case.facts, days_since_each(case.facts)
    alerts = raised(
        case.protocol.safety,
        assessment.instrument,
        {item: value for item, value in answers.items() if value is not None},
        baseline=case.baseline.get(assessment.target, NO_BASELINE),
        days_since_injection=fewest_days(days, INJECTIONS),
        days_since=days,
        scores={one.scale: one.raw for one in scores if one.raw is not None},
    )
    fresh = tuple(one for one in alerts if f"{assessment.id}:{one.rule}" not in facts.alerts)
    plan.alerts += fresh
    plan.document.alerts += [
        AlertRow(
            id=new_id(),
            assessment_id=assessment.id,
            inbound_id=None,
            rule=one.rule,
            severity=one.severity,
            actor=case.sitting.actor,
        )
        for one in fresh
    ]


def declining(facts: ParticipantFacts, visit_id: UUID) -> tuple[list[UUID], list[VisitDoneRow]]:
    """What is declined with all that a visit still asks, and what that ends; nothing of nothing."""
    owed = [
        one.id
        for visit in facts.visits
        if visit.id == visit_id
        for one in visit.assessments
        if one.submitted_at is None and one.declined_at is None
    ]
    return owed, _visits_done(facts, set(), set(owed))


def _visits_done(
    facts: ParticipantFacts, submit: set[UUID], decline: set[UUID]
) -> list[VisitDoneRow]:
    """Visits at which nothing is owed any more: their nudges and calls end."""
    done = []
    touched = [find_assessment(facts, one)[0] for one in submit | decline]
    for visit in {visit.id: visit for visit in touched}.values():
        ids = {one.id for one in visit.assessments}
        owed = {
            one.id
            for one in visit.assessments
            if one.submitted_at is None and one.declined_at is None
        }
        if owed <= submit | decline:
            reason = "answered" if ids & submit else "declined"
            done.append(VisitDoneRow(visit_id=visit.id, reason=reason))
    return done
