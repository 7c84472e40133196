"""What a call came to, and what follows from it: one table, which the desk acts by.

A task that is not done stays on the list, however the call went: a number that waits to be
confirmed is confirmed or not, and one that is looked for is found or not.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

from pro_service.domain.record import Record
from pro_service.domain.study.calls import CallReason
from pro_service.domain.study.follow_up.call_keys import (
    ANOTHER_WAY,
    ASKED_BY_TEXT,
    BAD_NUMBER,
    CONFIRM_NUMBER,
    FIND_NUMBER,
)

REST_LASTS: Final = timedelta(days=14)
"""Whoever asks for a rest on the telephone is not reminded for so long; a pause may say longer."""
DEATH_REPORTED: Final = "death_reported"
"""Rule of the alert raised where somebody says on the telephone that the participant has died."""
HOSPITAL_REPORTED: Final = "hospital_reported"
"""The same where they are, or were, in hospital."""
READ_IN_TEXT: Final = "read_in_text"
"""Rule of the alert that staff raise of a text whose words they read as a sign of harm."""


class CallOutcome(StrEnum):
    """What came of a call, as staff say it."""

    reached = "reached"
    no_answer = "no_answer"
    wrong_number = "wrong_number"
    """Somebody else answered who does not know the participant."""
    rest = "rest"
    """They ask to be left alone for a while."""
    hospital = "hospital"
    died = "died"
    not_needed = "not_needed"
    other = "other"


class WhatFollows(Record):
    """What closing a call with an outcome does."""

    stays: bool = False
    """What was tried is kept, and the task stays on the list."""
    confirms: bool = False
    """The number that was rung is the contact's: texts may go there."""
    not_theirs: bool = False
    """The number that was rung is somebody else's: it rests, and the right one is to be found."""
    alert: str | None = None
    """An urgent alert of this rule is raised: it opens the step that alerts open (R9)."""
    rests_for: timedelta | None = None
    """Reminders rest for so long; safety visits go on."""
    rests_until_said: bool = False
    """No text goes out before staff have said that it may: a family that mourns gets none."""


UNTIL_DONE: Final = frozenset({CONFIRM_NUMBER, FIND_NUMBER})
"""Reasons of tasks that end when they are done, or when staff say that they are not needed."""
UNTIL_REACHED: Final = frozenset(
    {
        *UNTIL_DONE,
        ANOTHER_WAY,
        ASKED_BY_TEXT,
        BAD_NUMBER,
        CallReason.alert_unseen,
    }
)
"""Reasons of tasks that a call nobody answers leaves as they were. An unanswered safety check is
none of them: the safety floor asks for another call the next morning."""
_ENDING: Final = frozenset({CallOutcome.not_needed, CallOutcome.died})


def what_follows(reason: str, outcome: CallOutcome) -> WhatFollows:
    """Say what an outcome does to a call made for `reason`."""
    wrong = outcome is CallOutcome.wrong_number
    confirms = outcome is CallOutcome.reached and reason == CONFIRM_NUMBER
    return WhatFollows(
        stays=_stays(reason, outcome),
        confirms=confirms,
        not_theirs=wrong,
        alert={
            CallOutcome.died: DEATH_REPORTED,
            CallOutcome.hospital: HOSPITAL_REPORTED,
        }.get(outcome),
        rests_for=REST_LASTS if outcome is CallOutcome.rest else None,
        rests_until_said=outcome is CallOutcome.died,
    )


def _stays(reason: str, outcome: CallOutcome) -> bool:
    if outcome in _ENDING:
        return False
    if outcome is CallOutcome.wrong_number:
        # A number to confirm gives way to one to find; a bad number has turned out to be wrong.
        return reason in UNTIL_REACHED and reason not in (CONFIRM_NUMBER, BAD_NUMBER)
    if reason in UNTIL_DONE:
        return True
    return outcome is CallOutcome.no_answer and reason in UNTIL_REACHED
