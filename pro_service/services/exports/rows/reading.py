"""One participant's data put together, assessment by assessment. Touches no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.endpoints.change import injection_at, study_day
from pro_service.domain.endpoints.rules import EndpointRules
from pro_service.domain.endpoints.table import Place, speaks_for_a_domain
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.measures.model import Measure
from pro_service.domain.study.assessments import AssessmentState, assessment_state
from pro_service.domain.study.facts import KNEES, EventFacts, Status, StatusFacts, Target, Window
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.sittings import (
    Due,
    SittingTimes,
    StandingReason,
    is_settled,
    sitting_facts,
    standing_sitting,
)
from pro_service.domain.study.sittings.progress import Progress
from pro_service.domain.study.statuses import Standing, standing
from pro_service.domain.study.times import local_day, zone
from pro_service.services.exports.columns import Row
from pro_service.store.exports.export import (
    ExportedAnswer,
    ExportedAssessment,
    ExportedParticipant,
    ExportedScore,
)

WITHDREW: Final = "withdrew_data_use"
Scores = Mapping[tuple[str, str], ExportedScore]
"""A sitting's scores, by basis and scale."""


@dataclass(frozen=True)
class Snapshot:
    """What holds for every row of an export."""

    database: str
    study: str
    as_of: datetime
    instruments: Mapping[str, Instrument]
    rules: EndpointRules
    measures: Mapping[str, Measure] = field(default_factory=dict)
    flagged: frozenset[str] = frozenset()
    """Kinds of events of the protocol's own that the analysis plan names."""
    informed: bool = False
    """Whether participants see their own scores over time from the start (R21)."""


@dataclass(frozen=True)
class ParticipantData:
    """All of one participant's answers, as they stood."""

    participant: ExportedParticipant
    protocol: Protocol
    assessments: Sequence[ExportedAssessment]
    answers: Sequence[ExportedAnswer]
    scores: Sequence[ExportedScore]


class Person:
    """One participant, and what every row about them begins with."""

    def __init__(self, snapshot: Snapshot, participant: ExportedParticipant) -> None:
        """Read the facts that stand in it as documents."""
        self.snapshot, self.participant = snapshot, participant
        self.zone: ZoneInfo = zone(participant.zone)
        self.events = tuple(EventFacts.model_validate(each) for each in participant.events)
        self.statuses = [StatusFacts.model_validate(each) for each in participant.statuses]
        """In the order of record."""
        self.standing: Standing = standing(self.statuses, snapshot.as_of, self.events)
        self.withdrew = any(
            each.status is Status.withdrew_data_use and each.effective_at <= snapshot.as_of
            for each in self.statuses
        )
        self.cells: Row = (snapshot.database, snapshot.study, participant.code, participant.site)
        """The columns of whose row it is."""
        self.injected_at: dict[Target, datetime | None] = {
            target: injection_at(self.events, target) for target in (*KNEES, "person")
        }
        """When each knee, or the first of them, was first injected."""
        self._injected_on = {
            target: None if at is None else self.day(at) for target, at in self.injected_at.items()
        }

    def day(self, at: datetime) -> date:
        """An instant as a day of the participant's calendar."""
        return local_day(at, self.zone)

    def study_day(self, target: Target, day: date | None) -> int | None:
        """The day counted from the knee's injection; None before there was one."""
        injected_on = self._injected_on[target]
        return None if injected_on is None or day is None else study_day(day, injected_on)


class Sitting:
    """An assessment with one of its sittings, and what follows from both, worked out once."""

    def __init__(
        self,
        reading: Reading,
        asked: ExportedAssessment,
        instrument: Instrument | None,
        given: Mapping[str, ExportedAnswer],
        scores: Scores,
    ) -> None:
        """`given` are the sitting's answers by item."""
        self.reading, self.asked, self.instrument, self.given = reading, asked, instrument, given
        self.scores = scores
        self.values = {code: answer.value for code, answer in given.items()}
        self.stands_because: str | None = None
        """Why it is the record (R3); None: it is not, or nobody began one."""
        person = reading.person
        last = max([each.answered_at for each in given.values()], default=None)
        self.last_answer_at = last
        self.answered_at = last or asked.submitted_at
        self.progress = Progress(
            submitted_at=asked.submitted_at,
            declined_at=asked.declined_at,
            begun=bool(given),
            answered=any(value is not None for value in self.values.values()),
            settled=instrument is not None and is_settled(instrument, self.values),
        )
        """How far the assessment has come, if this is the sitting that stands."""
        window = Window(asked.opens_at, asked.closes_at, asked.provisional)
        as_of = person.snapshot.as_of
        self.state = assessment_state(window, self.progress, person.standing, as_of)
        """The state of the assessment, if this is the sitting that stands."""
        self.answered_on = None if self.answered_at is None else person.day(self.answered_at)
        """The day of its last answer, of the participant's calendar."""
        self.where: Row = (*person.cells, asked.target, asked.definition, asked.occurrence)
        day = self.answered_on
        self.when: Row = (self.answered_at, day, person.study_day(asked.target, day))
        """The columns of when it was answered."""
        self.how: Row = (
            *(asked.mode, asked.respondent, asked.respondent_relation, asked.entered_by),
            *(asked.interviewer, asked.not_for_analysis, self._second_entry()),
            *(asked.authentication, asked.card_shown_at, asked.language, asked.sitting),
            *(asked.moved_from, asked.release, asked.instrument_sha256, asked.wording_sha256),
            person.participant.protocol_sha256,
        )
        """The columns of how it was answered."""

    def _second_entry(self) -> str | None:
        """Whether paper that is typed twice is verified; None: nobody asks for it."""
        one = self.asked
        sent_paper = one.mode == "paper" and one.submitted_at is not None
        asked = sent_paper and self.reading.protocol.use(one.instrument).second_entry
        if one.second_entry is None and not asked:
            return None
        return "verified" if one.second_entry == "verified" else "not verified"


class Reading:
    """One participant's assessments, each with the sitting that stood and those that did not."""

    def __init__(self, snapshot: Snapshot, data: ParticipantData) -> None:
        """Put the records together."""
        self.snapshot, self.protocol = snapshot, data.protocol
        self.person = Person(snapshot, data.participant)
        # They come sitting by sitting: an id is looked up once for each, which takes a while.
        self._scores: dict[UUID, Scores] = {
            attempt_id: {(one.basis, one.scale): one for one in scores}
            for attempt_id, scores in groupby(data.scores, key=lambda one: one.attempt_id)
        }
        self._answers: dict[UUID, Mapping[str, ExportedAnswer]] = {
            attempt_id: {one.item: one for one in answers}
            for attempt_id, answers in groupby(data.answers, key=lambda one: one.attempt_id)
        }
        self.every: list[list[Sitting]] = [
            [self._sitting(one) for one in sittings]
            for _, sittings in groupby(data.assessments, key=lambda one: one.id)
        ]
        """All sittings, by assessment."""
        self.standing = [self._standing(sittings) for sittings in self.every]
        """Every assessment once, with the sitting that stood."""

    def _sitting(self, one: ExportedAssessment) -> Sitting:
        instrument = self.snapshot.instruments.get(one.instrument)
        if one.attempt_id is None:
            return Sitting(self, one, instrument, {}, {})
        given = self._answers.get(one.attempt_id, {})
        return Sitting(self, one, instrument, given, self._scores.get(one.attempt_id, {}))

    def _standing(self, sittings: Sequence[Sitting]) -> Sitting:
        """Of the sittings at one assessment the one written down, else the one the rule chooses."""
        chosen = next((one for one in sittings if one.asked.chosen), None)
        if chosen is not None:
            chosen.stands_because = chosen.asked.chosen_because
            return chosen
        if len(sittings) == 1 or sittings[0].instrument is None:
            if sittings[-1].asked.attempt_id is not None:
                sittings[-1].stands_because = str(StandingReason.only)
            return sittings[-1]
        first, instrument = sittings[0].asked, sittings[0].instrument
        closed_at = (
            first.closes_at if first.closes_at and first.closes_at <= self.snapshot.as_of else None
        )
        every = [
            sitting_facts(times, instrument, one.values)
            for one in sittings
            if (times := _times(one)) is not None
        ]
        found = standing_sitting(every, Due(first.target_on, self.person.zone, closed_at))
        stands = next(one for one in sittings if found is None or one.asked.attempt_id == found.id)
        stands.stands_because = None if found is None else str(found.reason)
        return stands

    def places_missed(self) -> list[Place]:
        """Knees and visits after the injection that asked for a domain and are over unanswered."""
        over = {AssessmentState.missed, AssessmentState.partial, AssessmentState.declined}
        return list(dict.fromkeys(self._missed(over)))

    def _missed(self, over: Iterable[AssessmentState]) -> Iterable[Place]:
        for one in self.standing:
            asked = one.asked
            injected_at = self.person.injected_at[asked.target]
            after = injected_at is not None and (
                asked.closes_at is None or asked.closes_at > injected_at
            )
            if asked.target not in KNEES or not after:
                continue
            # What is answered and not sent may yet be sent while the visit takes answers.
            is_over = one.state in over or (
                one.state is AssessmentState.unsent and self._is_over(asked)
            )
            if is_over and speaks_for_a_domain(self.snapshot.rules, asked.instrument):
                yield asked.target, asked.definition, asked.occurrence

    def _is_over(self, one: ExportedAssessment) -> bool:
        """Whether the visit takes no more answers."""
        closed = one.closes_at is not None and one.closes_at <= self.snapshot.as_of
        return closed or self.person.standing.ended_at is not None


def _times(one: Sitting) -> SittingTimes | None:
    asked = one.asked
    if asked.attempt_id is None or asked.sitting is None or asked.started_at is None:
        return None
    return SittingTimes(
        asked.attempt_id, asked.sitting, asked.started_at, asked.submitted_at, one.last_answer_at
    )
