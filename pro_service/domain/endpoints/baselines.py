"""Where everything stood before the injection: what safety rules about a change compare with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.endpoints.change import injection_at
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.instruments.scoring import score
from pro_service.domain.instruments.values import readable
from pro_service.domain.record import Record
from pro_service.domain.study.facts import KNEES, EventFacts, Target
from pro_service.domain.study.protocol import Safety, SafetyRule
from pro_service.domain.study.safety import Baseline, Place
from pro_service.domain.study.sittings import Due, SittingTimes, sitting_facts, standing_sitting

TARGETS: tuple[Target, ...] = (*KNEES, "person")


class CompleteSitting(Record):
    """One sitting that was sent in, with the answers that stand in it; gaps are not in it."""

    target: Target
    instrument: str
    visit: str
    """The visit definition that asked."""
    submitted_at: datetime
    answers: dict[str, Value]


class SentSitting(CompleteSitting):
    """The same with what tells whether it is the one that stands at its assessment."""

    assessment_id: UUID
    id: UUID
    ordinal: int
    started_at: datetime
    last_answer_at: datetime | None
    target_on: date
    """The visit's target day, in the participant's zone."""
    closes_at: datetime | None
    chosen_id: UUID | None
    """The sitting written down as the record, where it may be another; None: to be derived."""

    @property
    def times(self) -> SittingTimes:
        """What the choice among sittings asks of it beside its answers."""
        return SittingTimes(
            self.id, self.ordinal, self.started_at, self.submitted_at, self.last_answer_at
        )


def standing_of(
    sittings: Iterable[SentSitting],
    instruments: Mapping[str, Instrument],
    zone: ZoneInfo,
    now: datetime,
) -> tuple[SentSitting, ...]:
    """Return those that stand, one an assessment; `zone` is the participant's.

    Others than sent ones stand before none of these, unless that was chosen at closing.
    """
    by_assessment: dict[UUID, list[SentSitting]] = {}
    for one in sittings:
        by_assessment.setdefault(one.assessment_id, []).append(one)
    standing: list[SentSitting] = []
    for found in by_assessment.values():
        first = found[0]
        standing_id, instrument = first.chosen_id, instruments.get(first.instrument)
        if standing_id is None and len(found) == 1:
            standing_id = first.id
        elif standing_id is None and instrument is not None:
            closed = first.closes_at is not None and first.closes_at <= now
            due = Due(first.target_on, zone, first.closes_at if closed else None)
            chosen = standing_sitting(
                [sitting_facts(one.times, instrument, one.answers) for one in found], due
            )
            standing_id = None if chosen is None else chosen.id
        standing += [one for one in found if one.id == standing_id]
    return tuple(standing)


def compared_instruments(safety: Safety, rules: Iterable[SafetyRule]) -> tuple[str, ...]:
    """Return the instruments whose baseline some of the study's `rules` compare with, each once."""
    found = {
        safety.compared_with(rule, instrument)
        for rule in rules
        if rule.is_about_change
        for instrument in rule.instruments
    }
    return tuple(sorted(found))


def last_injection_at(events: Sequence[EventFacts]) -> datetime | None:
    """Return when the later knee was first injected: nothing after it is a baseline of anything."""
    instants = [injection_at(events, target) for target in TARGETS]
    return max((one for one in instants if one is not None), default=None)


def baselines(
    safety: Safety,
    instruments: Mapping[str, Instrument],
    sittings: Iterable[CompleteSitting],
    events: Sequence[EventFacts],
) -> dict[Target, Baseline]:
    """Return each target's baseline: of every item and scale the last value before its injection.

    `sittings` are those that stand (`standing_of`).
    A sitting in which a scale could not be scored leaves an earlier score standing, and so with an
    item. Answers this release's instrument would refuse are left out.
    """
    items: dict[Target, dict[Place, Value]] = {target: {} for target in TARGETS}
    scores: dict[Target, dict[Place, Fraction]] = {target: {} for target in TARGETS}
    for sitting in sorted(sittings, key=lambda one: one.submitted_at):
        injected_at = injection_at(events, sitting.target)
        instrument = instruments.get(sitting.instrument)
        if instrument is None or injected_at is None or sitting.submitted_at >= injected_at:
            continue
        if safety.baseline_visit not in (None, sitting.visit):
            continue
        answers = {
            code: value
            for code, value in readable(instrument, sitting.answers).items()
            if value is not None
        }
        items[sitting.target] |= {(instrument.id, code): value for code, value in answers.items()}
        scores[sitting.target] |= {
            (instrument.id, one.scale): one.raw
            for one in score(instrument, answers)
            if one.raw is not None
        }
    return {target: Baseline(items[target], scores[target]) for target in TARGETS}
