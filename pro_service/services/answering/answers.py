"""Answers, whichever way they came: what is stored, and everything that follows from them.

`plan_answers` decides, from facts already read, the one document that `store.answers` writes:
attempts, responses, scores, alerts, what is completed, which nudges end. It touches no database.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument, Language
from pro_service.domain.instruments.scoring import (
    ScaleScore,
    as_decimal,
    plausibility_warnings,
    score,
)
from pro_service.domain.instruments.values import check_value
from pro_service.domain.study.facts import (
    AssessmentFacts,
    EventKind,
    ParticipantFacts,
    Target,
    VisitFacts,
)
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.respondents import SELF, Respondent
from pro_service.domain.study.safety import NO_BASELINE, Baseline, RaisedAlert, raised
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.context import ServiceContext
from pro_service.store.ids import new_id

Mode = Literal["web", "text", "voice", "telephone", "paper", "tablet"]
Authentication = Literal[
    "link", "link_and_factor", "card", "card_and_factor", "known_number", "staff"
]


INJECTIONS = (EventKind.injection, EventKind.rescue_injection)


class UnknownAssessmentError(ProServiceError):
    """The participant has no such assessment."""


@dataclass(frozen=True)
class GivenAnswer:
    """One item's answer as it came in: a value, or a kind of gap; `raw` is what was typed."""

    assessment_id: UUID
    item: str
    value: int | None
    gap: str | None
    raw: str | None = field(default=None, repr=False)
    answered_at: datetime | None = None
    offset_minutes: int | None = None


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


@dataclass
class AnswersPlan:
    """The document to write, and the alerts the participant must now hear about."""

    document: dict[str, Any]
    alerts: tuple[RaisedAlert, ...] = ()


def find_assessment(
    facts: ParticipantFacts, assessment_id: UUID
) -> tuple[VisitFacts, AssessmentFacts]:
    """The assessment and its visit. Raises UnknownAssessmentError."""
    for visit in facts.visits:
        for assessment in visit.assessments:
            if assessment.id == assessment_id:
                return visit, assessment
    raise UnknownAssessmentError


def sitting_goes_on(assessment: AssessmentFacts, instrument: Instrument, now: datetime) -> bool:
    """Whether the present attempt still takes answers: begun, and within its span (the recall)."""
    attempt = assessment.attempt
    span = timedelta(hours=instrument.attempt_span_hours)
    return attempt is not None and now - attempt.started_at < span


def standing_answers(
    assessment: AssessmentFacts, instrument: Instrument, now: datetime
) -> dict[str, int | None]:
    """What stands answered in the present attempt, gaps as None; nothing once its span is over."""
    if assessment.submitted_at is None and not sitting_goes_on(assessment, instrument, now):
        return {}
    return {answer.item: answer.value for answer in assessment.answers}


def empty_document() -> dict[str, Any]:
    """The document that stores nothing but takes the participant's turn."""
    lists = ("attempts", "responses", "scores", "submitted", "attempts_submitted", "declined")
    document: dict[str, Any] = {name: [] for name in (*lists, "alerts", "queries", "visits_done")}
    return document | {"web_key": None}


def days_since(facts: ParticipantFacts, kinds: Collection[EventKind]) -> int | None:
    """Local days since the latest event of these kinds that happened; None before the first."""
    local = zone(facts.zone)
    happened = [
        event.occurred_at
        for event in facts.events
        if event.kind in kinds and event.occurred_at is not None and event.occurred_at <= facts.now
    ]
    if not happened:
        return None
    return (local_day(facts.now, local) - local_day(max(happened), local)).days


def days_since_each(facts: ParticipantFacts) -> dict[EventKind, int]:
    """Local days since the latest event of each kind; what never happened is not there."""
    counted = {kind: days_since(facts, (kind,)) for kind in EventKind}
    return {kind: days for kind, days in counted.items() if days is not None}


def plan_answers(
    context: ServiceContext,
    protocol: Protocol,
    facts: ParticipantFacts,
    given: Sequence[GivenAnswer],
    *,
    submit: Sequence[UUID],
    sitting: Sitting,
    baseline: Mapping[Target, Baseline],
    decline: Sequence[UUID] = (),
    web_key: str | None = None,
) -> AnswersPlan:
    """Decide all that storing `given` and submitting `submit` writes.

    Raises UnknownAssessmentError, AnswerRangeError; the caller has checked that the assessments
    are open to this participant.
    """
    plan = AnswersPlan(empty_document() | {"web_key": web_key})
    touched = list(dict.fromkeys([*(one.assessment_id for one in given), *submit]))
    for assessment_id in touched:
        answers = [one for one in given if one.assessment_id == assessment_id]
        _plan_assessment(
            context,
            protocol,
            facts,
            plan,
            assessment_id,
            answers,
            submit=assessment_id in submit,
            sitting=sitting,
            baseline=baseline,
        )
    plan.document["declined"] = list(decline)
    plan.document["visits_done"] = _visits_done(facts, set(submit), set(decline))
    return plan


def _plan_assessment(
    context: ServiceContext,
    protocol: Protocol,
    facts: ParticipantFacts,
    plan: AnswersPlan,
    assessment_id: UUID,
    given: Sequence[GivenAnswer],
    *,
    submit: bool,
    sitting: Sitting,
    baseline: Mapping[Target, Baseline],
) -> None:
    """Add to the plan what one assessment's answers write."""
    _, assessment = find_assessment(facts, assessment_id)
    instrument = context.instruments[assessment.instrument]
    attempt_id = _attempt(context, plan, facts, assessment, instrument, sitting)
    before = {answer.item: answer.response_id for answer in assessment.answers}
    goes_on = assessment.submitted_at is not None or sitting_goes_on(
        assessment, instrument, facts.now
    )
    plan.document["responses"] += [
        _response(context, facts, instrument, attempt_id, one, sitting)
        | {"replaces": before.get(one.item) if goes_on else None}
        for one in given
    ]
    answers = standing_answers(assessment, instrument, facts.now)
    answers |= {one.item: one.value for one in given}
    scores = score(instrument, answers) if submit else ()
    _add_alerts(plan, protocol, facts, assessment, answers, scores, sitting.actor, baseline)
    if submit:
        plan.document["submitted"].append(assessment_id)
        plan.document["attempts_submitted"].append(attempt_id)
        plan.document["scores"] += score_rows(
            instrument, answers, assessment_id, attempt_id, basis="complete", actor=sitting.actor
        )
        plan.document["queries"] += [
            {"id": new_id(), "assessment_id": assessment_id, "rule": rule, "actor": sitting.actor}
            for rule in plausibility_warnings(instrument, answers)
        ]


def _attempt(
    context: ServiceContext,
    plan: AnswersPlan,
    facts: ParticipantFacts,
    assessment: AssessmentFacts,
    instrument: Instrument,
    sitting: Sitting,
) -> UUID:
    """The attempt the answers belong to: the present one, or a fresh one added to the plan."""
    attempt = assessment.attempt
    submitted = assessment.submitted_at is not None
    if attempt is not None and (submitted or sitting_goes_on(assessment, instrument, facts.now)):
        return attempt.id
    fresh = new_id()
    plan.document["attempts"].append(
        {
            "id": fresh,
            "assessment_id": assessment.id,
            "ordinal": 1 if attempt is None else attempt.ordinal + 1,
            "mode": sitting.mode,
            "respondent": sitting.respondent.kind,
            "respondent_relation": sitting.respondent.relation,
            "authentication": sitting.authentication,
            "language": sitting.language,
            "device_class": sitting.device_class,
            "release": context.release,
            "instrument_sha256": context.instrument_sha256(instrument.id),
            "wording_sha256": context.wording_sha256(instrument.id, sitting.language),
            "actor": sitting.actor,
        }
    )
    return fresh


def _response(
    context: ServiceContext,
    facts: ParticipantFacts,
    instrument: Instrument,
    attempt_id: UUID,
    given: GivenAnswer,
    sitting: Sitting,
) -> dict[str, Any]:
    """One row of `responses`; what was typed is sealed under the participant's key."""
    item = instrument.item(given.item)
    if given.value is not None:
        check_value(item, given.value)
    row_id = new_id()
    sealed = None
    if given.raw is not None and facts.data_key is not None:
        sealed = context.vault.seal(
            given.raw, data_key=facts.data_key.id, table="responses", column="raw", row_id=row_id
        )
    return {
        "id": row_id,
        "assessment_id": given.assessment_id,
        "attempt_id": attempt_id,
        "item": given.item,
        "value": given.value,
        "gap": given.gap,
        "lowest": item.minimum,
        "highest": item.maximum,
        "raw_sealed": None if sealed is None else sealed.ciphertext.hex(),
        "raw_key": None if sealed is None else sealed.key,
        "answered_at": given.answered_at,
        "answered_offset_minutes": given.offset_minutes,
        "inbound_id": sitting.inbound_id,
        "actor": sitting.actor,
    }


def score_rows(
    instrument: Instrument,
    answers: Mapping[str, int | None],
    assessment_id: UUID,
    attempt_id: UUID,
    *,
    basis: Literal["complete", "partial"],
    actor: str,
) -> list[dict[str, Any]]:
    """The rows of `scores` for these answers: one a scale, absent ones with the reason."""
    return [
        {
            "id": new_id(),
            "assessment_id": assessment_id,
            "attempt_id": attempt_id,
            "basis": basis,
            "scale": result.scale,
            "instrument": instrument.id,
            "instrument_version": instrument.version,
            "scoring_version": instrument.scoring_version,
            "raw": None if result.raw is None else as_decimal(result.raw),
            "normalised": None if result.normalised is None else as_decimal(result.normalised),
            "lowest": result.minimum,
            "highest": result.maximum,
            "answered": result.answered,
            "substituted": result.substituted,
            "absent_reason": result.absent_reason,
            "actor": actor,
        }
        for result in score(instrument, answers)
    ]


def _add_alerts(
    plan: AnswersPlan,
    protocol: Protocol,
    facts: ParticipantFacts,
    assessment: AssessmentFacts,
    answers: Mapping[str, int | None],
    scores: Sequence[ScaleScore],
    actor: str,
    baseline: Mapping[Target, Baseline],
) -> None:
    """Raise what the answers raise, once; not only at the end: the participant hears it at once."""
    alerts = raised(
        protocol.safety,
        assessment.instrument,
        {item: value for item, value in answers.items() if value is not None},
        baseline=baseline.get(assessment.target, NO_BASELINE),
        days_since_injection=days_since(facts, INJECTIONS),
        days_since=days_since_each(facts),
        scores={one.scale: one.raw for one in scores if one.raw is not None},
    )
    fresh = tuple(one for one in alerts if f"{assessment.id}:{one.rule}" not in facts.alerts)
    plan.alerts += fresh
    plan.document["alerts"] += [
        {
            "id": new_id(),
            "assessment_id": assessment.id,
            "inbound_id": None,
            "rule": one.rule,
            "severity": one.severity,
            "actor": actor,
        }
        for one in fresh
    ]


def _visits_done(
    facts: ParticipantFacts, submit: set[UUID], decline: set[UUID]
) -> list[dict[str, Any]]:
    """Visits at which nothing is owed any more: their nudges and calls end."""
    done = []
    for visit in facts.visits:
        ids = {one.id for one in visit.assessments}
        if not ids & (submit | decline):
            continue
        owed = {
            one.id
            for one in visit.assessments
            if one.submitted_at is None and one.declined_at is None
        }
        if owed <= submit | decline:
            reason = "answered" if ids & submit else "declined"
            done.append({"visit_id": visit.id, "reason": reason})
    return done
