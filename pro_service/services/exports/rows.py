"""One participant's rows: scores with their endpoints, items, responders. Touches no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import groupby
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.endpoints.change import Measurement, injection_at, study_day
from pro_service.domain.endpoints.rules import EndpointRules
from pro_service.domain.endpoints.table import (
    EndpointRow,
    Place,
    endpoint_rows,
    speaks_for_a_domain,
    visit_responses,
)
from pro_service.domain.instruments.model import Instrument, Scale, Total
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.instruments.scoring import as_decimal, score
from pro_service.domain.instruments.values import readable
from pro_service.domain.study.assessments import AssessmentState, assessment_state
from pro_service.domain.study.facts import KNEES, EventFacts, Status, StatusFacts, Window
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.sittings import (
    Due,
    SittingTimes,
    is_settled,
    sitting_facts,
    standing_sitting,
)
from pro_service.domain.study.sittings.progress import Progress
from pro_service.domain.study.statuses import Standing, standing
from pro_service.domain.study.times import local_day, zone
from pro_service.services.exports.cells import (
    as_decimal_text,
    as_figure,
    as_fraction,
    as_instant,
    yes_or_no,
)
from pro_service.services.exports.columns import Cell
from pro_service.store.exports.export import (
    ExportedAnswer,
    ExportedAssessment,
    ExportedParticipant,
    ExportedScore,
)

Row = dict[str, Cell]
_BASES: Final = ("complete", "unsent", "partial")
WITHDREW = "withdrew_data_use"


@dataclass(frozen=True)
class Snapshot:
    """What holds for every row of an export."""

    database: str
    study: str
    as_of: datetime
    instruments: Mapping[str, Instrument]
    rules: EndpointRules
    flagged: frozenset[str] = frozenset()
    """Kinds of events of the protocol's own that the analysis plan names."""


@dataclass(frozen=True)
class ParticipantData:
    """All of one participant, as it stood."""

    participant: ExportedParticipant
    protocol: Protocol
    assessments: Sequence[ExportedAssessment]
    answers: Sequence[ExportedAnswer]
    scores: Sequence[ExportedScore]


@dataclass
class ParticipantRows:
    """One participant's rows, by file."""

    scores: list[Row]
    items: list[Row]
    endpoints: list[Row]


def participant_rows(snapshot: Snapshot, data: ParticipantData) -> ParticipantRows:
    """Every row of one participant.

    Of somebody who withdrew the use of the data the rows stay, with that as the reason, and
    every answer and score is left out.
    """
    reader = _Reader(snapshot, data)
    rows = ParticipantRows([], [], [])
    placed: list[tuple[Row, Measurement | None]] = []
    for one in reader.assessments:
        instrument = snapshot.instruments.get(one.instrument)
        if instrument is not None:
            rows.items += [reader.item(one, instrument, item.code) for item in instrument.items]
            placed += [reader.score(one, instrument, scored) for scored in instrument.results]
    measured = [measurement for _, measurement in placed if measurement is not None]
    derived = dict(
        zip(
            map(id, measured),
            endpoint_rows(snapshot.rules, data.protocol, reader.events, measured, reader.zone),
            strict=True,
        )
    )
    for row, measurement in placed:
        found = None if measurement is None else derived[id(measurement)]
        rows.scores.append(row | _endpoint_cells(found))
    asked = [] if reader.withdrew else reader.places_missed()
    for response in visit_responses(snapshot.rules, reader.events, measured, asked):
        rows.endpoints.append(
            reader.where(response.target, response.visit, response.occurrence)
            | {
                "responder": response.responder.outcome,
                "path": response.responder.path,
                "reason": response.responder.reason,
            }
        )
    return rows


class _Reader:
    """Puts one participant's records together, assessment by assessment."""

    def __init__(self, snapshot: Snapshot, data: ParticipantData) -> None:
        self.snapshot, self.data = snapshot, data
        self.zone: ZoneInfo = zone(data.participant.zone)
        self.events = tuple(EventFacts.model_validate(each) for each in data.participant.events)
        statuses = [StatusFacts.model_validate(each) for each in data.participant.statuses]
        self.standing: Standing = standing(statuses, snapshot.as_of, self.events)
        self.withdrew = any(
            each.status is Status.withdrew_data_use and each.effective_at <= snapshot.as_of
            for each in statuses
        )
        self.answers: dict[UUID, dict[str, ExportedAnswer]] = {}
        for answer in data.answers:
            self.answers.setdefault(answer.attempt_id, {})[answer.item] = answer
        self.scores = {(one.attempt_id, one.basis, one.scale): one for one in data.scores}
        self.assessments = [
            self._standing(list(sittings))
            for _, sittings in groupby(data.assessments, key=lambda one: one.id)
        ]
        """Every assessment once, with the sitting that stood."""

    def where(self, target: str, visit: str, occurrence: int) -> Row:
        return {
            "database": self.snapshot.database,
            "study": self.snapshot.study,
            "participant": self.data.participant.code,
            "site": self.data.participant.site,
            "target": target,
            "visit": visit,
            "occurrence": occurrence,
        }

    def _standing(self, sittings: Sequence[ExportedAssessment]) -> ExportedAssessment:
        """Of the sittings at one assessment the one written down, else the one the rule chooses."""
        chosen = next((one for one in sittings if one.chosen), None)
        instrument = self.snapshot.instruments.get(sittings[0].instrument)
        if chosen is not None or len(sittings) == 1 or instrument is None:
            return chosen or sittings[-1]
        first, as_of = sittings[0], self.snapshot.as_of
        closed_at = first.closes_at if first.closes_at and first.closes_at <= as_of else None
        every = [
            sitting_facts(times, instrument, self._values(one))
            for one in sittings
            if (times := self._times(one)) is not None
        ]
        found = standing_sitting(every, Due(first.target_on, self.zone, closed_at))
        return next(one for one in sittings if found is None or one.attempt_id == found.id)

    def _times(self, one: ExportedAssessment) -> SittingTimes | None:
        if one.attempt_id is None or one.sitting is None or one.started_at is None:
            return None
        last = self._last_answer_at(one)
        return SittingTimes(one.attempt_id, one.sitting, one.started_at, one.submitted_at, last)

    def given(self, one: ExportedAssessment) -> dict[str, ExportedAnswer]:
        """The answers of the sitting that stood."""
        return {} if one.attempt_id is None else self.answers.get(one.attempt_id, {})

    def state(self, one: ExportedAssessment) -> AssessmentState:
        given = self.given(one).values()
        progress = Progress(
            submitted_at=one.submitted_at,
            declined_at=one.declined_at,
            begun=bool(given),
            answered=any(each.value is not None for each in given),
            settled=self._is_settled(one),
        )
        window = Window(one.opens_at, one.closes_at, one.provisional)
        return assessment_state(window, progress, self.standing, self.snapshot.as_of)

    def places_missed(self) -> list[Place]:
        """Knees and visits after the injection that asked for a domain and are over unanswered."""
        over = {AssessmentState.missed, AssessmentState.partial, AssessmentState.declined}
        found: dict[Place, None] = {}
        for one in self.assessments:
            injected_at = injection_at(self.events, one.target)
            after = injected_at is not None and (
                one.closes_at is None or one.closes_at > injected_at
            )
            asks = speaks_for_a_domain(self.snapshot.rules, one.instrument)
            state = self.state(one)
            # What is answered and not sent may yet be sent while the visit takes answers.
            is_over = state in over or (state is AssessmentState.unsent and self._is_over(one))
            if one.target in KNEES and after and asks and is_over:
                found[one.target, one.definition, one.occurrence] = None
        return list(found)

    def _is_settled(self, one: ExportedAssessment) -> bool:
        """Whether all that was asked is answered in the sitting that stood."""
        instrument = self.snapshot.instruments.get(one.instrument)
        return instrument is not None and is_settled(instrument, self._values(one))

    def _is_over(self, one: ExportedAssessment) -> bool:
        """Whether the visit takes no more answers."""
        closed = one.closes_at is not None and one.closes_at <= self.snapshot.as_of
        return closed or self.standing.ended_at is not None

    def answered_at(self, one: ExportedAssessment) -> datetime | None:
        return self._last_answer_at(one) or one.submitted_at

    def _last_answer_at(self, one: ExportedAssessment) -> datetime | None:
        return max((each.answered_at for each in self.given(one).values()), default=None)

    def _values(self, one: ExportedAssessment) -> dict[str, Value | None]:
        return {code: answer.value for code, answer in self.given(one).items()}

    def when(self, one: ExportedAssessment) -> Row:
        at = self.answered_at(one)
        injected_at = injection_at(self.events, one.target)
        day = None if at is None else local_day(at, self.zone)
        return {
            "answered_at": as_instant(at),
            "answered_on": None if day is None else day.isoformat(),
            "study_day": None
            if day is None or injected_at is None
            else study_day(day, local_day(injected_at, self.zone)),
        }

    def how(self, one: ExportedAssessment) -> Row:
        names = (
            *("mode", "respondent", "respondent_relation", "entered_by", "interviewer"),
            *("not_for_analysis", "authentication", "language"),
            *("sitting", "moved_from", "release", "instrument_sha256", "wording_sha256"),
        )
        cells: Row = {name: getattr(one, name) for name in names}
        return cells | {
            "second_entry": self._second_entry(one),
            "card_shown_at": as_instant(one.card_shown_at),
            "protocol_sha256": self.data.participant.protocol_sha256,
        }

    def _second_entry(self, one: ExportedAssessment) -> str | None:
        """Whether paper that is typed twice is verified; None: nobody asks for it."""
        sent_paper = one.mode == "paper" and one.submitted_at is not None
        asked = sent_paper and self.data.protocol.use(one.instrument).second_entry
        if one.second_entry is None and not asked:
            return None
        return "verified" if one.second_entry == "verified" else "not verified"

    def item(self, one: ExportedAssessment, instrument: Instrument, code: str) -> Row:
        answer = self.given(one).get(code)
        state = self.state(one)
        if self.withdrew:
            reason: str | None = WITHDREW
        elif answer is not None:
            reason = answer.gap
        else:
            reason = str(state) if one.attempt_id is None else "not_reached"
        return (
            self.where(one.target, one.definition, one.occurrence)
            | {
                "instrument": one.instrument,
                "instrument_version": instrument.version,
                "item": code,
                "state": str(state),
                "value": _written(None if answer is None or self.withdrew else answer.value),
                "missing_reason": reason,
                "received_at": None if answer is None else as_instant(answer.received_at),
                "corrections": None if answer is None else answer.corrections,
            }
            | self.when(one)
            | self.how(one)
        )

    def score(
        self, one: ExportedAssessment, instrument: Instrument, scored: Scale | Total
    ) -> tuple[Row, Measurement | None]:
        stored = self._stored(one, scored.code)
        shown = None if self.withdrew else stored
        state = self.state(one)
        row = (
            self.where(one.target, one.definition, one.occurrence)
            | {
                "visit_target_on": one.target_on.isoformat(),
                "visit_opens_at": as_instant(one.opens_at),
                "visit_closes_at": as_instant(one.closes_at),
                "instrument": one.instrument,
                "instrument_version": instrument.version
                if stored is None
                else stored.instrument_version,
                "scale": scored.code,
                "state": str(state),
                "basis": None if stored is None else stored.basis,
                "raw": None if shown is None else as_decimal_text(shown.raw),
                "score_0_100": None if shown is None else as_decimal_text(shown.normalised),
                "lowest": scored.minimum if stored is None else stored.lowest,
                "highest": scored.maximum if stored is None else stored.highest,
                "direction": instrument.direction_of(scored),
                "answered": None if shown is None else shown.answered,
                "imputed": None if shown is None else shown.substituted,
                "missing_reason": self._why_absent(stored, state),
                "scoring_version": None if stored is None else stored.scoring_version,
                "score_revision": None if stored is None else stored.revision,
            }
            | self.when(one)
            | self.how(one)
        )
        at = self.answered_at(one)
        if shown is None or at is None or one.not_for_analysis is not None:
            return row, None
        raw, normalised = self._exact(one, instrument, shown)
        return row, Measurement(
            target=one.target,
            instrument=one.instrument,
            scale=scored.code,
            direction=instrument.direction_of(scored),
            visit=one.definition,
            occurrence=one.occurrence,
            answered_at=at,
            opens_at=one.opens_at,
            closes_at=one.closes_at,
            raw=raw,
            normalised=normalised,
            basis=shown.basis,
            mode=one.mode,
            respondent=one.respondent,
        )

    def _stored(self, one: ExportedAssessment, scale: str) -> ExportedScore | None:
        """The sitting's score: of the whole if it was submitted, else of what there is."""
        if one.attempt_id is None:
            return None
        found = (self.scores.get((one.attempt_id, basis, scale)) for basis in _BASES)
        return next((stored for stored in found if stored is not None), None)

    def _why_absent(self, stored: ExportedScore | None, state: AssessmentState) -> str | None:
        if self.withdrew:
            return WITHDREW
        if stored is not None:
            return stored.absent_reason
        submitted = state in (AssessmentState.completed, AssessmentState.late)
        return "not_scored" if submitted else str(state)

    def _exact(
        self, one: ExportedAssessment, instrument: Instrument, stored: ExportedScore
    ) -> tuple[Fraction | None, Fraction | None]:
        """The score as a fraction, from the answers, if those give what is stored.

        Twelve places can miss a bound that the exact score meets.
        """
        for exact in score(instrument, readable(instrument, self._values(one))):
            raw = exact.raw
            if exact.scale == stored.scale and raw is not None and as_decimal(raw) == stored.raw:
                return raw, exact.normalised
        return as_fraction(stored.raw), as_fraction(stored.normalised)


def _written(value: Value | None) -> str | None:
    """An answer as it stands in a table: its gap says why there is none."""
    return None if value is None else str(value)


def _endpoint_cells(found: EndpointRow | None) -> Row:
    if found is None:
        when = ("in_window", "analysis_visit", "is_baseline")
        figures = ("baseline_raw", "change_raw", "baseline_0_100", "change_0_100")
        derived = ("percent_improvement", "average_0_100", "thresholds")
        return dict.fromkeys((*when, *figures, *derived))
    reached = {
        name: "unknown" if met is None else yes_or_no(met) for name, met in found.thresholds.items()
    }
    return {
        "in_window": yes_or_no(found.in_window),
        "analysis_visit": found.analysis_visit,
        "is_baseline": yes_or_no(found.is_baseline),
        "baseline_raw": as_figure(found.baseline_raw),
        "change_raw": as_figure(found.change_raw),
        "baseline_0_100": as_figure(found.baseline),
        "change_0_100": as_figure(found.change),
        "percent_improvement": as_figure(found.percent_improvement),
        "average_0_100": as_figure(found.average),
        "thresholds": "; ".join(f"{name}={met}" for name, met in reached.items()),
    }
