"""Values of measures, and which of several stands for the knee at a visit.

Several readers stay several values. `read_number` says which of a reader's looks at the same images
a value is of: 1 is the read, a higher number a hidden repeat (for agreement alone, never for the
analysis), and 0 the value that adjudication settled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from pro_service.domain.study.facts import Target

Gap = Literal["not_done", "refused", "unreadable", "not_applicable"]
"""Why there is no value."""
GAPS: Final[tuple[Gap, ...]] = ("not_done", "refused", "unreadable", "not_applicable")
ReadersRule = Literal["mean", "first", "adjudicated"]
"""Which value stands where several readers gave one: their mean; that of the reader who comes
first by name; or the adjudicated one, and without it the mean of reads that do not lie further
apart than the protocol's `differs_beyond`."""
ADJUDICATED: Final = 0
THE_READ: Final = 1
Spot = tuple[str, Target, str | None, str | None, tuple[str, int] | date]
"""What values compete for: measure, target, region, layer, and the visit or else the day."""


class Measured(NamedTuple):
    """One value of a measure, or why there is none; exactly one of `value` and `gap` is given."""

    measure: str
    version: str
    target: Target
    region: str | None
    layer: str | None
    visit: tuple[str, int] | None
    """Definition and occurrence; None: it belongs to no visit."""
    measured_on: date
    """The day of the examination, in the participant's zone."""
    value: Decimal | None
    gap: str | None
    reader: str | None
    read_number: int

    @property
    def spot(self) -> Spot:
        """What it is a value of, whoever read it."""
        when = self.visit if self.visit is not None else self.measured_on
        return (self.measure, self.target, self.region, self.layer, when)


def standing_values(
    values: Iterable[Measured],
    rule: ReadersRule,
    differs_beyond: Mapping[str, Decimal] = MappingProxyType({}),
) -> list[Measured]:
    """Return one value for each spot, in the order in which the spots first come.

    `differs_beyond` is the protocol's, by measure; of one not in it every difference counts. Where
    the rule finds none (readers differ, and nothing is adjudicated yet), there is none.
    """
    by_spot: defaultdict[Spot, list[Measured]] = defaultdict(list)
    for one in values:
        if one.read_number in (ADJUDICATED, THE_READ):
            by_spot[one.spot].append(one)
    standing = (
        _standing(several, rule, differs_beyond.get(several[0].measure, Decimal(0)))
        for several in by_spot.values()
    )
    return [one for one in standing if one is not None]


def _standing(several: list[Measured], rule: ReadersRule, beyond: Decimal) -> Measured | None:
    settled = [one for one in several if one.read_number == ADJUDICATED]
    reads = sorted(
        (one for one in several if one.read_number == THE_READ),
        key=lambda one: (one.value is None, one.reader or ""),
    )
    if rule == "adjudicated" and settled:
        return settled[-1]
    if not reads:
        return settled[-1] if settled else None
    if rule == "first":
        return reads[0]
    found = [one.value for one in reads if one.value is not None]
    if rule == "adjudicated" and differ([one.value for one in reads], beyond):
        return None
    if len(set(found)) < 2:
        return reads[0]
    return reads[0]._replace(value=sum(found, Decimal(0)) / len(found), reader=None)


def differ(values: Sequence[Decimal | None], beyond: Decimal) -> bool:
    """Whether reads of one spot lie further apart than this, or only some found a value."""
    found = [one for one in values if one is not None]
    if len(found) != len(values):
        return bool(found)
    return max(found) - min(found) > beyond
