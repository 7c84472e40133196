"""A score that moved further between two visits than the protocol thinks possible."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from pro_service.domain.study.coming import ScaleChange
from pro_service.domain.study.facts import Target
from pro_service.domain.study.querying.changes import StoodScores, changed_much

RULES = [ScaleChange(instrument="womac", scale="pain", at_least=30)]
START = datetime(2026, 1, 5, tzinfo=UTC)


def stood(week: int, pain: int | None, target: Target = "left_knee") -> StoodScores:
    """What stood at the visit of a week."""
    raw = {} if pain is None else {"pain": Fraction(pain)}
    return StoodScores(START + timedelta(weeks=week), "womac", target, raw)


@pytest.mark.parametrize(
    ("now", "others", "asks"),
    [
        (stood(4, 41), [stood(2, 11)], True),
        (stood(4, 11), [stood(2, 41)], True),
        (stood(4, 40), [stood(2, 11)], False),
        (stood(4, 41), [stood(2, 40), stood(0, 0)], False),  # Since the visit before alone.
        (stood(4, 41), [stood(2, None), stood(0, 0)], True),  # The last that can be scored.
        (stood(4, 41), [stood(2, 0, "right_knee")], False),
        (stood(4, 41), [stood(8, 0)], False),
        (stood(4, None), [stood(2, 0)], False),
        (stood(4, 41), [], False),
    ],
)
def test_it_is_compared_with_the_last_visit_before_that_has_the_score(
    now: StoodScores, others: list[StoodScores], asks: bool
) -> None:
    assert changed_much(RULES, now, [*others, now]) is asks
    assert not changed_much([], now, others)
