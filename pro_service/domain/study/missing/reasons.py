"""Why a visit was not answered within its window, as one reason a visit.

A visit is looked at as the figures do (`adherence`): expected, closed, and not completed in its
window. Of several things that may have kept the answer away the one counts that was nearest to it:
what the participant said or did before what became of our texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.facts import Status
from pro_service.domain.study.follow_up.end_reasons import EndReason
from pro_service.domain.study.reaching.call_outcomes import CallOutcome


class Reason(StrEnum):
    """The reasons, in the order they are tested."""

    late = "late"
    """All that was missing came after the window had closed."""
    declined = "declined"
    """The participant chose not to answer this time."""
    died = "died"
    withdrew = "withdrew"
    """They wanted to be asked no more, or their data used no more, before the window closed."""
    lost = "lost"
    paused = "paused"
    unsent = "unsent"
    """All is answered and was not sent."""
    partial = "partial"
    """Some of it is answered, or one questionnaire of several."""
    opened = "opened"
    """It was opened, and nothing was answered."""
    told_staff = "told_staff"
    """What came of the last call says why."""
    not_delivered = "not_delivered"
    """Texts went, and none is known to have arrived."""
    not_sent = "not_sent"
    """No text went; why the last of them did not is said with it."""
    silent = "silent"
    """They were asked, and nothing came."""


class Why(NamedTuple):
    """A reason, and what is said with it: a status, a call's outcome, or why no text went."""

    reason: Reason
    of: str | None = None


class MissedVisit(NamedTuple):
    """What is known of a visit that was not completed in its window; no answer is among it."""

    states: frozenset[AssessmentState]
    status: Status | None
    """In force when the window closed."""
    begun: bool
    """Whether something of it was opened."""
    called: str | None
    """What came of the last call about it; None where there was none."""
    texts: int
    """How many texts asked for it."""
    arrived: bool
    """Whether one of them reached the telephone, or may have."""
    held_back: str | None
    """Why the last text that did not go did not."""


_BY_STATUS: Final[Mapping[Status, Reason]] = {
    Status.died: Reason.died,
    Status.withdrew_follow_up: Reason.withdrew,
    Status.withdrew_data_use: Reason.withdrew,
    Status.stopped_questionnaires: Reason.withdrew,
    Status.screen_failure: Reason.withdrew,
    Status.lost: Reason.lost,
    Status.paused: Reason.paused,
}
_NOTHING_LEFT: Final = frozenset(
    {AssessmentState.completed, AssessmentState.late, AssessmentState.not_applicable}
)
_ANSWERED: Final = frozenset(
    {
        AssessmentState.completed,
        AssessmentState.late,
        AssessmentState.partial,
        AssessmentState.unsent,
    }
)
_SAYS_NOTHING: Final = frozenset(
    {
        CallOutcome.reached,
        CallOutcome.answers_now,
        CallOutcome.will_answer,
        CallOutcome.not_needed,
        CallOutcome.other,
    }
)
"""Outcomes after which an answer was still to come, or which do not tell."""
_SAYS_WHY: Final = frozenset(CallOutcome) - _SAYS_NOTHING
_NO_TEXT: Final = frozenset(
    {EndReason.answered, EndReason.declined, EndReason.nothing_asked, EndReason.rescheduled}
)
"""Ends of a reminder that do not say why nothing was asked."""


def why_missing(visit: MissedVisit) -> Why:
    """Return the one reason, with what is said with it."""
    left = visit.states - _NOTHING_LEFT
    if not left:
        return Why(Reason.late)
    if AssessmentState.declined in left:
        return Why(Reason.declined)
    if visit.status in _BY_STATUS:
        return Why(_BY_STATUS[visit.status], visit.status)
    if left == {AssessmentState.unsent}:
        return Why(Reason.unsent)
    if visit.states & _ANSWERED:
        return Why(Reason.partial)
    if visit.begun:
        return Why(Reason.opened)
    if visit.called in _SAYS_WHY:
        return Why(Reason.told_staff, visit.called)
    return _what_became_of_texts(visit)


def _what_became_of_texts(visit: MissedVisit) -> Why:
    if visit.texts:
        return Why(Reason.silent if visit.arrived else Reason.not_delivered)
    if visit.held_back is None or visit.held_back in _NO_TEXT:
        return Why(Reason.not_sent)
    return Why(Reason.not_sent, visit.held_back)
