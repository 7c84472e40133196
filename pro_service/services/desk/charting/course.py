"""One participant's scores over time, with what the analysis plan makes of them.

Derived from what the desk read of the participant, so that nobody sees a value here whom the
database did not let see it there. Every rule is the export's: the sitting that stands, the
baseline, change, thresholds and responder. Unlike an export it shows what stands now, locked or
not, and sittings that do not count stand apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.catalog.endpoint_files import load_endpoint_rules
from pro_service.domain.endpoints.change import Measurement, injection_at
from pro_service.domain.endpoints.exact import StoredScore, exactly
from pro_service.domain.endpoints.responder import Responder
from pro_service.domain.endpoints.rules import EndpointRules, Threshold
from pro_service.domain.endpoints.table import EndpointRow, endpoint_rows, visit_responses
from pro_service.domain.instruments.model import Direction, Instrument, Scale, Total
from pro_service.domain.instruments.scoring import score_stored
from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.facts import EventFacts, Status, Target
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.timeline import Timeline
from pro_service.store.connection import Connection
from pro_service.store.desk.timeline import AnswerLine, AssessmentLine, ScoreLine, VisitLine

_BASES: Final = ("complete", "unsent", "partial")
_OVER: Final = frozenset(
    {
        *(AssessmentState.completed, AssessmentState.late, AssessmentState.declined),
        *(AssessmentState.missed, AssessmentState.unsent, AssessmentState.partial),
    }
)
"""States in which a value that is not there is missing; in the others it may come."""


class Entry(NamedTuple):
    """One scale at one visit: its value, or why there is none."""

    visit: VisitLine
    target: Target
    day: date
    """When it was answered, of what is missing when it was wanted; the participant's own day."""
    value: Fraction | None
    """On the course's own range."""
    missing: str | None
    """Why there is no value: a state, or why it cannot be scored."""
    row: EndpointRow | None
    """What the plan makes of it; None: of nothing, or of an entry kept apart."""
    counts: bool
    """Whether the value is of the analysis: unsent, unfinished and kept-apart ones are not."""
    basis: str
    responder: Responder | None


@dataclass(frozen=True)
class Course:
    """One scale over time, of every knee it was asked of, or of the person."""

    instrument: str
    scale: str
    direction: Direction
    normalised: bool
    """Whether values are places on 0-100; else raw ones, from `lowest` to `highest`."""
    lowest: int
    highest: int
    entries: Mapping[Target, tuple[Entry, ...]]
    """By day."""
    thresholds: tuple[Threshold, ...]
    windows: tuple[VisitLine, ...]
    """The visits that ask for it."""

    def baseline(self, target: Target) -> Entry | None:
        """What changes of this knee are measured from."""
        return next((one for one in self.entries[target] if one.row and one.row.is_baseline), None)

    def levels(self, target: Target) -> tuple[tuple[Threshold, Fraction], ...]:
        """Where each threshold of this knee lies on the range, from its baseline on."""
        base = self.baseline(target)
        if base is None or base.value is None or self.direction == "none":
            return ()
        sign = 1 if self.direction == "higher is better" else -1
        mine = "0-100" if self.normalised else "raw"
        return tuple(
            (one, base.value + sign * Fraction(one.points))
            for one in self.thresholds
            if one.on == mine
        )


class Courses(NamedTuple):
    """All scales of one participant."""

    reference: date | None
    """The day of the first injection of any knee: day 1 of the time axis; None: none has been."""
    courses: tuple[Course, ...]
    withdrew: bool
    """They withdrew the use of the data: nothing is drawn."""


async def read_rules(
    connection: Connection, context: ServiceContext, study_id: UUID, now: datetime
) -> EndpointRules:
    """What scores are judged by: the analysis plan in force, else the installation's rules.

    One statement.
    """
    plan = await context.reader.plan(connection, study_id, now)
    return load_endpoint_rules() if plan is None else plan.plan.rules


def derive_courses(
    instruments: Mapping[str, Instrument], timeline: Timeline, rules: EndpointRules
) -> Courses:
    """Every scale over time; no scale for whoever may not see scores. Needs no connection."""
    document = timeline.document
    events = latest_events(timeline)
    first = injection_at(events, "person")
    reference = None if first is None else local_day(first, zone(document.zone))
    if _withdrew(timeline):
        return Courses(reference, (), withdrew=True)
    if not document.may_read_scores:
        return Courses(reference, (), withdrew=False)
    courses = tuple(_Deriving(instruments, timeline, rules).courses())
    return Courses(reference, courses, withdrew=False)


def latest_events(timeline: Timeline) -> tuple[EventFacts, ...]:
    """The last word on each event; without ids, which nothing here asks for."""
    latest = {(one.kind, one.ordinal): one for one in timeline.document.events}
    return tuple(
        EventFacts(
            id=UUID(int=0),
            kind=one.kind,
            ordinal=one.ordinal,
            target=one.target,
            planned_on=one.planned_on,
            occurred_at=one.occurred_at,
        )
        for one in latest.values()
    )


def _withdrew(timeline: Timeline) -> bool:
    """Whether the use of the data is withdrawn by now."""
    now = timeline.document.now
    return any(
        one.status is Status.withdrew_data_use and one.effective_at <= now
        for one in timeline.document.statuses
    )


def _judges(rules: EndpointRules, instrument: str, scale: str) -> bool:
    """Whether the responder is told by this scale."""
    named = () if rules.responder is None else chain(*rules.responder.scales.values())
    return any((one.instrument, one.scale) == (instrument, scale) for one in named)


class _Asked(NamedTuple):
    """One scale of one assessment, with the score of the sitting that stands."""

    visit: VisitLine
    asked: AssessmentLine
    scored: Scale | Total
    stored: ScoreLine | None
    measured: Measurement | None
    """None: there is no value, or it is of an entry the protocol keeps apart."""


class _Deriving:
    """Puts one participant's scores together."""

    def __init__(
        self, instruments: Mapping[str, Instrument], timeline: Timeline, rules: EndpointRules
    ) -> None:
        self.instruments, self.timeline, self.rules = instruments, timeline, rules
        self.zone = zone(timeline.document.zone)
        self.events = latest_events(timeline)
        self.scores: dict[UUID, dict[tuple[str, str], ScoreLine]] = defaultdict(dict)
        for one in timeline.document.scores:
            self.scores[one.attempt_id][one.basis, one.scale] = one
        self.answers: dict[UUID, list[AnswerLine]] = defaultdict(list)
        for answer in timeline.document.answers:
            if answer.stands:
                self.answers[answer.attempt_id].append(answer)

    def courses(self) -> Iterator[Course]:
        """In the order the scales were first asked."""
        every = list(self._every())
        measured = [one.measured for one in every if one.measured is not None]
        protocol, events = self.timeline.protocol, self.events
        rows = dict(
            zip(
                map(id, measured),
                endpoint_rows(self.rules, protocol, events, measured, self.zone),
                strict=True,
            )
        )
        responders = {
            (one.target, one.visit, one.occurrence): one.responder
            for one in visit_responses(self.rules, events, measured)
        }
        by_scale: dict[tuple[str, str], list[_Asked]] = defaultdict(list)
        for one in every:
            by_scale[one.asked.instrument, one.scored.code].append(one)
        for (instrument, _), of_scale in by_scale.items():
            yield self._course(self.instruments[instrument], of_scale, rows, responders)

    def _course(
        self,
        instrument: Instrument,
        of_scale: Sequence[_Asked],
        rows: Mapping[int, EndpointRow],
        responders: Mapping[tuple[Target, str, int], Responder],
    ) -> Course:
        scored = of_scale[0].scored
        judges = _judges(self.rules, instrument.id, scored.code)
        normalised = scored.normalisation == "0-100"
        entries: dict[Target, list[Entry]] = defaultdict(list)
        for one in of_scale:
            row = None if one.measured is None else rows[id(one.measured)]
            place = (one.asked.target, one.visit.definition, one.visit.occurrence)
            responder = responders.get(place) if judges else None
            entry = self._entry(one, normalised, row, responder)
            if entry is not None:
                entries[one.asked.target].append(entry)
        windows = {one.visit.id: one.visit for one in of_scale}
        return Course(
            instrument=instrument.id,
            scale=scored.code,
            direction=instrument.direction_of(scored),
            normalised=normalised,
            lowest=0 if normalised else scored.minimum,
            highest=100 if normalised else scored.maximum,
            entries={
                target: tuple(sorted(found, key=lambda each: each.day))
                for target, found in entries.items()
            },
            thresholds=tuple(
                each
                for each in self.rules.thresholds
                if instrument.id in each.instruments and each.scale == scored.code
            ),
            windows=tuple(windows.values()),
        )

    def _entry(
        self, one: _Asked, normalised: bool, row: EndpointRow | None, responder: Responder | None
    ) -> Entry | None:
        """None while there is nothing to show: it is still to come."""
        state, stored, measured = self.timeline.states.get(one.asked.id), one.stored, one.measured
        value = None
        if measured is not None:
            value = measured.normalised if normalised else measured.raw
        elif stored is not None:
            kept = stored.normalised if normalised else stored.raw
            value = None if kept is None else Fraction(kept)
        if value is None and state not in _OVER:
            return None
        missing = None
        if value is None:
            absent = None if stored is None else stored.absent_reason
            missing = absent or str(state)
        at = None if value is None else self._answered_at(one.asked)
        return Entry(
            visit=one.visit,
            target=one.asked.target,
            day=one.visit.target_on if at is None else local_day(at, self.zone),
            value=value,
            missing=missing,
            row=row,
            counts=measured is not None and measured.counts(self.rules),
            basis="complete" if stored is None else stored.basis,
            responder=responder,
        )

    def _every(self) -> Iterator[_Asked]:
        """Every scale that was asked, visit by visit, of what is not superseded."""
        for visit in self.timeline.document.visits:
            if visit.superseded_at is not None:
                continue
            for asked in visit.assessments:
                instrument = self.instruments.get(asked.instrument)
                for scored in () if instrument is None else instrument.results:
                    yield self._asked(visit, asked, scored)

    def _asked(self, visit: VisitLine, asked: AssessmentLine, scored: Scale | Total) -> _Asked:
        standing = self.timeline.standing.get(asked.id)
        stored = None
        if standing is not None:
            found = (self.scores[standing.id].get((basis, scored.code)) for basis in _BASES)
            stored = next((one for one in found if one is not None), None)
        measured = None if stored is None else self._measured(visit, asked, scored, stored)
        return _Asked(visit, asked, scored, stored, measured)

    def _measured(
        self, visit: VisitLine, asked: AssessmentLine, scored: Scale | Total, stored: ScoreLine
    ) -> Measurement | None:
        sitting = next(one for one in asked.sittings if one.id == stored.attempt_id)
        at = self._answered_at(asked)
        if at is None or sitting.apart is not None:
            return None
        instrument = self.instruments[asked.instrument]
        values = {one.item: one.value for one in self.answers[sitting.id]}
        raw, of_hundred = (
            None if text is None else Decimal(text) for text in (stored.raw, stored.normalised)
        )
        computed = score_stored(instrument, values)
        of_scale = next((one for one in computed if one.scale == scored.code), None)
        exact = exactly(of_scale, StoredScore(raw, of_hundred))
        return Measurement(
            target=asked.target,
            instrument=asked.instrument,
            scale=scored.code,
            direction=instrument.direction_of(scored),
            visit=visit.definition,
            occurrence=visit.occurrence,
            answered_at=at,
            opens_at=visit.opens_at,
            closes_at=visit.closes_at,
            raw=exact.raw,
            normalised=exact.normalised,
            basis=stored.basis,
            mode=sitting.mode,
            respondent=sitting.respondent.partition(".")[0],
        )

    def _answered_at(self, asked: AssessmentLine) -> datetime | None:
        """When the sitting that stands was answered last, as claimed; else when it was sent."""
        standing = self.timeline.standing.get(asked.id)
        if standing is None:
            return None
        last = max((one.answered_at for one in self.answers[standing.id]), default=None)
        sent = (one.submitted_at for one in asked.sittings if one.id == standing.id)
        return last or next(sent, None)
