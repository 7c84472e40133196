"""Who lifts a lock, and when it takes two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pro_service.domain.locks import ASKED_FOR, Asked, LockRefusedError, lifts_now

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("scope", ["visit", "participant"])
def test_one_signature_lifts_what_is_of_one_participant(scope: str) -> None:
    assert lifts_now(scope, None, "staff:dora", NOW)


@pytest.mark.parametrize("scope", ["site", "study"])
def test_two_persons_lift_a_site_or_a_study_within_seven_days(scope: str) -> None:
    asked = Asked("staff:dora", NOW - ASKED_FOR)
    assert not lifts_now(scope, None, "staff:dora", NOW)
    assert lifts_now(scope, asked, "staff:dirk", NOW)
    with pytest.raises(LockRefusedError) as refused:
        lifts_now(scope, asked, "staff:dora", NOW)
    assert refused.value.word == "alone"
    late = NOW + timedelta(seconds=1)
    assert not lifts_now(scope, asked, "staff:dirk", late)
    assert not lifts_now(scope, asked, "staff:dora", late)
