"""Baseline, change, percent improvement, thresholds; study days; whether an answer was in time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction
from typing import NamedTuple

from pro_service.domain.endpoints.responder import bound, burden
from pro_service.domain.endpoints.rules import Basis, EndpointRules, Threshold
from pro_service.domain.instruments.model import Direction
from pro_service.domain.study.facts import EventFacts, EventKind, Target


class Measurement(NamedTuple):
    """One scale of one sitting, with the visit that asked. Instants are aware UTC."""

    target: Target
    instrument: str
    scale: str
    direction: Direction
    visit: str
    """The visit definition that asked: an answer stays with it, however late it came."""
    occurrence: int
    answered_at: datetime
    """When the sitting was submitted, or last answered if it never was."""
    opens_at: datetime
    closes_at: datetime | None
    raw: Fraction | None
    normalised: Fraction | None
    basis: Basis = "complete"
    mode: str | None = None
    respondent: str | None = None
    """How it was answered, and by whom; an analysis plan says which of both count."""

    @property
    def scorable(self) -> bool:
        """Whether there is a score that may stand beside others: partial ones are kept apart."""
        return self.raw is not None and self.basis != "partial"

    def counts(self, rules: EndpointRules) -> bool:
        """Whether the score stands in the analysis: scorable, and admitted by the rules."""
        return self.scorable and rules.admits(self.basis, self.mode, self.respondent)


def injection_at(events: Iterable[EventFacts], target: Target) -> datetime | None:
    """When this knee was first injected; for the person, when any knee was. None: not yet.

    An injection recorded without a knee counts for both. Rescue injections start nothing anew.
    """
    instants = [
        event.occurred_at
        for event in events
        if event.kind is EventKind.injection
        and event.occurred_at is not None
        and (target == "person" or event.target in (None, "person", target))
    ]
    return min(instants, default=None)


def study_day(day: date, reference: date) -> int:
    """The study day of a local day: 1 on the reference day, -1 on the day before; never 0."""
    elapsed = (day - reference).days
    return elapsed + 1 if elapsed >= 0 else elapsed


def in_window(measured: Measurement) -> bool:
    """Whether the answer came within [opens_at, closes_at) of the visit that asked."""
    if measured.answered_at < measured.opens_at:
        return False
    return measured.closes_at is None or measured.answered_at < measured.closes_at


def baseline(measurements: Iterable[Measurement], injected_at: datetime) -> Measurement | None:
    """The last scorable sitting before the injection, of measurements of one scale and target."""
    before = [one for one in measurements if one.scorable and one.answered_at < injected_at]
    return max(before, key=lambda one: one.answered_at, default=None)


def change(value: Fraction | None, base: Fraction | None) -> Fraction | None:
    """Value at the visit less baseline; None where either is absent."""
    return None if value is None or base is None else value - base


def improvement(
    value: Fraction | None, base: Fraction | None, direction: Direction
) -> Fraction | None:
    """The change turned so that more is better; None where a score or a direction is absent."""
    changed = change(value, base)
    if changed is None or direction == "none":
        return None
    return changed if direction == "higher is better" else -changed


def percent_improvement(
    value: Fraction | None, base: Fraction | None, direction: Direction
) -> Fraction | None:
    """How much of the burden at baseline is gone, in percent, of scores on 0-100.

    KOOS pain 20 -> 40 is a burden of 80 -> 60: 25 %, and not 100 %. None where a score or a
    direction is absent, and where there was no burden: nothing can be said of a part of nothing.
    """
    before, after = burden(base, direction), burden(value, direction)
    return None if after is None or not before else Fraction((before - after) * 100, before)


def reached(
    rules: EndpointRules, measured: Measurement, base: Measurement | None
) -> dict[str, bool | None]:
    """For each threshold of this scale, by id: reached or not; None where it cannot be told."""
    return {
        threshold.id: _reached(threshold, measured, base)
        for threshold in rules.thresholds
        if measured.instrument in threshold.instruments and measured.scale == threshold.scale
    }


def _reached(threshold: Threshold, measured: Measurement, base: Measurement | None) -> bool | None:
    if base is None:
        return None
    value, start = (
        (measured.raw, base.raw)
        if threshold.on == "raw"
        else (measured.normalised, base.normalised)
    )
    better = improvement(value, start, measured.direction)
    return None if better is None else better >= bound(threshold.points)
