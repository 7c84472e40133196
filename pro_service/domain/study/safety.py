"""Which answers raise an alert. The rules are the protocol's; an investigator must confirm them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from pro_service.domain.instruments.numbers import Value
from pro_service.domain.record import Record
from pro_service.domain.study.facts import EventKind, ParticipantFacts
from pro_service.domain.study.protocol import Safety, SafetyRule, Severity
from pro_service.domain.study.times import local_day, zone

Place = tuple[str, str]
"""An instrument, and an item or scale of it."""


class RaisedAlert(Record):
    """A rule that answers met, and the items that met it."""

    rule: str
    severity: Severity
    items: tuple[str, ...]
    """The items, or the one scale, that met the rule."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What stood before the injection, of one knee or the person; what never was is not there."""

    items: Mapping[Place, Value] = field(default_factory=dict)
    scores: Mapping[Place, Fraction] = field(default_factory=dict)
    """Raw scores, exact."""


NO_BASELINE = Baseline()


def days_since_each(facts: ParticipantFacts) -> dict[EventKind, int]:
    """Local days since the latest event of each kind; what never happened is not there."""
    latest: dict[EventKind, datetime] = {}
    for event in facts.events:
        at = event.occurred_at
        if at is not None and at <= facts.now and at >= latest.get(event.kind, at):
            latest[event.kind] = at
    local = zone(facts.zone)
    today = local_day(facts.now, local)
    return {kind: (today - local_day(at, local)).days for kind, at in latest.items()}


def fewest_days(days_since: Mapping[EventKind, int], kinds: Collection[EventKind]) -> int | None:
    """Local days since the latest event of these kinds; None before the first."""
    return min((days_since[kind] for kind in kinds if kind in days_since), default=None)


def raised(
    safety: Safety,
    instrument_id: str,
    answers: Mapping[str, Value],
    *,
    baseline: Baseline = NO_BASELINE,
    days_since_injection: int | None,
    days_since: Mapping[EventKind, int] | None = None,
    scores: Mapping[str, Fraction] | None = None,
) -> tuple[RaisedAlert, ...]:
    """Return the alerts these answers of one instrument raise, one a rule, in the rules' order.

    `baseline` is of the knee the answers are about; what it lacks cannot have changed.
    `days_since_injection` counts local days, None before the injection: a rule bound to days after
    it is silent then. `days_since` says the same of each kind of event. `scores` are raw scores by
    scale, of a sitting that is answered to its end; without them no rule about a score speaks.
    """
    alerts: list[RaisedAlert] = []
    for rule in timely(safety, days_since_injection, days_since or {}):
        if instrument_id not in rule.instruments:
            continue
        compared = safety.compared_with(rule, instrument_id)
        met = tuple(
            code
            for code, value in _looked_at(rule, answers, scores or {}).items()
            if _is_met(rule, value, _before(rule, baseline, (compared, code)))
        )
        if met:
            alerts.append(RaisedAlert(rule=rule.id, severity=rule.severity, items=met))
    return tuple(alerts)


def timely(
    safety: Safety, days_since_injection: int | None, days_since: Mapping[EventKind, int]
) -> tuple[SafetyRule, ...]:
    """Return the rules that speak at all today, in their order; days are counted as in `raised`."""

    def counted(rule: SafetyRule) -> int | None:
        return days_since_injection if rule.after is None else days_since.get(rule.after)

    return tuple(rule for rule in safety.rules if _is_timely(rule, counted(rule)))


def _is_timely(rule: SafetyRule, days_since: int | None) -> bool:
    if rule.within_days is None:
        return True
    return days_since is not None and 0 <= days_since <= rule.within_days


def _looked_at(
    rule: SafetyRule, answers: Mapping[str, Value], scores: Mapping[str, Fraction]
) -> Mapping[str, Fraction]:
    """Return the values a rule is about: its scale's score, else its items' answers; exact."""
    if rule.scale is not None:
        return {scale: value for scale, value in scores.items() if scale == rule.scale}
    return {
        item: Fraction(value)
        for item, value in answers.items()
        if not rule.items or item in rule.items
    }


def _before(rule: SafetyRule, baseline: Baseline, place: Place) -> Fraction | None:
    found = baseline.items.get(place) if rule.scale is None else baseline.scores.get(place)
    return None if found is None else Fraction(found)


def _is_met(rule: SafetyRule, value: Fraction, before: Fraction | None) -> bool:
    """Compare one value with the rule's bound; the bound itself meets it."""
    if rule.at_least is not None:
        return value >= rule.at_least
    if rule.at_most is not None:
        return value <= rule.at_most
    if before is None:
        return False
    if rule.above_baseline is not None:
        return value - before >= rule.above_baseline
    return rule.below_baseline is not None and before - value >= rule.below_baseline
