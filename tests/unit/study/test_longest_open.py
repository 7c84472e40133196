"""How long a window may be open at most: a bound, whatever the month."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pro_service.domain.study.protocol import VisitDefinition
from pro_service.domain.study.windows import longest_open, visit_days
from tests.support.example import example_study

VISITS = [one for one in example_study().protocol.visits if one.anchor is not None]


@pytest.mark.parametrize("visit", VISITS, ids=[one.id for one in VISITS])
def test_no_window_is_longer_than_its_bound(visit: VisitDefinition) -> None:

    for day in range(0, 800, 7):
        days = visit_days(visit, date(2026, 1, 1) + timedelta(days=day))
        assert days.last - days.first + timedelta(days=1) < longest_open(visit)
