"""Scores of groups by visit: which sitting of each counts, then mean and spread. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

from pro_service.domain.endpoints.rules import Basis, EndpointRules
from pro_service.domain.study.facts import Target

FEWEST: Final = 5
"""Fewer values than this are counted and have no mean: it would tell of persons, not of a group."""

Key = TypeVar("Key", bound=Hashable)


class SittingScore(NamedTuple):
    """One scale of one sitting, of somebody in the group."""

    participant_id: UUID
    assessment_id: UUID
    target: Target
    treated: bool
    """Whether the knee is one that is treated; False for the person."""
    site: str
    definition: str
    occurrence: int
    sittings: int
    """How many there were at the assessment."""
    chosen: bool
    """Written down as the one that stands."""
    apart: bool
    """Of an entry the protocol does not name for analysis."""
    mode: str
    respondent: str
    basis: Basis | None
    """None: there is no score."""
    raw: Fraction | None
    normalised: Fraction | None


class Summary(NamedTuple):
    """Values of one group at one visit."""

    count: int
    mean: float | None
    """None for fewer than `FEWEST`."""
    deviation: float | None
    """Standard deviation of the sample, n - 1 in the denominator."""


class Counted(NamedTuple):
    """The scores that are of the record and of the analysis, and how many are still undecided."""

    scores: tuple[SittingScore, ...]
    undecided: int
    """Assessments with several sittings whose record is chosen when their visit closes (R3)."""


def counted(rules: EndpointRules, found: Iterable[SittingScore]) -> Counted:
    """Of each assessment the score of the sitting that stands, where the rules admit it."""
    by_assessment: dict[UUID, list[SittingScore]] = defaultdict(list)
    for one in found:
        by_assessment[one.assessment_id].append(one)
    scores: list[SittingScore] = []
    undecided = 0
    for sittings in by_assessment.values():
        standing = [one for one in sittings if one.chosen or one.sittings == 1]
        undecided += not standing
        scores += [
            one
            for one in standing
            if one.raw is not None
            and one.basis is not None
            and not one.apart
            and rules.admits(one.basis, one.mode, one.respondent)
        ]
    return Counted(tuple(scores), undecided)


def summed_up(values: Mapping[Key, Sequence[Fraction]]) -> dict[Key, Summary]:
    """Mean and spread of each group's values."""
    return {key: summary(found) for key, found in values.items()}


def summary(values: Sequence[Fraction]) -> Summary:
    """Mean and standard deviation, exactly but for the root; neither for too few values."""
    count = len(values)
    if count < FEWEST:
        return Summary(count, None, None)
    mean = sum(values, Fraction(0)) / count
    squares = sum(((one - mean) ** 2 for one in values), Fraction(0))
    return Summary(count, float(mean), math.sqrt(squares / (count - 1)))
