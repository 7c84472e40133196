"""The analysis visit: which visit a value stands for by its day, whatever visit asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from pro_service.domain.endpoints.rules import WindowRule
from pro_service.domain.study.facts import EventKind
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.windows import target_day

BASELINE = "baseline"


class AnalysisTarget(NamedTuple):
    """A visit after the injection, its target day, and the days it takes values of (None: any)."""

    visit: str
    day: date
    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        """Whether a value of this day may stand for the visit; both ends are counted in."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def analysis_targets(
    protocol: Protocol, instrument: str, injected_on: date, windows: WindowRule | None = None
) -> tuple[AnalysisTarget, ...]:
    """The visits a value of this instrument may stand for, by target day.

    Those the plan's windows name; else the protocol's scheduled visits that count from injection 1
    and ask the instrument. Where no days bound them, the last takes values as long after its target
    day as it does before, which is half the way from the target before it (or from the injection):
    an extra visit a year late stands for none.
    """
    if windows is not None and windows.visits:
        found = [
            AnalysisTarget(
                each.visit,
                injected_on + timedelta(days=each.target_day),
                None if each.from_day is None else injected_on + timedelta(days=each.from_day),
                None if each.to_day is None else injected_on + timedelta(days=each.to_day),
            )
            for each in windows.visits
            if each.is_for(instrument)
        ]
    else:
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
    return _ended(sorted(found, key=lambda target: target.day), injected_on)


def _ended(targets: Sequence[AnalysisTarget], injected_on: date) -> tuple[AnalysisTarget, ...]:
    if not targets or targets[-1].last is not None:
        return tuple(targets)
    *before, last = targets
    since = next((one.day for one in reversed(before) if one.day < last.day), injected_on)
    end = last.day + timedelta(days=(last.day - since).days // 2)
    # Of all of them: what is too late for the last is not the one's before it either.
    return tuple(one._replace(last=end) if one.last is None else one for one in targets)


def analysis_target(answered_on: date, targets: Sequence[AnalysisTarget]) -> AnalysisTarget | None:
    """The visit a value of this day stands for: of two equally near, the earlier.

    None where no visit asks for the value, or none takes values of that day.
    """
    near = [target for target in targets if target.holds(answered_on)]
    return min(near, key=lambda target: abs((target.day - answered_on).days), default=None)
