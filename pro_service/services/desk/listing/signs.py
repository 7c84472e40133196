"""States and figures as the bits by which the database finds them (0099_outlooks.sql)."""

from __future__ import annotations

from typing import Final

from pro_service.domain.study.assessments import AssessmentState

STATE_SIGNS: Final = {state: 1 << place for place, state in enumerate(AssessmentState)}
"""Each state's bit, in the order the states are tested."""
FIGURE_SIGNS: Final = {
    "expected_and_closed": 1 << 10,
    "completed_in_window": 1 << 11,
    "unsent": 1 << 12,
    "scorable": 1 << 13,
}
"""What a visit counts as in the two adherence figures."""
BEHIND: Final = 1 << 14
"""It has closed, and something of it is missing, partial or was not sent."""
OWING: Final = 1 << 15
"""It is open, and something of it is still to be answered or sent."""


def states_in(signs: int) -> tuple[AssessmentState, ...]:
    """The states there are, in the order they are tested."""
    return tuple(state for state, sign in STATE_SIGNS.items() if signs & sign)
