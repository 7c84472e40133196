"""Which answers raise an alert. The rules are the protocol's; an investigator must confirm them."""

from __future__ import annotations

from collections.abc import Mapping

from pro_service.domain.record import Record
from pro_service.domain.study.protocol import Safety, SafetyRule, Severity


class RaisedAlert(Record):
    """A rule that answers met, and the items that met it."""

    rule: str
    severity: Severity
    items: tuple[str, ...]


def raised(
    safety: Safety,
    instrument_id: str,
    answers: Mapping[str, int],
    *,
    baseline_pain: int | None,
    days_since_injection: int | None,
) -> tuple[RaisedAlert, ...]:
    """Return the alerts these answers of one instrument raise, one a rule, in the rules' order.

    `baseline_pain` is the answer at the protocol's baseline visit for the same knee; without it no
    rise can be told. `days_since_injection` counts local days, None before the injection: a rule
    bound to days after it is silent then.
    """
    alerts: list[RaisedAlert] = []
    for rule in safety.rules:
        if instrument_id not in rule.instruments or not _is_timely(rule, days_since_injection):
            continue
        bound = _bound(rule, baseline_pain)
        if bound is None:
            continue
        met = tuple(
            item
            for item, value in answers.items()
            if value >= bound and (not rule.items or item in rule.items)
        )
        if met:
            alerts.append(RaisedAlert(rule=rule.id, severity=rule.severity, items=met))
    return tuple(alerts)


def _is_timely(rule: SafetyRule, days_since_injection: int | None) -> bool:
    if rule.within_days is None:
        return True
    return days_since_injection is not None and 0 <= days_since_injection <= rule.within_days


def _bound(rule: SafetyRule, baseline_pain: int | None) -> int | None:
    """Return the value from which the rule is met, or None if it cannot be told."""
    if rule.at_least is not None:
        return rule.at_least
    if rule.above_baseline is None or baseline_pain is None:
        return None
    return baseline_pain + rule.above_baseline
