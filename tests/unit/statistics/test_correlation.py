"""Correlations against published example data, and small cases worked by hand.

The data are table 1 of Bland and Altman, BMJ 310 (1995) 446; the figures those that the rmcorr
package of Bakdash and Marusich prints of them (its README, release 0.7.0):
r -0.5067697, df 38, p 0.0008471081, 95 % interval -0.7067146 to -0.2318631.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import pytest

from pro_service.domain.statistics.correlation import (
    Method,
    Point,
    correlate,
    fisher_interval,
    p_value,
)
from pro_service.domain.statistics.resampling import bootstrap

PH_AND_PACO2: Final = {
    "1": "6.68 3.97, 6.53 4.12, 6.43 4.09, 6.33 3.97",
    "2": "6.85 5.27, 7.06 5.37, 7.13 5.41, 7.17 5.44",
    "3": "7.40 5.67, 7.42 3.64, 7.41 4.32, 7.37 4.73, 7.34 4.96, 7.35 5.04, 7.28 5.22, 7.30 4.82,"
    " 7.34 5.07",
    "4": "7.36 5.67, 7.33 5.10, 7.29 5.53, 7.30 4.75, 7.35 5.51",
    "5": "7.35 4.28, 7.30 4.44, 7.30 4.32, 7.37 3.23, 7.27 4.46, 7.28 4.72, 7.32 4.75, 7.32 4.99",
    "6": "7.38 4.78, 7.30 4.73, 7.29 5.12, 7.33 4.93, 7.31 5.03, 7.33 4.93",
    "7": "6.86 6.85, 6.94 6.44, 6.92 6.52",
    "8": "7.19 5.28, 7.29 4.56, 7.21 4.34, 7.25 4.32, 7.20 4.41, 7.19 3.69, 6.77 6.09, 6.82 5.58",
}
"""Of eight subjects: intramural pH, and PaCO2."""
BLAND: Final = tuple(
    Point(who, who, str(number), Fraction(paco2), Fraction(ph))
    for who, told in PH_AND_PACO2.items()
    for number, one in enumerate(told.split(", "))
    for ph, paco2 in (one.split(),)
)
ACROSS: Final[tuple[Method, ...]] = ("pearson", "spearman")
ALL: Final[tuple[Method, ...]] = ("within", "within_visits", *ACROSS)


def points(*told: tuple[str, str, str, int, int]) -> list[Point]:
    """Person, knee, visit, x and y."""
    return [
        Point(who, (who, knee), visit, Fraction(x), Fraction(y)) for who, knee, visit, x, y in told
    ]


def each(values: Sequence[tuple[int, int]]) -> list[Point]:
    """One pair a person."""
    return points(*((f"P{n}", "right", "v", x, y) for n, (x, y) in enumerate(values)))


def test_rmcorr_of_the_published_example_data() -> None:
    found = correlate(BLAND, "within")
    assert (found.pairs, found.units, found.df) == (47, 8, 38)
    assert found.r == pytest.approx(-0.5067697, abs=5e-8)
    assert p_value(found.r or 0, found.df) == pytest.approx(0.0008471081, abs=5e-11)
    low, high = fisher_interval(found.r or 0, found.df) or (0, 0)
    assert (low, high) == pytest.approx((-0.7067146, -0.2318631), abs=5e-8)


def test_within_knees_is_worked_by_hand() -> None:
    # Less their means: (-1, -1), (0, 0), (1, 1) and (-1, 1), (1, -1).
    # Sums: xx 4, yy 4, xy 0; df 5 - 2 - 1.
    crossed = points(
        *(("A", "right", f"v{n}", n, n) for n in range(3)),
        *(("B", "right", "v0", 10, 7), ("B", "right", "v2", 12, 5)),
    )
    found = correlate(crossed, "within")
    assert (found.r, found.slope, found.df) == (0.0, 0.0, 2)
    # With B's second pair (12, 8): (-1, -1/2), (1, 1/2); xx 4, xy 3, yy 5/2; r = 3 / sqrt(10).
    found = correlate([*crossed[:4], *points(("B", "right", "v2", 12, 8))], "within")
    assert found.r == pytest.approx(3 / math.sqrt(10), abs=1e-15)
    assert (found.slope, found.df) == (0.75, 2)


def test_visit_means_are_taken_out_by_hand() -> None:
    # Both fall from visit to visit alike, and knees differ from that by (1, 1) or (-1, -1) at v1
    # and by (1, -1) or (-1, 1) at v2; four knees at three visits.
    told = [
        (f"P{n}", "right", f"v{v}", -10 * v + x, -20 * v + y)
        for n, marks in enumerate(
            [((1, 1), (1, -1)), ((1, 1), (-1, 1)), ((-1, -1), (1, -1)), ((-1, -1), (-1, 1))]
        )
        for v, (x, y) in enumerate([(0, 0), *marks])
    ]
    over_time = correlate(points(*told), "within")
    assert over_time.r is not None
    assert over_time.r > 0.98
    left = correlate(points(*told), "within_visits")
    # Less the means of knees and visits, the sums of v1 and v2 cancel: xy 0; df 12 - 4 - 2 - 1.
    assert left.r == pytest.approx(0.0, abs=1e-15)
    assert left.df == 5


def test_pearson_and_spearman_by_hand_with_ties() -> None:
    # x 1 2 3 4, y 1 3 2 4: xx 5, yy 5, xy 4.
    found = correlate(each([(1, 1), (2, 3), (3, 2), (4, 4)]), "pearson")
    assert (found.r, found.slope, found.df) == (0.8, 0.8, 2)
    assert p_value(0.8, 2) == pytest.approx(0.2, abs=1e-12)  # with two degrees: 1 - |r|
    # Ranks of x 1 2.5 2.5 4 (xx 9/2), of y 1 2 3 4 (yy 5), xy 9/2: r = 9/2 / sqrt(45/2).
    tied = correlate(each([(10, 1), (20, 2), (20, 30), (99, 400)]), "spearman")
    assert tied.r == pytest.approx(4.5 / math.sqrt(22.5), abs=1e-15)
    assert tied.slope is None


def test_a_perfect_line_is_one_and_has_no_interval_by_z() -> None:
    found = correlate(each([(1, 30), (2, 20), (3, 10)]), "pearson")
    assert found.r == -1
    assert p_value(-1, found.df) == 0
    assert fisher_interval(-1, found.df) is None
    assert fisher_interval(0.5, 1) is None


@pytest.mark.parametrize(
    ("told", "method", "why"),
    [
        ([], "within", "no_pairs"),
        ([], "spearman", "no_pairs"),
        (each([(1, 2)]), "pearson", "one_pair"),
        (each([(1, 2)]), "within", "one_pair"),
        (each([(1, 2), (2, 3), (3, 5)]), "within", "no_repeats"),
        (each([(1, 2), (2, 3)]), "pearson", "no_freedom"),
        (
            points(("A", "right", "v0", 1, 2), ("A", "right", "v1", 2, 9)),
            "within",
            "no_freedom",
        ),
        (each([(4, 1), (4, 2), (4, 3)]), "spearman", "no_variance_x"),
        (each([(1, 7), (2, 7), (3, 7)]), "pearson", "no_variance_y"),
        (
            points(*((who, "right", f"v{n}", n, 5) for who in "AB" for n in range(3))),
            "within",
            "no_variance_y",
        ),
        (
            # Everybody changes alike: without the visits' means nothing is left.
            points(*((who, "right", f"v{n}", n, n * n) for who in "ABC" for n in range(3))),
            "within_visits",
            "no_variance_x",
        ),
    ],
)
def test_what_cannot_be_told_is_said_and_is_no_number(
    told: list[Point], method: Method, why: str
) -> None:
    found = correlate(told, method)
    assert (found.r, found.slope, found.why) == (None, None, why)


def test_two_knees_of_one_person_are_one_person() -> None:
    told = points(*(("A", knee, f"v{n}", n, n * n) for knee in ("right", "left") for n in range(3)))
    found = correlate(told, "within")
    assert (found.pairs, found.units, found.persons, found.df) == (6, 2, 1, 3)
    drawn = bootstrap(told, "within")
    assert (drawn.low, drawn.high, drawn.why) == (None, None, "one_person")


def test_who_is_drawn_brings_both_knees() -> None:
    # Two of three persons say nothing of their own: resamples without the third have no figure.
    told = points(
        *((who, knee, "v", 1, 1) for who in "AB" for knee in ("right", "left")),
        ("C", "right", "v", 2, 5),
        ("C", "left", "v", 3, 4),
    )
    drawn = bootstrap(told, "pearson", replicates=500)
    assert drawn.why == "too_few_figures"
    # Nobody is C with a chance of (2/3)^3 a resample.
    assert pytest.approx(drawn.figures, abs=60) == 500 * (1 - 8 / 27)


@pytest.mark.parametrize("method", ALL)
def test_the_same_seed_draws_the_same_interval_about_the_figure(method: Method) -> None:
    found, drawn = correlate(BLAND, method), bootstrap(BLAND, method, replicates=400)
    assert drawn == bootstrap(tuple(reversed(BLAND)), method, replicates=400)
    assert drawn != bootstrap(BLAND, method, replicates=400, seed=1)
    assert drawn.low is not None
    assert drawn.high is not None
    assert found.r is not None
    assert -1 <= drawn.low < found.r < drawn.high <= 1


@pytest.mark.parametrize("method", ACROSS)
def test_a_resample_is_ranked_anew(method: Method) -> None:
    # Every person with the same pair twice: any resample has the figure of the whole.
    told = [
        point
        for who in "ABCD"
        for x, y in ((1, 1), (2, 3), (3, 2), (4, 4))
        for point in points((who, "right", "v", x, y))
    ]
    drawn = bootstrap(told, method, replicates=50)
    assert drawn.low == pytest.approx(0.8, abs=1e-12)
    assert drawn.high == pytest.approx(0.8, abs=1e-12)
