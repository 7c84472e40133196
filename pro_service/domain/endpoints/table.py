"""One participant's endpoints: a row for each scale of each sitting, and one for each visit."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pro_service.domain.endpoints import change as derive
from pro_service.domain.endpoints.change import Measurement
from pro_service.domain.endpoints.curve import Point, time_averaged_areas
from pro_service.domain.endpoints.responder import ABSENT, DomainPair, Responder, burden, respond
from pro_service.domain.endpoints.rules import DOMAINS, DomainName, EndpointRules, ScaleName
from pro_service.domain.endpoints.visits import (
    BASELINE,
    AnalysisTarget,
    analysis_target,
    analysis_targets,
)
from pro_service.domain.study.facts import KNEES, EventFacts, Target
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import local_day

Key = tuple[Target, str, str]
"""Target, instrument, scale."""
Place = tuple[Target, str, int]
"""Target, visit definition, occurrence."""


class EndpointRow(NamedTuple):
    """What one measurement comes to. Figures of 0-100 scores unless their name says raw; None where
    they cannot be had: a scale without normalisation has raw figures and a percentage only."""

    measured: Measurement
    study_day: int | None
    """None before the knee's injection has happened."""
    in_window: bool
    is_baseline: bool
    analysis_visit: str | None
    is_analysis_record: bool = False
    """Whether it is the one value that stands for its analysis visit (ADaM's ANL01FL).

    Of those that count, the nearest to the visit's target day, then the earlier; before the
    injection, the baseline.
    """
    days_off: int | None = None
    """Days from the analysis visit's target day, -3 being three days before; None without one."""
    baseline: Fraction | None = None
    change: Fraction | None = None
    baseline_raw: Fraction | None = None
    change_raw: Fraction | None = None
    percent_improvement: Fraction | None = None
    average: Fraction | None = None
    """Area under the curve from baseline to here, divided by the days."""
    thresholds: Mapping[str, bool | None] = MappingProxyType({})


class VisitResponse(NamedTuple):
    """Whether one knee had responded by one visit."""

    target: Target
    visit: str
    occurrence: int
    responder: Responder
    pairs: Mapping[DomainName, DomainPair]
    """Each domain's baseline and value: what it was decided from."""


def endpoint_rows(
    rules: EndpointRules,
    protocol: Protocol,
    events: Sequence[EventFacts],
    measurements: Sequence[Measurement],
    zone: ZoneInfo,
) -> tuple[EndpointRow, ...]:
    """A row for each measurement, in the order given. Days are local to the participant's zone.

    What does not count by the rules has a row with its baseline, and nothing derived from it.
    """
    by = _Derived(rules, protocol, events, zone, _series(rules, measurements))
    return _with_records(rules, [_row(by, one) for one in measurements])


def _with_records(rules: EndpointRules, rows: Sequence[EndpointRow]) -> tuple[EndpointRow, ...]:
    """Flag one row for each scale and analysis visit, of those that count."""
    chosen: dict[tuple[Key, str], EndpointRow] = {}
    for row in sorted(rows, key=lambda row: row.measured.answered_at):
        if row.analysis_visit is None or not row.measured.counts(rules):
            continue
        if row.analysis_visit == BASELINE and not row.is_baseline:
            continue
        place = _key(row.measured), row.analysis_visit
        standing = chosen.setdefault(place, row)
        if abs(row.days_off or 0) < abs(standing.days_off or 0):
            chosen[place] = row
    flagged = {id(row) for row in chosen.values()}
    return tuple(
        row._replace(is_analysis_record=True) if id(row) in flagged else row for row in rows
    )


def visit_responses(
    rules: EndpointRules,
    events: Sequence[EventFacts],
    measurements: Sequence[Measurement],
    asked: Sequence[Place] = (),
) -> tuple[VisitResponse, ...]:
    """For each knee and each visit after its injection that measured a domain: responder or not.

    So too for the places `asked` names: visits at which nothing was answered. Nothing where the
    rules name no responder.
    """
    rule = rules.responder
    if rule is None:
        return ()
    by = _Domains(rules, events, _series(rules, measurements))
    found: dict[Place, None] = dict.fromkeys(asked)
    for one in measurements:
        if one.target in KNEES and (one.instrument, one.scale) in by.speaking:
            injected_at = by.injected_at[one.target]
            if injected_at is not None and one.answered_at >= injected_at:
                found[one.target, one.visit, one.occurrence] = None
    return tuple(
        VisitResponse(*place, respond(rule, pairs), pairs)
        for place in found
        for pairs in (by.pairs(place),)
    )


def _series(
    rules: EndpointRules, measurements: Sequence[Measurement]
) -> Mapping[Key, list[Measurement]]:
    """What counts, by scale and in the order answered."""
    series: dict[Key, list[Measurement]] = {}
    for one in sorted(measurements, key=lambda one: one.answered_at):
        if one.counts(rules):
            series.setdefault(_key(one), []).append(one)
    return series


def _key(one: Measurement) -> Key:
    return one.target, one.instrument, one.scale


def speaks_for_a_domain(rules: EndpointRules, instrument: str) -> bool:
    """Whether a scale of this instrument is one the responder is told by."""
    return any(
        name.instrument == instrument for domain in DOMAINS for name in _scales(rules, domain)
    )


def _scales(rules: EndpointRules, domain: DomainName) -> tuple[ScaleName, ...]:
    return () if rules.responder is None else rules.responder.scales.get(domain, ())


class _Curve:
    """One scale of one knee: its baseline, and the area under it up to each value after that."""

    def __init__(
        self, series: Sequence[Measurement], injected_at: datetime, zone: ZoneInfo
    ) -> None:
        """`series` is what counts of it, in the order answered."""
        self.base = derive.baseline(series, injected_at)
        after = [
            (one.answered_at, Point(local_day(one.answered_at, zone), one.normalised))
            for one in series
            if one.normalised is not None and (one is self.base or injected_at <= one.answered_at)
        ]
        self._times = [at for at, _ in after]
        self._averages = list(time_averaged_areas([point for _, point in after]))

    def average(self, at: datetime) -> Fraction | None:
        """The area from baseline to what was answered by then, divided by the days."""
        number = bisect_right(self._times, at)
        return self._averages[number - 1] if number else None


class _Derived:
    """What rows of one participant are derived from, worked out once for all of them."""

    def __init__(
        self,
        rules: EndpointRules,
        protocol: Protocol,
        events: Sequence[EventFacts],
        zone: ZoneInfo,
        series: Mapping[Key, list[Measurement]],
    ) -> None:
        self.rules, self.zone = rules, zone
        self._protocol, self._events, self._series = protocol, events, series
        self._curves: dict[Key, _Curve] = {}
        self._targets: dict[tuple[str, date], tuple[AnalysisTarget, ...]] = {}
        self._injected: dict[Target, tuple[datetime, date] | None] = {}

    def injected(self, target: Target) -> tuple[datetime, date] | None:
        """When this knee was first injected, and on which day of the participant's."""
        if target not in self._injected:
            at = derive.injection_at(self._events, target)
            self._injected[target] = None if at is None else (at, local_day(at, self.zone))
        return self._injected[target]

    def targets(self, instrument: str, injected_on: date) -> tuple[AnalysisTarget, ...]:
        """The visits a value of the instrument may stand for."""
        key = instrument, injected_on
        if key not in self._targets:
            place = (self._protocol, instrument, injected_on)
            self._targets[key] = analysis_targets(*place, self.rules.windows)
        return self._targets[key]

    def curve(self, one: Measurement, injected_at: datetime) -> _Curve:
        """The curve a value belongs to."""
        key = _key(one)
        if key not in self._curves:
            self._curves[key] = _Curve(self._series.get(key, []), injected_at, self.zone)
        return self._curves[key]


def _row(by: _Derived, one: Measurement) -> EndpointRow:
    within, injected = derive.in_window(one), by.injected(one.target)
    if injected is None:
        return EndpointRow(one, None, within, is_baseline=False, analysis_visit=None)
    injected_at, injected_on = injected
    answered_on = local_day(one.answered_at, by.zone)
    before = one.answered_at < injected_at
    curve = by.curve(one, injected_at)
    base = curve.base
    targets = by.targets(one.instrument, injected_on)
    stands_for = None if before else analysis_target(answered_on, targets)
    row = EndpointRow(
        one,
        derive.study_day(answered_on, injected_on),
        within,
        is_baseline=one is base,
        analysis_visit=BASELINE if before else stands_for and stands_for.visit,
        days_off=None if stands_for is None else (answered_on - stands_for.day).days,
        baseline=None if base is None else base.normalised,
        baseline_raw=None if base is None else base.raw,
    )
    if before or not one.counts(by.rules) or base is None:
        return row
    return row._replace(
        change=derive.change(one.normalised, base.normalised),
        change_raw=derive.change(one.raw, base.raw),
        percent_improvement=_percent_improvement(one, base),
        average=curve.average(one.answered_at),
        thresholds=derive.reached(by.rules, one, base),
    )


def _percent_improvement(one: Measurement, base: Measurement) -> Fraction | None:
    """Of 0-100 scores where the scale has them, so that scales are comparable.

    Else of raw ones, which are a burden only where more is worse.
    """
    if one.normalised is not None and base.normalised is not None:
        return derive.percent_improvement(one.normalised, base.normalised, one.direction)
    if one.direction != "higher is worse":
        return None
    return derive.percent_improvement(one.raw, base.raw, one.direction)


class _Domains:
    """What the responder's domains are told by at one participant, worked out once."""

    def __init__(
        self,
        rules: EndpointRules,
        events: Sequence[EventFacts],
        series: Mapping[Key, list[Measurement]],
    ) -> None:
        """`series` is what counts, by scale and in the order answered."""
        self._names = {domain: _scales(rules, domain) for domain in DOMAINS}
        self.speaking = {
            (name.instrument, name.scale) for names in self._names.values() for name in names
        }
        """The instruments and scales that speak for a domain."""
        self.injected_at = {knee: derive.injection_at(events, knee) for knee in KNEES}
        self._series = {key: each for key, each in series.items() if key[1:] in self.speaking}
        self._values = {
            (key, one.visit, one.occurrence): burden(one.normalised, one.direction)
            for key, several in self._series.items()
            for one in several
        }
        """The latest of each visit."""
        self._baselines: dict[tuple[Target, Key], Fraction | None] = {}

    def pairs(self, place: Place) -> dict[DomainName, DomainPair]:
        """Each domain's baseline and value at one visit; the global rating is the person's."""
        return {domain: self._pair(place, names) for domain, names in self._names.items()}

    def _pair(self, place: Place, names: Sequence[ScaleName]) -> DomainPair:
        knee, visit, occurrence = place
        targets: tuple[Target, ...] = (knee, "person")
        keys = [(target, name.instrument, name.scale) for target in targets for name in names]
        found = [
            DomainPair(self._baseline(knee, key), self._values.get((key, visit, occurrence)))
            for key in keys
            if key in self._series
        ]
        # Never one instrument's baseline with another's value: a whole pair, else the fuller half.
        return max(found, key=lambda pair: -pair.absent, default=ABSENT)

    def _baseline(self, knee: Target, key: Key) -> Fraction | None:
        if (knee, key) not in self._baselines:
            at = self.injected_at[knee]
            base = None if at is None else derive.baseline(self._series[key], at)
            found = None if base is None else burden(base.normalised, base.direction)
            self._baselines[knee, key] = found
        return self._baselines[knee, key]
