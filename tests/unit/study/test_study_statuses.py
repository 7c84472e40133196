"""Which status may follow which."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from pro_service.domain.study.facts import EventFacts, EventKind, Status
from pro_service.domain.study.statuses import StatusRefusedError, check_said, check_status

INJECTED = (
    EventFacts(id=uuid4(), kind=EventKind.injection, occurred_at=datetime(2026, 1, 12, tzinfo=UTC)),
)


@pytest.mark.parametrize("after", [one for one in Status if one is not Status.withdrew_data_use])
def test_who_withdrew_the_use_of_the_data_can_only_die(after: Status) -> None:
    if after is Status.died:
        check_status(Status.withdrew_data_use, after, ())
        return
    with pytest.raises(StatusRefusedError, match="withdrew the use of the data"):
        check_status(Status.withdrew_data_use, after, ())


def test_nothing_follows_death_and_the_same_again_is_no_change() -> None:
    for after in Status:
        if after is Status.died:
            check_status(Status.died, after, ())
            continue
        with pytest.raises(StatusRefusedError, match="has died"):
            check_status(Status.died, after, ())


@pytest.mark.parametrize("after", [Status.screened, Status.screen_failure])
def test_nobody_is_screened_after_an_injection(after: Status) -> None:
    check_status(Status.screened, after, ())
    with pytest.raises(StatusRefusedError, match="had an injection"):
        check_status(Status.active, after, INJECTED)


def test_whoever_left_may_come_back() -> None:
    for before in (Status.paused, Status.lost, Status.withdrew_follow_up, Status.completed, None):
        check_status(before, Status.active, INJECTED)


@pytest.mark.parametrize("before", [Status.withdrew_follow_up, Status.withdrew_data_use])
def test_only_an_investigator_records_a_withdrawal_or_lifts_one(before: Status) -> None:
    for after in Status:
        if after is Status.died:
            check_said(before, after)
            continue
        with pytest.raises(StatusRefusedError, match="by an investigator"):
            check_said(before, after)
    with pytest.raises(StatusRefusedError, match="by an investigator"):
        check_said(Status.active, before)
    check_said(Status.stopped_questionnaires, Status.active)
