"""What each status of a participant stops, and where a participant stands at an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from pro_service.domain.errors import ProServiceError
from pro_service.domain.record import Record
from pro_service.domain.study.facts import (
    INJECTIONS,
    EventFacts,
    EventKind,
    Status,
    StatusFacts,
)


class StatusRule(Record):
    """What one status stops. What was collected before always stays."""

    meaning: str
    stops_messages: bool = False
    stops_asking: bool = False
    stops_visits: bool = False


def _rule(meaning: str, messages: bool, asking: bool, visits: bool) -> StatusRule:
    return StatusRule(
        meaning=meaning, stops_messages=messages, stops_asking=asking, stops_visits=visits
    )


RULES: dict[Status, StatusRule] = {
    Status.screened: _rule("Consented and being screened; nothing stops.", False, False, False),
    Status.active: _rule("Takes part fully; nothing stops.", False, False, False),
    Status.paused: _rule(
        "Asked for a rest: no messages, but answers are taken and visits go on.",
        True,
        False,
        False,
    ),
    Status.stopped_treatment: _rule(
        "Gets no further injection but is followed as before; nothing stops.",
        False,
        False,
        False,
    ),
    Status.stopped_questionnaires: _rule(
        "Answers no more questionnaires: messages and asking stop, hospital visits go on.",
        True,
        True,
        False,
    ),
    Status.withdrew_follow_up: _rule(
        "Withdrew from follow-up: messages, asking and visits stop.", True, True, True
    ),
    Status.withdrew_data_use: _rule(
        "Withdrew the use of the data: messages, asking and visits stop.", True, True, True
    ),
    Status.screen_failure: _rule(
        "Did not meet the criteria: messages, asking and visits stop.", True, True, True
    ),
    Status.lost: _rule(
        "Cannot be reached: messages stop, but an answer that comes is taken.",
        True,
        False,
        False,
    ),
    Status.completed: _rule(
        "Reached the study's end: messages, asking and visits stop.", True, True, True
    ),
    Status.died: _rule("Has died: everything stops at once.", True, True, True),
}


STOPS_ASKING: frozenset[Status] = frozenset(one for one, rule in RULES.items() if rule.stops_asking)
"""Statuses in force of which nothing is asked."""
STOPS_VISITS: frozenset[Status] = frozenset(one for one, rule in RULES.items() if rule.stops_visits)
"""Statuses in force of which nobody comes to the hospital any more."""


class StatusRefusedError(ProServiceError):
    """A status cannot follow the one that stands."""


FINAL: Mapping[Status, tuple[Status, ...]] = {
    Status.withdrew_data_use: (Status.died,),
    Status.died: (),
}
"""Statuses that nothing follows but these. Whoever withdrew the use of the data did so for good:
taking part again needs a consent of its own, and so an enrolment."""
WITHDRAWALS: frozenset[Status] = frozenset({Status.withdrew_follow_up, Status.withdrew_data_use})
"""What a participant says to an investigator, who records it and nobody else (R1)."""
BEFORE_TREATMENT: frozenset[Status] = frozenset({Status.screened, Status.screen_failure})
"""Statuses of those who had no injection yet."""


def lifts_withdrawal(before: Status | None, after: Status) -> bool:
    """Tell whether a status takes back, in whole or in part, a withdrawal that stands."""
    kept = {Status.died, *WITHDRAWALS}
    return before in WITHDRAWALS and after not in kept


def is_said_to_investigator(before: Status | None, after: Status) -> bool:
    """Tell whether only an investigator may record it: a withdrawal, and what takes one back."""
    return after in WITHDRAWALS or lifts_withdrawal(before, after)


def check_said(before: Status | None, after: Status) -> None:
    """Refuse what somebody who is no investigator may not record. Raises StatusRefusedError."""
    if is_said_to_investigator(before, after):
        raise StatusRefusedError(
            "A withdrawal is recorded, and taken back, by an investigator.",
            mend="Ask an investigator of the site to hear it from the participant.",
            word="investigator",
        )


def check_status(before: Status | None, after: Status, events: Sequence[EventFacts]) -> None:
    """Refuse a status that cannot follow `before`. Raises StatusRefusedError.

    The same status again is taken: it says once more what stands.
    """
    if (
        before is not None
        and before in FINAL
        and after is not before
        and after not in FINAL[before]
    ):
        raise StatusRefusedError(
            f"Nobody who {_SAID[before]} becomes {after}.",
            mend="If they take part again, enrol them anew under a code of its own.",
            word="final",
        )
    if after in BEFORE_TREATMENT and after is not before and is_treated(events):
        raise StatusRefusedError(
            f"Nobody who had an injection becomes {after}.",
            mend="Record what ended it: stopped_treatment, withdrew_follow_up or lost.",
            word="treated",
        )


def is_treated(events: Sequence[EventFacts]) -> bool:
    """Tell whether an injection has happened."""
    return any(event.kind in INJECTIONS and event.occurred_at is not None for event in events)


_SAID: Mapping[Status, str] = {
    Status.withdrew_data_use: "withdrew the use of the data",
    Status.died: "has died",
}


class Standing(NamedTuple):
    """Where a participant stands. Without any status nothing may be sent or asked."""

    status: Status | None
    may_message: bool
    may_answer: bool
    ended_at: datetime | None = None
    """Since when nothing may be asked any more (UTC), through every status that kept it so."""


def standing(
    statuses: Sequence[StatusFacts], now: datetime, events: Sequence[EventFacts] = ()
) -> Standing:
    """Return the standing at `now`.

    `statuses` are in the order they were recorded: a later one replaces all before it, from the
    instant it takes effect. A death among the `events` counts even if no status was recorded.
    """
    words = list(statuses)
    for event in events:
        if event.kind is EventKind.death and event.occurred_at is not None:
            words.append(StatusFacts(status=Status.died, effective_at=event.occurred_at))
    status: Status | None = None
    ended_at: datetime | None = None
    for instant in sorted({word.effective_at for word in words if word.effective_at <= now}):
        status = next(word.status for word in reversed(words) if word.effective_at <= instant)
        if not RULES[status].stops_asking:
            ended_at = None
        elif ended_at is None:
            ended_at = instant
    if status is None:
        return Standing(status=None, may_message=False, may_answer=False)
    rule = RULES[status]
    return Standing(
        status=status,
        may_message=not rule.stops_messages,
        may_answer=not rule.stops_asking,
        ended_at=ended_at,
    )


def overruled(effective: Sequence[datetime]) -> tuple[bool, ...]:
    """Tell of each status, in the order of record, whether a later one began before it and stands.

    The end of a pause that was ended by hand, or dated anew, is such: it never takes effect.
    """
    return tuple(
        any(later < instant for later in effective[place + 1 :])
        for place, instant in enumerate(effective)
    )
