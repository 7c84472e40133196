"""Which value stands beside which score, and why something stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.endpoints.plan import Correlation
from pro_service.domain.endpoints.rules import ScaleName
from pro_service.domain.measures.analyses import Question, analyse
from pro_service.domain.measures.pairing import Of, Paired, ScoreOn, ValueOn, at_visit, pair

DAY: Final = date(2026, 1, 1)
RIGHT: Final = Of("K-001", "right_knee")
LEFT: Final = Of("K-001", "left_knee")


def score(day: int, value: int = 5, *, of: Of = RIGHT, visit: str | None = None) -> ScoreOn:
    """A score so many days after the first of January."""
    return ScoreOn(of, DAY + timedelta(days=day), Decimal(value), visit, 0)


def value(day: int, told: int | None = 30, *, of: Of = RIGHT, gap: str | None = None) -> ValueOn:
    """A value on a day, or why there is none."""
    return ValueOn(of, DAY + timedelta(days=day), None if told is None else Decimal(told), gap)


def days(found: tuple[Paired, ...]) -> list[tuple[int, int]]:
    """The days of scores and of their values."""
    return [((one.score.day - DAY).days, (one.measured_on - DAY).days) for one in found]


def paired(
    scores: list[ScoreOn], values: list[ValueOn], within: int = 30, injected: int | None = None
) -> tuple[list[tuple[int, int]], Mapping[str, int], Mapping[str, int]]:
    """The days of the pairs, and why scores and values stand alone."""
    there = {} if injected is None else {RIGHT: DAY + timedelta(days=injected)}
    found = pair(scores, values, there, within)
    return (
        days(found.pairs),
        {str(why): n for why, n in found.scores_alone.items()},
        {str(why): n for why, n in found.values_alone.items()},
    )


def test_the_nearest_stands_beside_and_then_the_earlier() -> None:
    assert paired([score(10)], [value(5), value(12)]) == ([(10, 12)], {}, {"other_is_nearer": 1})
    assert paired([score(10)], [value(12), value(8)]) == ([(10, 8)], {}, {"other_is_nearer": 1})


def test_each_is_used_once_and_the_rest_is_counted() -> None:
    pairs, scores, values = paired([score(0), score(9), score(400)], [value(10)])
    assert pairs == [(9, 10)]
    assert (scores, values) == ({"other_is_nearer": 1, "too_far": 1}, {})


def test_the_bound_itself_still_counts_and_the_gap_is_kept() -> None:
    found = pair([score(40)], [value(10)], {}, 30)
    assert [one.gap_days for one in found.pairs] == [-30]
    assert paired([score(41)], [value(10)]) == ([], {"too_far": 1}, {"too_far": 1})


def test_knees_are_kept_apart() -> None:
    assert paired([score(1)], [value(1, of=LEFT)]) == ([], {"no_other": 1}, {"no_other": 1})


def test_nothing_is_paired_across_the_injection() -> None:
    before, after = score(0, visit="baseline"), score(9, visit="month_1")
    alone = {"across_injection": 1}
    assert paired([before], [value(6)], injected=5) == ([], alone, alone)
    assert paired([after], [value(4)], injected=5) == ([], alone, alone)
    # On the day itself it may stand on either side.
    assert paired([before], [value(5)], injected=5)[0] == [(0, 5)]
    assert paired([after], [value(5)], injected=5)[0] == [(9, 5)]


def test_what_says_that_there_is_no_value_is_counted_by_why() -> None:
    found = pair([score(0)], [value(0, None, gap="unreadable")], {}, 30)
    assert found.pairs == ()
    assert found.missing == {"unreadable": 1}
    assert found.scores_alone == {"no_other": 1}


@given(
    st.lists(st.integers(0, 90), max_size=6, unique=True),
    st.lists(st.integers(0, 90), max_size=6, unique=True),
)
def test_nothing_is_lost_and_nothing_used_twice(first: list[int], second: list[int]) -> None:
    pairs, scores, values = paired([score(one) for one in first], [value(one) for one in second])
    assert len(pairs) + sum(scores.values()) == len(first)
    assert len(pairs) + sum(values.values()) == len(second)
    assert len({one for one, _ in pairs}) == len({one for _, one in pairs}) == len(pairs)
    assert all(abs(one - other) <= 30 for one, other in pairs)


def test_of_a_knee_one_pair_stands_for_a_visit() -> None:
    found = pair(
        [score(1, visit="m1")._replace(days_off=3), score(5, visit="m1")._replace(days_off=1)],
        [value(1), value(5)],
        {},
        0,
    )
    assert days(tuple(at_visit(found.pairs, "m1").values())) == [(5, 5)]


def test_changes_are_of_knees_that_have_both_and_a_plan_names_what_was_planned() -> None:
    told = [
        (Of(f"P{n}", "right_knee"), visit, day, n + day)
        for n in range(4)
        for visit, day in (("baseline", 0), ("month_6", 180))
        if (n, visit) != (3, "baseline")
    ]
    pairs = pair(
        [score(day, told, of=of, visit=visit) for of, visit, day, told in told],
        [value(day, 3 * told, of=of) for of, _, day, told in told],
        {},
        30,
    ).pairs
    question = Question("womac-nrs-3.1", "pain", "ute_t2s", "cMFC", "full", "month_6")
    planned = Correlation(
        id="pain_t2s",
        score=ScaleName(instrument="womac-nrs-3.1", scale="pain"),
        measure="ute_t2s",
        region="cMFC",
        layer="full",
        kind="at a visit",
        visit="month_6",
        confirmed_by="to be confirmed",
    )
    found = analyse(question, pairs, (planned,))
    assert [(one.kind, one.planned, len(one.points)) for one in found] == [
        ("at a visit", "pain_t2s", 4),
        ("within knees over time", None, 7),
        ("change from baseline", None, 3),
    ]
    across, within, change = found
    assert across.figures[0].estimate.r == 1
    assert across.figures[0].p == 0
    assert within.figures[0].estimate.slope == 1 / 3
    assert {figure.estimate.why for figure in change.figures} == {"no_variance_x"}
    # Of another layer nothing was planned.
    other = analyse(question._replace(layer="deep"), pairs, (planned,))
    assert {one.planned for one in other} == {None}
