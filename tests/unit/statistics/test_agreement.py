"""How far readers agree, against published worked examples."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.statistics.agreement import (
    Agreement,
    icc21,
    kappa_of_table,
    weighted_kappa,
)
from pro_service.domain.statistics.special import beta_quantile, f_quantile, incomplete_beta

SHROUT_FLEISS = (
    (9, 2, 5, 8),
    (6, 1, 3, 2),
    (8, 4, 6, 8),
    (7, 1, 2, 6),
    (10, 5, 6, 9),
    (6, 2, 4, 7),
)
"""Six targets by four judges: Shrout and Fleiss, Psychological Bulletin 86 (1979), table 2."""
COHEN = ((88, 14, 18), (10, 40, 10), (2, 6, 12))
"""Two hundred by two judges: Cohen, Psychological Bulletin 70 (1968), table 1, there as parts."""
COHENS_WEIGHTS = ((0, 1, 3), (1, 0, 6), (3, 6, 0))
SAS = ((0, 4, 1), (0, 8, 0), (0, 1, 5))
"""A table whose SAS output statsmodels keeps (`test_inter_rater.py`, res10_sas and res10w_sas)."""
EQUAL_3 = ((0, 1, 1), (1, 0, 1), (1, 1, 0))
LINEAR_3 = ((0, 1, 2), (1, 0, 1), (2, 1, 0))
ANXIETY_2 = (3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4)
ANXIETY_3 = (2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2)
"""Raters 2 and 3 of `anxiety` in R's package irr; its kappa2 leaves out what nobody gave: 5."""
GRADES = (1, 2, 3, 4, 6)


def test_icc_of_shrout_and_fleiss() -> None:
    """ICC(2,1) = 0.29 in print; 0.289764 (0.018787 to 0.761084) as psych's ICC gives it."""
    found = icc21(SHROUT_FLEISS)
    assert found.n == 6
    assert told(found) == pytest.approx((0.289764, 0.018787, 0.761084), abs=1e-6)


def test_kappa_of_cohen_1968() -> None:
    """Printed there: .348 weighted, .492 unweighted; .353 by weights that are not symmetric."""
    assert kappa_of_table(COHEN, COHENS_WEIGHTS).estimate == pytest.approx(8 / 23, abs=1e-9)
    assert kappa_of_table(COHEN, EQUAL_3).estimate == pytest.approx(0.491525, abs=1e-6)
    uneven = kappa_of_table(COHEN, ((0, 1, 4), (1, 0, 6), (2, 2, 0)))
    assert uneven.estimate == pytest.approx(0.353383, abs=1e-6)


def test_interval_of_kappa_as_sas_prints_it() -> None:
    """Simple kappa 0.4842 (0.2137 to 0.7547), weighted 0.4701 (0.1845 to 0.7558)."""
    assert told(kappa_of_table(SAS, EQUAL_3)) == pytest.approx((0.4842, 0.2137, 0.7547), abs=5e-5)
    assert told(kappa_of_table(SAS, LINEAR_3)) == pytest.approx((0.4701, 0.1845, 0.7558), abs=5e-5)


def test_linear_and_quadratic_weights_as_irr_gives_them() -> None:
    """R: kappa2(anxiety[, 2:3], "equal") is 0.1459075, "squared" 0.2520325."""
    pairs = list(zip(ANXIETY_2, ANXIETY_3, strict=True))
    linear = weighted_kappa(pairs, GRADES, "linear")
    quadratic = weighted_kappa(pairs, GRADES, "quadratic")
    assert linear.estimate == pytest.approx(0.1459075, abs=1e-7)
    assert quadratic.estimate == pytest.approx(0.2520325, abs=1e-7)
    assert linear.n == 20


def test_pairs_that_somebody_did_not_read_are_dropped_and_counted() -> None:
    pairs = [*zip(ANXIETY_2, ANXIETY_3, strict=True), (3, None), (None, None)]
    found = weighted_kappa(pairs, GRADES, "linear")
    assert (found.n, found.dropped) == (20, 2)
    assert found.estimate == pytest.approx(0.1459075, abs=1e-7)
    rows = [*SHROUT_FLEISS, (4, None, 3, 3)]
    assert icc21(rows) == Agreement(*told(icc21(SHROUT_FLEISS)), n=6, dropped=1)


def test_nothing_to_tell_apart_has_no_figure() -> None:
    assert icc21([]) == Agreement(None, None, None, 0, 0)
    assert icc21([(1, 2)]).estimate is None
    assert icc21([(1, 1), (1, 1)]).estimate is None
    assert icc21([(1, 2), (1, 2)]).estimate is None
    assert weighted_kappa([], GRADES, "linear").estimate is None
    assert weighted_kappa([(3, 3), (3, 3)], GRADES, "linear").estimate is None
    with pytest.raises(ValueError, match="grades"):
        weighted_kappa([(5, 3)], GRADES, "linear")


def test_readers_who_agree_wholly_have_one() -> None:
    assert told(icc21([(1, 1), (2, 2), (5, 5)])) == (1, 1, 1)
    assert told(weighted_kappa([(1, 1), (2, 2), (6, 6)], GRADES, "quadratic")) == (1, 1, 1)


@given(st.lists(st.tuples(*[st.integers(0, 9)] * 3), max_size=12))
def test_order_and_unit_change_no_icc(rows: list[tuple[int, int, int]]) -> None:
    found = icc21(rows)
    assert icc21(list(reversed(rows))) == found
    assert icc21([tuple(reversed(row)) for row in rows]) == found
    assert icc21([[Decimal(one) / 8 + 3 for one in row] for row in rows]).estimate == found.estimate
    if found.estimate is not None and found.low is not None and found.high is not None:
        assert found.low <= found.estimate + 1e-9
        assert found.estimate <= found.high + 1e-9


def test_quantiles_against_published_tables() -> None:
    """F(.95; 5, 10) = 3.33, t(.975; 10) = 2.228: NIST/SEMATECH 1.3.6.7; the rest of scipy."""
    assert f_quantile(0.95, 5, 10) == pytest.approx(3.325835, abs=1e-6)
    assert f_quantile(0.95, 1, 10) ** 0.5 == pytest.approx(2.228139, abs=1e-6)
    assert f_quantile(0.975, 5, 4.79) == pytest.approx(7.490104, abs=1e-6)
    assert f_quantile(0.001, 400, 1200) == pytest.approx(0.771630, abs=1e-6)
    assert f_quantile(0.975, 99, 0.8) == pytest.approx(5425.267642, rel=1e-9)
    assert beta_quantile(0.025, 30.5, 0.7) == pytest.approx(0.905283, abs=1e-6)
    assert incomplete_beta(2, 3, 0.5) == pytest.approx(11 / 16, abs=1e-12)
    assert (incomplete_beta(2, 3, 0), incomplete_beta(2, 3, 1)) == (0, 1)


def told(found: Agreement) -> tuple[float, float, float]:
    assert found.estimate is not None
    assert found.low is not None
    assert found.high is not None
    return found.estimate, found.low, found.high
