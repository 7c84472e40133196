"""Which measures a protocol takes at which visit, and who sees them, beside scores or not."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from pro_service.domain.measures.values import ReadersRule
from pro_service.domain.record import Record

MeasureReader = Literal["coordinator", "investigator", "data_manager", "monitor"]


class MeasuresAt(Record):
    """The measures taken at one visit."""

    visit: str
    measures: tuple[str, ...] = Field(min_length=1)


class Measuring(Record):
    """The table `[measures]`. Absent: nothing is measured, and nobody sees measures."""

    at: tuple[MeasuresAt, ...] = Field(min_length=1)
    visible_to: tuple[MeasureReader, ...] = ()
    """Who sees measures; others who may enter them see that there is a value, and not which."""
    beside_scores: tuple[MeasureReader, ...] = ()
    """Who may see measures and scores together (R19); none: nobody does."""
    beside_scores_after: Literal["", "reads_locked"] = ""
    """Only once this has happened; empty: at any time."""
    readers_rule: ReadersRule = "mean"
    """Which value stands where several readers gave one."""
    differs_beyond: dict[str, Decimal] = Field(default_factory=dict)
    """By measure: reads of it that lie further apart are settled by another reader."""
    exam_window_days: int = Field(0, ge=0, le=366)
    """How many days outside a visit's clinic window an examination may lie and still be its own."""

    def taken_at(self, visit: str) -> tuple[str, ...]:
        """The measures of a visit, in the protocol's order."""
        return tuple(name for one in self.at if one.visit == visit for name in one.measures)

    @property
    def names(self) -> frozenset[str]:
        """Every measure the protocol takes at some visit."""
        return frozenset(name for one in self.at for name in one.measures)
