"""Which answers raise an alert. The rules are the protocol's; an investigator must confirm them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from pro_service.domain.record import Record
from pro_service.domain.study.facts import EventKind
from pro_service.domain.study.protocol import Safety, SafetyRule, Severity


class RaisedAlert(Record):
    """A rule that answers met, and the items that met it."""

    rule: str
    severity: Severity
    items: tuple[str, ...]
    """The items, or the one scale, that met the rule."""


def raised(
    safety: Safety,
    instrument_id: str,
    answers: Mapping[str, int],
    *,
    baseline_pain: int | None,
    days_since_injection: int | None,
    days_since: Mapping[EventKind, int] | None = None,
    scores: Mapping[str, Fraction] | None = None,
) -> tuple[RaisedAlert, ...]:
    """Return the alerts these answers of one instrument raise, one a rule, in the rules' order.

    `baseline_pain` is the answer at the protocol's baseline visit for the same knee; without it no
    rise can be told. `days_since_injection` counts local days, None before the injection: a rule
    bound to days after it is silent then. `days_since` says the same of each kind of event.
    `scores` are raw scores by scale, of a sitting that is submitted; without them no rule about a
    score speaks.
    """
    alerts: list[RaisedAlert] = []
    for rule in safety.rules:
        counted = days_since_injection if rule.after is None else (days_since or {}).get(rule.after)
        if instrument_id not in rule.instruments or not _is_timely(rule, counted):
            continue
        met = _met(rule, answers, scores or {}, baseline_pain)
        if met:
            alerts.append(RaisedAlert(rule=rule.id, severity=rule.severity, items=met))
    return tuple(alerts)


def _is_timely(rule: SafetyRule, days_since: int | None) -> bool:
    if rule.within_days is None:
        return True
    return days_since is not None and 0 <= days_since <= rule.within_days


def _met(
    rule: SafetyRule,
    answers: Mapping[str, int],
    scores: Mapping[str, Fraction],
    baseline_pain: int | None,
) -> tuple[str, ...]:
    """Return the items, or the scale, that meet the rule's bound."""
    if rule.scale is not None:
        looked_at: Mapping[str, int | Fraction] = {
            scale: value for scale, value in scores.items() if scale == rule.scale
        }
    else:
        looked_at = {
            item: value for item, value in answers.items() if not rule.items or item in rule.items
        }
    return tuple(code for code, value in looked_at.items() if _is_met(rule, value, baseline_pain))


def _is_met(rule: SafetyRule, value: int | Fraction, baseline_pain: int | None) -> bool:
    """Compare one value with the rule's bound; the bound itself meets it."""
    if rule.at_least is not None:
        return value >= rule.at_least
    if rule.at_most is not None:
        return value <= rule.at_most
    if rule.above_baseline is None or baseline_pain is None:
        return False
    return value >= baseline_pain + rule.above_baseline
