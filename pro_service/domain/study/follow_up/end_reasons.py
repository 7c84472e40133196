"""Why a reminder ends without a text of its own, in the words the record keeps."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from pro_service.domain.study.facts import Status


class EndReason(StrEnum):
    """Why a reminder ended without a text of its own."""

    answered = "answered"
    declined = "declined"
    nothing_asked = "nothing_asked"
    """The visit asks nothing, or the protocol does not nudge for it."""
    rescheduled = "rescheduled"
    """Its visit was superseded, or hangs on an event that has not happened."""
    outside_window = "outside_window"
    """The window has closed, or no permitted time is left before the closing day."""
    no_consent = "no_consent"
    opted_out = "opted_out"
    no_number = "no_number"
    number_unconfirmed = "number_unconfirmed"
    """The number was changed; nothing goes to the new one before somebody has confirmed it."""
    wrong_number = "wrong_number"
    """The number turned out to be somebody else's."""
    bad_number = "bad_number"
    """The provider said that nothing can reach the number; a call task about it is open."""
    budget = "budget"
    """The number has had its texts for the day."""
    not_enrolled = "not_enrolled"
    """No status has been recorded."""
    safety_ended = "safety_ended"
    """An investigator ended the safety follow-up it belongs to."""
    paused = "paused"
    stopped_questionnaires = "stopped_questionnaires"
    withdrew_follow_up = "withdrew_follow_up"
    withdrew_data_use = "withdrew_data_use"
    screen_failure = "screen_failure"
    lost = "lost"
    study_completed = "study_completed"
    died = "died"


BY_STATUS: Final[Mapping[Status | None, EndReason]] = {
    None: EndReason.not_enrolled,
    Status.paused: EndReason.paused,
    Status.stopped_questionnaires: EndReason.stopped_questionnaires,
    Status.withdrew_follow_up: EndReason.withdrew_follow_up,
    Status.withdrew_data_use: EndReason.withdrew_data_use,
    Status.screen_failure: EndReason.screen_failure,
    Status.lost: EndReason.lost,
    Status.completed: EndReason.study_completed,
    Status.died: EndReason.died,
}
"""The reason each status gives that stops messages or asking."""
