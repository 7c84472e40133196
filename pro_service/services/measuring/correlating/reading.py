"""Reads the scores and values a question is about, set by set, and pairs them.

A handful of statements, however many participants there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.catalog.endpoint_files import load_endpoint_rules
from pro_service.domain.endpoints.change import Measurement, injection_at
from pro_service.domain.endpoints.groups import counted
from pro_service.domain.endpoints.plan import AnalysisPlan
from pro_service.domain.endpoints.rules import EndpointRules
from pro_service.domain.endpoints.table import EndpointRow, endpoint_rows
from pro_service.domain.endpoints.visits import BASELINE
from pro_service.domain.measures.analyses import Question
from pro_service.domain.measures.measuring import Measuring
from pro_service.domain.measures.pairing import Of, Pairing, ScoreOn, ValueOn, pair
from pro_service.domain.measures.values import Measured, standing_values
from pro_service.domain.study.facts import KNEES, EventFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.measuring.correlating.question import Terms
from pro_service.store.connection import Connection
from pro_service.store.measuring import correlations as store
from pro_service.store.measuring.correlations import PersonBeside, ScoreBeside
from pro_service.store.measuring.measurements import list_measurements


@dataclass(frozen=True, slots=True)
class By:
    """What pairs are made by."""

    as_of: datetime
    """Study time: what was recorded until then."""
    plan: AnalysisPlan | None
    """The analysis plan in force then."""
    within_days: int
    measuring: Measuring | None
    """The protocol's word on measures: which of several readers' values stands."""
    seen: bool
    """Only of participants whose scores are seen from the seat this connection is of."""

    @property
    def rules(self) -> EndpointRules:
        """The plan's rules, else the installation's."""
        return load_endpoint_rules() if self.plan is None else self.plan.rules


@dataclass(frozen=True, slots=True)
class Beside:
    """Scores and values set beside each other."""

    pairing: Pairing
    undecided: int
    """Assessments with several sittings whose record is chosen when their visit closes (R3)."""
    not_counted: int
    """Assessments whose score does not count: not scorable, kept apart, or not in the plan."""


async def read_beside(
    connection: Connection, context: ServiceContext, study_id: UUID, terms: Terms, by: By
) -> Beside:
    """All pairs there are for a question. Seven statements at most, and one for each protocol
    version not read before."""
    people = {
        one.id: one for one in await store.list_people(connection, study_id, by.as_of, seen=by.seen)
    }
    scale = (terms.question.instrument, terms.question.scale)
    scores = await store.list_scores(connection, study_id, people, scale, by.as_of, seen=by.seen)
    events = await store.list_injections(connection, study_id, people, by.as_of)
    versions = {one.protocol_version_id for one in people.values()}
    protocols = {one: await context.reader.protocol(connection, study_id, one) for one in versions}
    values = await _values(connection, study_id, terms.question, by, people)
    kept = counted(by.rules, (one.score for one in scores))
    standing = {id(one) for one in kept.scores}
    by_person: dict[UUID, list[ScoreBeside]] = defaultdict(list)
    for one in scores:
        if id(one.score) in standing and one.answered_at is not None:
            by_person[one.score.participant_id].append(one)
    persons = [
        _Person(person, events.get(person.id, []), protocols[person.protocol_version_id])
        for person in people.values()
    ]
    scored = [
        found
        for person in persons
        for found in person.scores(terms, by.rules, by_person[person.person.id])
    ]
    injected = {of: day for person in persons for of, day in person.injected()}
    asked = len({one.score.assessment_id for one in scores})
    return Beside(
        pair(scored, values, injected, by.within_days),
        kept.undecided,
        asked - kept.undecided - len(kept.scores),
    )


async def _values(
    connection: Connection,
    study_id: UUID,
    question: Question,
    by: By,
    people: Mapping[UUID, PersonBeside],
) -> list[ValueOn]:
    """The values that stand of the measure, of one part of each knee."""
    wanted = (question.measure, question.region, question.layer)
    found: dict[UUID, list[Measured]] = defaultdict(list)
    for one in await list_measurements(connection, study_id, by.as_of):
        measured = one.measured
        part = (measured.measure, measured.region, measured.layer)
        if part == wanted and one.participant_id in people:
            found[one.participant_id].append(measured)
    return [
        ValueOn(Of(people[who].code, one.target), one.measured_on, one.value, one.gap)
        for who, several in found.items()
        for one in _standing(several, by.measuring)
    ]


def _standing(several: Sequence[Measured], measuring: Measuring | None) -> list[Measured]:
    """One value for each spot; without a word of the protocol the mean of its readers."""
    if measuring is None:
        return standing_values(several, "mean")
    return standing_values(several, measuring.readers_rule, measuring.differs_beyond)


class _Person:
    """One participant: their zone, injections and protocol version."""

    def __init__(
        self, person: PersonBeside, events: Sequence[EventFacts], protocol: Protocol
    ) -> None:
        self.person, self.events, self.protocol = person, events, protocol
        self.zone: ZoneInfo = zone(person.zone)

    def injected(self) -> Iterator[tuple[Of, date]]:
        """On which of their days each knee was injected first."""
        for target in (*KNEES, "person"):
            at = injection_at(self.events, target)
            if at is not None:
                yield Of(self.person.code, target), local_day(at, self.zone)

    def scores(
        self, terms: Terms, rules: EndpointRules, found: Iterable[ScoreBeside]
    ) -> Iterator[ScoreOn]:
        """What counts of them, each at its analysis visit, as exports have it."""
        measured = [one for one in (_measurement(terms, each) for each in found) if one]
        rows = endpoint_rows(rules, self.protocol, self.events, measured, self.zone)
        days = dict(self.injected())
        for row in rows:
            one = row.measured
            value = one.normalised if terms.scored.normalisation == "0-100" else one.raw
            of = Of(self.person.code, one.target)
            if value is not None:
                yield ScoreOn(
                    of,
                    local_day(one.answered_at, self.zone),
                    Decimal(value.numerator) / Decimal(value.denominator),
                    row.analysis_visit,
                    _days_off(row, days.get(of)),
                )


def _days_off(row: EndpointRow, injected_on: date | None) -> int:
    """How far an answer is from the day its analysis visit aims at; the baseline aims at the
    injection, so that the last before it is the nearest."""
    if row.analysis_visit == BASELINE and injected_on is not None and row.study_day is not None:
        return -row.study_day
    return abs(row.days_off or 0)


def _measurement(terms: Terms, one: ScoreBeside) -> Measurement | None:
    score = one.score
    if one.answered_at is None or score.basis is None:
        return None
    return Measurement(
        target=score.target,
        instrument=terms.instrument.id,
        scale=terms.scored.code,
        direction=terms.instrument.direction_of(terms.scored),
        visit=score.definition,
        occurrence=score.occurrence,
        answered_at=one.answered_at,
        opens_at=one.opens_at,
        closes_at=one.closes_at,
        raw=score.raw,
        normalised=score.normalised,
        basis=score.basis,
        mode=score.mode,
        respondent=score.respondent,
    )
