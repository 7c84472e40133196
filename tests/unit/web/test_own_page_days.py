"""The own page says one day for what comes next: that of the text which brings the questions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from pro_service.services.pages.own_page import OwnPage
from tests.unit.study import study_makers as make

INJECTED = date(2026, 3, 10)
MONTH_2 = make.plan([make.injection(occurred_at=make.at(INJECTED, 10))])["month_2"]
FIRST_TEXT = make.at(MONTH_2.target_on - timedelta(days=2), 18, 30)


@pytest.mark.parametrize(
    ("reminders", "day"),
    [
        ((make.reminder(1, FIRST_TEXT),), MONTH_2.target_on - timedelta(days=2)),
        ((make.reminder(1, FIRST_TEXT, ended_at=FIRST_TEXT),), MONTH_2.target_on),
        ((), MONTH_2.target_on),
    ],
)
def test_the_next_questions_come_with_their_first_text(reminders: Any, day: date) -> None:
    visit = make.visit(MONTH_2, reminders=reminders)
    facts = make.participant([visit], now=make.at(INJECTED + timedelta(days=3), 9))
    unread: Any = None  # The days are those of the facts alone.
    page = OwnPage(facts, make.example(), unread, unread, unread, ())
    assert page.next_day == day
