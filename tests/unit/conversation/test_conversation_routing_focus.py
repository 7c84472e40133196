"""On a shared number only a typed code opens an exchange, and it never outlives a pause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pro_service.domain.conversation.routing import FOCUS_LASTS, LineUser, present_focus

NOW = datetime(2026, 1, 9, 10, 40, tzinfo=UTC)
FIRST, SECOND = UUID(int=1), UUID(int=2)


def ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


def asked(who: UUID, minutes_ago: int, *, reminded: bool = False) -> LineUser:
    """A participant asked something this long ago."""
    return LineUser(
        participant_id=who,
        personal_code=f"CODE{who.int}",
        asked_at=ago(minutes_ago),
        reminded=reminded,
    )


def test_the_focus_holds_within_an_exchange() -> None:
    both = [asked(FIRST, 1), asked(SECOND, 10, reminded=True)]
    assert present_focus(both, FIRST, ago(1), NOW) == FIRST
    assert present_focus(both, FIRST, ago(9), NOW) == FIRST


@pytest.mark.parametrize(
    ("both", "focused_at"),
    [
        ([asked(FIRST, 10, reminded=True), asked(SECOND, 10, reminded=True)], ago(12)),
        ([asked(FIRST, 3), asked(SECOND, 1, reminded=True)], ago(3)),
        ([asked(FIRST, 1), asked(SECOND, 60)], NOW - FOCUS_LASTS - timedelta(seconds=1)),
        ([asked(FIRST, 1), asked(SECOND, 60)], None),
    ],
    ids=[
        "a new visit",
        "the other was reminded since",
        "a question came last but no code",
        "nobody ever typed a code",
    ],
)
def test_the_focus_ends(both: list[LineUser], focused_at: datetime | None) -> None:
    assert present_focus(both, FIRST, focused_at, NOW) is None
