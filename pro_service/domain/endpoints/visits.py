"""The analysis visit: which visit a value stands for by its day, whatever visit asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from pro_service.domain.study.facts import EventKind
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.windows import target_day

BASELINE = "baseline"


class AnalysisTarget(NamedTuple):
    """A visit after the injection that asks for a value, and its target day."""

    visit: str
    day: date


def analysis_targets(
    protocol: Protocol, instrument: str, injected_on: date
) -> tuple[AnalysisTarget, ...]:
    """The scheduled visits that count from injection 1 and ask this instrument, by target day."""
    found = [
        AnalysisTarget(visit.id, target_day(visit.target, injected_on))
        for visit in protocol.visits
        if visit.kind in ("scheduled", "treatment")
        and visit.anchor is not None
        and visit.anchor.event is EventKind.injection
        and visit.anchor.ordinal == 1
        and visit.anchor.basis == "occurred"
        and any(ask.instrument == instrument for ask in visit.asks)
    ]
    return tuple(sorted(found, key=lambda target: target.day))


def analysis_visit(
    answered_on: date, *, before_injection: bool, targets: Sequence[AnalysisTarget]
) -> str | None:
    """The visit whose target day is nearest; of two equally near, the earlier.

    Everything before the injection is "baseline". None where no visit asks for the value.
    """
    if before_injection:
        return BASELINE
    nearest = min(targets, key=lambda target: abs((target.day - answered_on).days), default=None)
    return None if nearest is None else nearest.visit
