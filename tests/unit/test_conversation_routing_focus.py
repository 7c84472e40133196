"""On a shared number, the focus of an earlier exchange never credits somebody else's answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pro_service.domain.conversation.routing import FOCUS_LASTS, OpenConversation, present_focus

NOW = datetime(2026, 1, 9, 10, 40, tzinfo=UTC)
FIRST, SECOND = UUID(int=1), UUID(int=2)


def asked(who: UUID, minutes_ago: int, *, reminded: bool = False) -> OpenConversation:
    """A participant asked something this long ago."""
    return OpenConversation(
        participant_id=who,
        personal_code=f"CODE{who.int}",
        asked_at=NOW - timedelta(minutes=minutes_ago),
        reminded=reminded,
    )


def test_the_focus_holds_within_an_exchange() -> None:
    both = [asked(FIRST, 1), asked(SECOND, 10, reminded=True)]
    assert present_focus(both, FIRST, NOW) == FIRST


@pytest.mark.parametrize(
    "both",
    [
        [asked(FIRST, 10, reminded=True), asked(SECOND, 10, reminded=True)],
        [asked(FIRST, 3), asked(SECOND, 1, reminded=True)],
        [asked(FIRST, int(FOCUS_LASTS / timedelta(minutes=1)) + 1), asked(SECOND, 60)],
        [asked(SECOND, 1)],
    ],
    ids=["a new visit", "the other was reminded since", "after a pause", "nothing is asked"],
)
def test_the_focus_ends(both: list[OpenConversation]) -> None:
    assert present_focus(both, FIRST, NOW) is None
