"""A score that moved further between two visits than the protocol thinks possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Final, NamedTuple

from pro_service.domain.study.coming import ScaleChange
from pro_service.domain.study.facts import Target

CHANGED_MUCH: Final = "changed_much"
"""The rule a sitting meets whose score moved so far since the visit before."""
PAPER_NOT_VERIFIED: Final = "paper_not_verified"
"""The rule paper meets that is typed twice, and is not verified when its visit is settled."""


class StoodScores(NamedTuple):
    """The raw scores of the sitting that stands at a visit, of what can be scored."""

    opens_at: datetime
    instrument: str
    target: Target
    raw: Mapping[str, Fraction]
    """By scale."""


def changed_much(
    rules: Sequence[ScaleChange], now: StoodScores, others: Sequence[StoodScores]
) -> bool:
    """Whether a score is at least so far from what it was at the last visit before that has it."""
    earlier = sorted(
        (
            one
            for one in others
            if (one.instrument, one.target) == (now.instrument, now.target)
            and one.opens_at < now.opens_at
        ),
        key=lambda one: one.opens_at,
        reverse=True,
    )
    for rule in rules:
        if rule.instrument != now.instrument or rule.scale not in now.raw:
            continue
        before = next((one.raw[rule.scale] for one in earlier if rule.scale in one.raw), None)
        if before is not None and abs(now.raw[rule.scale] - before) >= rule.at_least:
            return True
    return False
