"""Which measure stands beside which score: of the same knee, nearest in days (the plan's rule).

Each score and each value is used once. The injection lies between no pair: what was measured after
it says nothing about how the knee was before. What found no other is counted, with why.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from pro_service.domain.study.facts import Target

Unpaired = Literal["no_other", "too_far", "across_injection", "other_is_nearer"]
"""Why something stands alone: there is nothing else of the knee; it lies farther than the plan
allows, or on the other side of the injection; or it stands beside something nearer."""


class Of(NamedTuple):
    """Whose: a participant, by code, and a knee or the person."""

    code: str
    target: Target


class ScoreOn(NamedTuple):
    """A score that counts, on the participant's own day."""

    of: Of
    day: date
    value: Decimal
    visit: str | None
    """The analysis visit; None: there is none for it."""
    days_off: int
    """How far from the day the visit aims at; before the injection how far from that."""


class ValueOn(NamedTuple):
    """A value that stands of one measure, region and layer."""

    of: Of
    day: date
    value: Decimal | None
    gap: str | None
    """Why there is no value."""


class Paired(NamedTuple):
    """A score with a value beside it."""

    score: ScoreOn
    value: Decimal
    measured_on: date

    @property
    def gap_days(self) -> int:
        """How many days after the score the value was measured; below 0: before."""
        return (self.measured_on - self.score.day).days


@dataclass(frozen=True, slots=True)
class Pairing:
    """All pairs, by code, knee and day, and how many stand alone by why."""

    pairs: tuple[Paired, ...]
    scores_alone: Mapping[Unpaired, int]
    values_alone: Mapping[Unpaired, int]
    missing: Mapping[str, int]
    """Entries that say that there is no value, by why."""


def pair(
    scores: Iterable[ScoreOn],
    values: Iterable[ValueOn],
    injected: Mapping[Of, date],
    within_days: int,
) -> Pairing:
    """Set values beside scores, the nearest first; of two equally near the earlier value.

    `injected` says on which day each knee was injected first, where it was.
    """
    by_knee: dict[Of, tuple[list[ScoreOn], list[ValueOn]]] = defaultdict(lambda: ([], []))
    for score in scores:
        by_knee[score.of][0].append(score)
    missing: Counter[str] = Counter()
    for value in values:
        if value.value is None:
            missing[value.gap or ""] += 1
        else:
            by_knee[value.of][1].append(value)
    pairs: list[Paired] = []
    scores_alone, values_alone = Counter[Unpaired](), Counter[Unpaired]()
    for of in sorted(by_knee):
        mine = _Knee(*by_knee[of], injected.get(of), within_days)
        pairs += mine.pairs()
        scores_alone.update(mine.scores_alone())
        values_alone.update(mine.values_alone())
    return Pairing(tuple(pairs), scores_alone, values_alone, missing)


class _Knee:
    """The scores and values of one knee, and which of them stand beside each other."""

    def __init__(
        self,
        scores: Sequence[ScoreOn],
        values: Sequence[ValueOn],
        injected_on: date | None,
        within_days: int,
    ) -> None:
        self.scores, self.values = scores, values
        self.injected_on, self.within_days = injected_on, within_days
        self.of_score: dict[int, int] = {}
        near = sorted(
            (abs(gap), self.values[v].day, self.scores[s].day, s, v)
            for s in range(len(scores))
            for v in range(len(values))
            for gap in (self._gap(s, v),)
            if abs(gap) <= within_days and not self._across(s, v)
        )
        taken: set[int] = set()
        for *_, s, v in near:
            if s not in self.of_score and v not in taken:
                self.of_score[s] = v
                taken.add(v)

    def _gap(self, s: int, v: int) -> int:
        return (self.values[v].day - self.scores[s].day).days

    def _across(self, s: int, v: int) -> bool:
        """Whether the injection lies between; what is measured on its day may stand on either
        side."""
        if self.injected_on is None:
            return False
        before = self.scores[s].visit == "baseline"
        day = self.values[v].day
        return day > self.injected_on if before else day < self.injected_on

    def pairs(self) -> list[Paired]:
        """By day."""
        found = []
        for s, v in self.of_score.items():
            one = self.values[v]
            if one.value is not None:
                found.append(Paired(self.scores[s], one.value, one.day))
        return sorted(found, key=lambda one: (one.score.day, one.measured_on))

    def scores_alone(self) -> list[Unpaired]:
        """Why each score that has none has no value."""
        return [
            self._why([(s, v) for v in range(len(self.values))])
            for s in range(len(self.scores))
            if s not in self.of_score
        ]

    def values_alone(self) -> list[Unpaired]:
        """Why each value that has none has no score."""
        taken = set(self.of_score.values())
        return [
            self._why([(s, v) for s in range(len(self.scores))])
            for v in range(len(self.values))
            if v not in taken
        ]

    def _why(self, others: Sequence[tuple[int, int]]) -> Unpaired:
        if not others:
            return "no_other"
        near = [one for one in others if abs(self._gap(*one)) <= self.within_days]
        if not near:
            return "too_far"
        if all(self._across(*one) for one in near):
            return "across_injection"
        return "other_is_nearer"


def at_visit(pairs: Iterable[Paired], visit: str) -> dict[Of, Paired]:
    """Of each knee its one pair at an analysis visit: nearest to the day the visit aims at, then
    the earlier."""
    found: dict[Of, Paired] = {}
    for one in pairs:
        held = found.get(one.score.of)
        if one.score.visit == visit and (held is None or _rank(one) < _rank(held)):
            found[one.score.of] = one
    return found


def _rank(one: Paired) -> tuple[int, date]:
    return one.score.days_off, one.score.day
