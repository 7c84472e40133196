"""What a call came to, and what follows from it: one table, which the desk acts by.

A task that is not done stays on the list, however the call went: a number that waits to be
confirmed is confirmed or not, and one that is looked for is found or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from pro_service.domain.record import Record
from pro_service.domain.study.calls import ABOUT_ALERTS, CallReason
from pro_service.domain.study.facts import Status
from pro_service.domain.study.follow_up.call_keys import (
    ANOTHER_WAY,
    ASKED_BY_TEXT,
    BAD_NUMBER,
    CONFIRM_NUMBER,
    FIND_NUMBER,
    UNWELL,
)

REST_LASTS: Final = timedelta(days=14)
"""Whoever asks for a rest on the telephone is not reminded for so long; a pause may say longer."""
DEATH_REPORTED: Final = "death_reported"
"""Rule of the alert raised where somebody says on the telephone that the participant has died."""
HOSPITAL_REPORTED: Final = "hospital_reported"
"""The same where they are, or were, in hospital."""
HARM_REPORTED: Final = "harm_reported"
"""The same where they fell, or had an operation or another injection."""
WITHDRAWAL_REPORTED: Final = "withdrawal_reported"
"""Rule of the notice raised where somebody who is no investigator heard that a participant wants no
more follow-up, or their data used no more: an investigator is to hear it."""
READ_IN_TEXT: Final = "read_in_text"
"""Rule of the alert that staff raise of a text whose words they read as a sign of harm."""


class CallOutcome(StrEnum):
    """What came of a call, as staff say it."""

    reached = "reached"
    answers_now = "answers_now"
    """They answer on the telephone: staff go on to enter it, and the task stays until it is in."""
    will_answer = "will_answer"
    """They will answer by themselves by a day; the task comes back if nothing came."""
    no_answer = "no_answer"
    """Nobody there: the task comes back at a time, as often as the protocol says."""
    wrong_number = "wrong_number"
    """Somebody else answered who does not know the participant."""
    no_texts = "no_texts"
    """They want no texts any more: every number of theirs is opted out."""
    rest = "rest"
    """They ask to be left alone for a while, or until a day."""
    declined = "declined"
    """Not this time: what the visit still asks is declined."""
    stops_questionnaires = "stops_questionnaires"
    """They answer no more questionnaires; hospital visits and safety follow-up go on."""
    withdraws_follow_up = "withdraws_follow_up"
    """They want to be followed up no more. Said to an investigator it ends safety follow-up, too;
    said to somebody else it stops questionnaires, and an investigator is asked to hear it (R1)."""
    withdraws_data_use = "withdraws_data_use"
    """They want their data used no more, which cannot be taken back: heard as the above is."""
    hospital = "hospital"
    harmed = "harmed"
    """They fell, or had an operation or another injection than the trial's."""
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
    comes_back: bool = False
    """The task stays and is wanted again from a time on."""
    alert: str | None = None
    """An alert of this rule is raised: it opens the step that alerts open (R9)."""
    urgent: bool = True
    """Whether that alert is urgent."""
    opts_out: bool = False
    """Every number of theirs wants no texts from now on."""
    declines: bool = False
    """What the visit still asks is declined."""
    status: Status | None = None
    """A status from now on, with all that it stops."""
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
        CallReason.alert_unassessed,
    }
)
"""Reasons of tasks that a call nobody answers leaves as they were. An unanswered safety check is
none of them: the safety floor asks for another call the next morning."""
ABOUT_A_VISIT: Final = frozenset(
    {CallOutcome.answers_now, CallOutcome.will_answer, CallOutcome.declined}
)
"""Outcomes that only a call about a visit can have."""
_ENDING: Final = frozenset({CallOutcome.not_needed, CallOutcome.died})
_WITHDRAWS: Final[Mapping[CallOutcome, Status]] = {
    CallOutcome.stops_questionnaires: Status.stopped_questionnaires,
    CallOutcome.withdraws_follow_up: Status.withdrew_follow_up,
    CallOutcome.withdraws_data_use: Status.withdrew_data_use,
}
WITHDRAWN: Final = frozenset({CallOutcome.withdraws_follow_up, CallOutcome.withdraws_data_use})
"""Outcomes that an investigator is to hear."""
_AT_ONCE: Final = ABOUT_ALERTS | {CallReason.text_unread}
"""Calls that wait for nothing: nobody there leaves them on the list."""
_SAFETY: Final = frozenset({CallReason.safety_unanswered, UNWELL})
"""After a call about safety that reached nobody the safety floor asks for the next by itself."""


class Hearing(Record):
    """Who heard it, and how often it was tried before."""

    by_investigator: bool = False
    """Whether an investigator of the participant's site heard it (R1)."""
    tried: int = 0
    """Tries of this task before this one that reached nobody..."""
    tries: int = 1
    """...and how many the protocol asks for."""


def what_follows(reason: str, outcome: CallOutcome, hearing: Hearing | None = None) -> WhatFollows:
    """Say what an outcome does to a call made for `reason`."""
    heard = hearing or Hearing()
    wrong = outcome is CallOutcome.wrong_number
    confirms = outcome is CallOutcome.reached and reason == CONFIRM_NUMBER
    unheard = is_unheard(outcome, heard)
    return WhatFollows(
        stays=_stays(reason, outcome, heard),
        comes_back=_comes_back(reason, outcome, heard),
        confirms=confirms,
        not_theirs=wrong,
        alert=WITHDRAWAL_REPORTED
        if unheard
        else {
            CallOutcome.died: DEATH_REPORTED,
            CallOutcome.hospital: HOSPITAL_REPORTED,
            CallOutcome.harmed: HARM_REPORTED,
        }.get(outcome),
        urgent=not unheard,
        opts_out=outcome is CallOutcome.no_texts,
        declines=outcome is CallOutcome.declined,
        status=Status.stopped_questionnaires if unheard else _WITHDRAWS.get(outcome),
        rests_for=REST_LASTS if outcome is CallOutcome.rest else None,
        rests_until_said=outcome is CallOutcome.died,
    )


def is_unheard(outcome: CallOutcome, heard: Hearing) -> bool:
    """Tell whether an investigator is still to hear it: a withdrawal that somebody else heard."""
    return outcome in WITHDRAWN and not heard.by_investigator


def _comes_back(reason: str, outcome: CallOutcome, heard: Hearing) -> bool:
    if outcome is CallOutcome.will_answer:
        return True
    return (
        outcome is CallOutcome.no_answer
        and reason not in _AT_ONCE
        and _stays(reason, outcome, heard)
    )


def _stays(reason: str, outcome: CallOutcome, heard: Hearing) -> bool:
    if outcome in _ENDING:
        return False
    if outcome in (CallOutcome.answers_now, CallOutcome.will_answer):
        return True
    if outcome is CallOutcome.wrong_number:
        # A number to confirm gives way to one to find; a bad number has turned out to be wrong.
        return reason in UNTIL_REACHED and reason not in (CONFIRM_NUMBER, BAD_NUMBER)
    if reason in UNTIL_DONE:
        return True
    if outcome is not CallOutcome.no_answer:
        return False
    return reason in UNTIL_REACHED or (reason not in _SAFETY and heard.tried + 1 < heard.tries)
