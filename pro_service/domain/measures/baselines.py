"""What a change of a measure is measured from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pro_service.domain.measures.values import Measured


def measure_baseline(values: Iterable[Measured], injected_on: date | None) -> Measured | None:
    """The last value taken on a day not after that of the knee's injection, of values of one spot
    over time; None: there is none, or there was no injection.

    Examinations have days and no hours; on the day of an injection they come before it.
    """
    if injected_on is None:
        return None
    before = [one for one in values if one.value is not None and one.measured_on <= injected_on]
    return max(before, key=lambda one: one.measured_on, default=None)
