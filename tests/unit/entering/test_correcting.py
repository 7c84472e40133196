"""When an answer that was sent may be corrected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.study.entering import (
    CorrectionKind,
    CorrectionRefusal,
    CorrectionRefusedError,
    Standing,
    Wish,
    check_wish,
    may_decide,
)

WOMAC = load_instruments()["womac-nrs-3.1"]
GIVEN = datetime(2026, 3, 10, 8, tzinfo=UTC)
SPAN = timedelta(hours=WOMAC.attempt_span_hours)
MINUTE = timedelta(minutes=1)
NOW = GIVEN + 10 * SPAN


def refused(typed: bool = True, **changes: Any) -> CorrectionRefusal | None:
    """Why a wish is refused; None: it is taken."""
    said: dict[str, Any] = {
        "kind": CorrectionKind.meant,
        "item": "pain_1",
        "value": 3,
        "said_at": GIVEN + MINUTE,
        "has_source": False,
    }
    wish = Wish(**(said | changes))
    try:
        assert check_wish(WOMAC, Standing(answered_at=GIVEN, typed=typed), wish, NOW) == wish.value
    except CorrectionRefusedError as error:
        return error.why
    return None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"said_at": None}, CorrectionRefusal.no_date),
        ({"said_at": GIVEN - MINUTE}, CorrectionRefusal.no_date),
        ({"said_at": NOW + MINUTE}, CorrectionRefusal.no_date),
        ({"said_at": GIVEN + SPAN}, None),
        ({"said_at": GIVEN + SPAN + MINUTE}, CorrectionRefusal.past_recall),
        ({"said_at": GIVEN + SPAN + MINUTE, "has_source": True}, None),
        ({"value": 11}, CorrectionRefusal.no_value),
        ({"value": None}, CorrectionRefusal.no_value),
        ({"item": "pain_9"}, CorrectionRefusal.no_answer),
        ({"typed": False}, None),
        ({"kind": CorrectionKind.misread, "said_at": None}, None),
        (
            {"kind": CorrectionKind.misread, "said_at": None, "typed": False},
            CorrectionRefusal.nothing_typed,
        ),
    ],
)
def test_what_they_meant_needs_their_own_date_and_what_was_misread_what_was_typed(
    changes: dict[str, Any], why: CorrectionRefusal | None
) -> None:
    assert refused(**changes) is why


def test_nobody_decides_about_what_they_asked_for() -> None:
    assert not may_decide("staff:anna", "staff:anna")
    assert may_decide("staff:anna", "staff:ines")
