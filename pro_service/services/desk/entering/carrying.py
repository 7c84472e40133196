"""Sittings recorded anew where they belong: their visit dated anew, and what was given there kept.

Nothing recorded is changed. A visit some of whose answers belong elsewhere is superseded whole and
takes its own place again, with the same days; every sitting held there is recorded anew, each
naming the one it replaces, at the same knee or at that where it belongs. Windows, scores and alerts
are judged by when it was answered. What was sent for another participant is recorded anew in the
turn of the participant whose it is, sealed under their key; here it stands no more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.entering import Belonging, sent_when_told
from pro_service.domain.study.facts import AssessmentFacts, ParticipantFacts, VisitFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.respondents import Respondent
from pro_service.domain.study.schedule import NewVisit, PlannedVisit
from pro_service.domain.study.statuses import standing
from pro_service.services.answering import (
    AnsweringCase,
    GivenAnswer,
    Sitting,
    find_assessment,
    plan_answers,
    read_baselines,
)
from pro_service.services.base.turns import Who, Write, writing
from pro_service.services.visits import add_visit
from pro_service.store.answering import answers as answer_store
from pro_service.store.answering.answers import AnswersWrite
from pro_service.store.desk import sittings as store
from pro_service.store.desk.sittings import HeldResponse, HeldSitting
from pro_service.store.notes import NoteRow
from pro_service.store.visits import schedule
from pro_service.store.visits.schedule import ScheduleWrite
from pro_service.store.writes import AttemptRow
from pro_service.vault import places

MOVED: Final = "moved"
"""Why an answer is recorded anew, in the record."""


@dataclass(frozen=True)
class Mover:
    """In whose turn sittings are recorded anew, who approved it, and the note that says why."""

    who: Who
    protocol: Protocol
    actor: str
    reason: str


@dataclass(frozen=True)
class Whose:
    """The participant whose answers they are, where they were recorded for another."""

    mover: Mover
    facts: ParticipantFacts
    notes: Mapping[str, NoteRow]
    """The notes the sittings name, sealed anew for them, by the reference before."""


class Carried(NamedTuple):
    """What records a sitting where it belongs, in order: here, and in the turn of whose it is."""

    here: list[Write]
    there: list[Write]


@dataclass
class _Anew:
    """A participant whose visit was dated anew: what stands there is added sitting by sitting."""

    facts: ParticipantFacts
    places: Mapping[UUID, UUID]
    """Where the sittings of each assessment of the old visit stand from now on."""
    ordinals: dict[UUID, int]
    """How many sittings each assessment has."""
    moved: Collection[UUID]
    """The assessments of the old visit of which the sittings go elsewhere."""
    asked_before: bool = False
    """The visit was asked all along: what is sent ends what reminds of it."""


async def carry(
    mover: Mover, facts: ParticipantFacts, belonging: Belonging, whose: Whose | None = None
) -> Carried:
    """What records a sitting where it belongs, in the order in which it is written.

    `whose`: it is another participant's; of the assessment only what was sent is. Reads with no
    transaction open; the facts must be those the turns are guarded by.
    """
    who, visit = mover.who, belonging.visit
    held = await store.list_sittings_held(who.connection, facts.study_id, facts.id, visit.id)
    last = await schedule.list_last_revisions(who.connection, facts.study_id, facts.id)
    document, anew = _dated_anew(mover, facts, belonging, last)
    there: list[Write] = []
    if whose is not None:
        gone = [one for one in held if is_of_another(one, belonging)]
        held = [one for one in held if one not in gone]
        there = await _given_to(whose, belonging, gone)
    elif belonging.to_visit.id != visit.id:
        held_there = await store.list_sittings_held(
            who.connection, facts.study_id, facts.id, belonging.to_visit.id
        )
        for one in held_there:
            anew.ordinals[one.assessment_id] = max(
                one.ordinal, anew.ordinals.get(one.assessment_id, 0)
            )
    answers = [await _recorded(mover, anew, one) for one in held if one.responses]
    sent = {one for each in answers for one in each.submitted}
    _settle(document, visit, sent)
    declined = [anew.places[one.id] for one in visit.assessments if one.declined_at is not None]
    if declined:
        answers.append(AnswersWrite(declined=declined))
    here = [
        writing(schedule.write_schedule, document),
        *(writing(answer_store.record_answers, one) for one in answers),
    ]
    return Carried(here, there)


def is_of_another(held: HeldSitting, belonging: Belonging) -> bool:
    """Whether a sitting goes to the other participant: what was sent at the assessment."""
    return held.assessment_id == belonging.assessment.id and held.submitted_at is not None


async def _given_to(whose: Whose, belonging: Belonging, gone: Sequence[HeldSitting]) -> list[Write]:
    """The writes of what was sent for another, in the turn of the participant whose it is."""
    here, there = belonging.assessment.id, belonging.to_assessment
    anew = _Anew(
        whose.facts,
        places={here: there.id},
        ordinals={there.id: there.last_ordinal},
        moved={here},
        asked_before=True,
    )
    answers = [await _recorded(whose.mover, anew, _renoted(one, whose.notes)) for one in gone]
    return [writing(answer_store.record_answers, one) for one in answers]


def _renoted(held: HeldSitting, notes: Mapping[str, NoteRow]) -> HeldSitting:
    """A sitting that names its notes as they are sealed for whoever it belongs to."""
    named = {"original": held.original, "apart_reason": held.apart_reason}
    update = {name: notes[old].reference for name, old in named.items() if old is not None}
    return held.model_copy(update=update)


def _dated_anew(
    mover: Mover,
    facts: ParticipantFacts,
    belonging: Belonging,
    last: Mapping[tuple[str, int], int],
) -> tuple[ScheduleWrite, _Anew]:
    """The visit superseded and dated anew as it was, and where its sittings go."""
    visit = belonging.visit
    document = ScheduleWrite(reason=mover.reason, superseded=[visit.id])
    planned = PlannedVisit(
        definition=visit.definition,
        occurrence=visit.occurrence,
        opens_at=visit.opens_at,
        target_on=visit.target_on,
        closes_at=visit.closes_at,
        provisional=False,
        assessments=tuple((one.instrument, one.target) for one in visit.assessments),
    )
    revision = last.get((visit.definition, visit.occurrence), visit.schedule_revision) + 1
    add_visit(document, mover.protocol, facts, NewVisit(planned, revision), mover.actor)
    if not standing(facts.statuses, facts.now, facts.events).may_answer:
        document.reminders = []
    same = {
        old.id: new.id for old, new in zip(visit.assessments, document.assessments, strict=True)
    }
    here, there = belonging.assessment.id, belonging.to_assessment.id
    moved: dict[UUID, UUID] = {}
    if belonging.is_of_one(facts):
        moved[here] = same.get(there, there)
    if belonging.changes_places:
        moved[there] = same[here]
    fresh = visit.model_copy(
        update={
            "id": document.visits[0].id,
            "schedule_revision": revision,
            "asked": tuple(_empty(one, same[one.id]) for one in visit.assessments),
        }
    )
    visits = tuple(fresh if one.id == visit.id else one for one in facts.visits)
    after = facts.model_copy(update={"visits": visits})
    return document, _Anew(after, same | moved, {}, moved)


def _empty(one: AssessmentFacts, new_id: UUID) -> AssessmentFacts:
    """An assessment as it is asked anew: declined if it was, and nothing answered."""
    return AssessmentFacts(
        id=new_id,
        instrument=one.instrument,
        target=one.target,
        declined_at=one.declined_at,
        answers=(),
    )


async def _recorded(mover: Mover, anew: _Anew, held: HeldSitting) -> AnswersWrite:
    """A sitting recorded anew where it belongs, as it was given."""
    place = anew.places[held.assessment_id]
    is_moved = held.assessment_id in anew.moved
    answered_at = max(one.answered_at for one in held.responses)
    facts = _as_given(anew.facts, place, answered_at)
    context = mover.who.context
    baseline = await read_baselines(mover.who.connection, context, facts, mover.protocol)
    case = AnsweringCase(context, mover.protocol, facts, _sitting(mover, held), baseline)
    sends = held.submitted_at is not None
    given = [_given(mover, place, one) for one in held.responses]
    plan = plan_answers(case, given, submit=[place] if sends else []).document
    ordinal = anew.ordinals[place] = anew.ordinals.get(place, 0) + 1
    moved_from = held.id if is_moved else held.moved_from
    attempt = plan.attempts[0]
    return AnswersWrite(
        attempts=[_attempt(attempt, held, ordinal, moved_from)],
        responses=[
            replace(new, entered_at=old.entered_at, entered_by=old.entered_by)
            for new, old in zip(plan.responses, held.responses, strict=True)
        ],
        scores=plan.scores,
        submitted=plan.submitted,
        attempts_submitted=plan.attempts_submitted,
        alerts=[replace(one, answered_at=answered_at) for one in plan.alerts] if is_moved else [],
        queries=plan.queries if is_moved else [],
        visits_done=plan.visits_done if anew.asked_before else [],
        sent_late=[find_assessment(facts, place)[0].id] if sends else [],
        sent_at=_sent_at(anew, place, attempt.id, held),
    )


def _as_given(facts: ParticipantFacts, place: UUID, answered_at: datetime) -> ParticipantFacts:
    """The facts at the instant of the last answer, with nothing begun where it belongs."""
    visits = tuple(
        visit.model_copy(
            update={
                "asked": tuple(
                    _empty(one, one.id) if one.id == place else one for one in visit.assessments
                )
            }
        )
        if visit.asked is not None
        else visit
        for visit in facts.visits
    )
    return facts.model_copy(update={"visits": visits, "now": answered_at})


def _sitting(mover: Mover, held: HeldSitting) -> Sitting:
    return Sitting(
        mode=held.mode,
        authentication=held.authentication,
        language=held.language,
        actor=mover.actor,
        respondent=Respondent(kind=held.respondent, relation=held.respondent_relation),
        device_class=held.device_class,
    )


def _given(mover: Mover, place: UUID, one: HeldResponse) -> GivenAnswer:
    """An answer as it was given; what was typed is opened, to be sealed for its new row."""
    raw = None
    if one.raw_sealed is not None and one.raw_key is not None:
        vault = mover.who.context.keys.vault
        raw = places.TYPED_ANSWER.open(vault, one.raw_sealed, key=one.raw_key, row_id=one.id)
    return GivenAnswer(
        place,
        one.item,
        one.value,
        one.gap,
        raw,
        answered_at=one.answered_at,
        offset_minutes=one.answered_offset_minutes,
        reason=MOVED,
    )


def _attempt(
    new: AttemptRow, held: HeldSitting, ordinal: int, moved_from: UUID | None
) -> AttemptRow:
    """The sitting as it was held, naming the one it replaces."""
    return replace(
        new,
        ordinal=ordinal,
        release=held.release,
        instrument_sha256=held.instrument_sha256,
        wording_sha256=held.wording_sha256,
        told_at=held.started_at,
        interviewer=held.interviewer,
        original=held.original,
        apart=held.apart,
        apart_reason=held.apart_reason,
        replaces=held.id,
        moved_from=moved_from,
    )


def _sent_at(anew: _Anew, place: UUID, attempt: UUID, held: HeldSitting) -> datetime | None:
    """When it counts as sent: then, unless another sitting was chosen at a visit that closed (R3).

    None: now.
    """
    if held.submitted_at is None:
        return None
    visit, assessment = find_assessment(anew.facts, place)
    then = sent_when_told(visit, assessment, attempt, anew.facts.now)
    return held.submitted_at if then else None


def _settle(document: ScheduleWrite, visit: VisitFacts, sent: Collection[UUID]) -> None:
    """Remind of nothing where nothing is owed any more."""
    asked = zip(visit.assessments, document.assessments, strict=True)
    if all(old.declined_at is not None or new.id in sent for old, new in asked):
        document.reminders = []
