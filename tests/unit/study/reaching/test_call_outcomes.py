"""What a call came to, and what follows: the table the desk acts by (N2, N4)."""

from __future__ import annotations

import pytest

from pro_service.domain.delivery.senders import NoWay
from pro_service.domain.study.calls import CallReason
from pro_service.domain.study.facts import Status
from pro_service.domain.study.follow_up.call_keys import (
    ANOTHER_WAY,
    BAD_NUMBER,
    CONFIRM_NUMBER,
    FIND_NUMBER,
    TEXT_HELD,
    UNWELL,
)
from pro_service.domain.study.reaching.call_outcomes import (
    DEATH_REPORTED,
    HARM_REPORTED,
    HOSPITAL_REPORTED,
    REST_LASTS,
    UNTIL_DONE,
    UNTIL_REACHED,
    WITHDRAWAL_REPORTED,
    CallOutcome,
    Hearing,
    WhatFollows,
    what_follows,
)

REASONS = [
    *CallReason,
    *(ANOTHER_WAY, BAD_NUMBER, CONFIRM_NUMBER, FIND_NUMBER, TEXT_HELD),
    *("not_understood", "too_long"),
    *NoWay,
]


@pytest.mark.parametrize(
    ("outcome", "follows"),
    [
        (CallOutcome.reached, WhatFollows()),
        (CallOutcome.no_answer, WhatFollows()),
        (CallOutcome.wrong_number, WhatFollows(not_theirs=True)),
        (CallOutcome.rest, WhatFollows(rests_for=REST_LASTS)),
        (CallOutcome.hospital, WhatFollows(alert=HOSPITAL_REPORTED)),
        (CallOutcome.harmed, WhatFollows(alert=HARM_REPORTED)),
        (CallOutcome.died, WhatFollows(alert=DEATH_REPORTED, rests_until_said=True)),
        (CallOutcome.answers_now, WhatFollows(stays=True)),
        (CallOutcome.will_answer, WhatFollows(stays=True, comes_back=True)),
        (CallOutcome.no_texts, WhatFollows(opts_out=True)),
        (CallOutcome.declined, WhatFollows(declines=True)),
        (
            CallOutcome.stops_questionnaires,
            WhatFollows(status=Status.stopped_questionnaires),
        ),
        (CallOutcome.not_needed, WhatFollows()),
        (CallOutcome.other, WhatFollows()),
    ],
)
def test_an_ordinary_call_closes_and_its_outcome_does_one_thing(
    outcome: CallOutcome, follows: WhatFollows
) -> None:
    assert what_follows(CallReason.nudges_unanswered, outcome) == follows


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("outcome", list(CallOutcome))
def test_what_is_not_done_stays_and_what_is_not_needed_never_does(
    reason: str, outcome: CallOutcome
) -> None:
    follows = what_follows(reason, outcome)
    if outcome in (CallOutcome.not_needed, CallOutcome.died):
        assert not follows.stays
    elif outcome in (CallOutcome.answers_now, CallOutcome.will_answer):
        assert follows.stays
        assert follows.comes_back is (outcome is CallOutcome.will_answer)
    elif outcome is CallOutcome.no_answer:
        assert follows.stays is (reason in UNTIL_REACHED)
    elif outcome is CallOutcome.wrong_number:
        assert follows.not_theirs
        assert follows.stays is (
            reason in UNTIL_REACHED and reason not in (CONFIRM_NUMBER, BAD_NUMBER)
        )
    else:
        assert follows.stays is (reason in UNTIL_DONE)


def test_only_reaching_somebody_at_a_number_that_waits_confirms_it() -> None:
    confirming = [
        (reason, outcome)
        for reason in REASONS
        for outcome in CallOutcome
        if what_follows(reason, outcome).confirms
    ]
    assert confirming == [(CONFIRM_NUMBER, CallOutcome.reached)]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (CallOutcome.withdraws_follow_up, Status.withdrew_follow_up),
        (CallOutcome.withdraws_data_use, Status.withdrew_data_use),
    ],
)
def test_r1_a_withdrawal_is_recorded_only_where_an_investigator_heard_it(
    outcome: CallOutcome, status: Status
) -> None:
    """Said to somebody else it stops questionnaires, and an investigator is asked to hear it."""
    heard = what_follows("nudges_unanswered", outcome, Hearing(by_investigator=True))
    assert heard == WhatFollows(status=status)
    for hearing in (None, Hearing()):
        assert what_follows("nudges_unanswered", outcome, hearing) == WhatFollows(
            status=Status.stopped_questionnaires, alert=WITHDRAWAL_REPORTED, urgent=False
        )


def test_nobody_there_comes_back_as_often_as_the_protocol_says() -> None:
    for tried in range(5):
        follows = what_follows(
            CallReason.nudges_unanswered, CallOutcome.no_answer, Hearing(tried=tried, tries=3)
        )
        assert (follows.stays, follows.comes_back) == (tried < 2, tried < 2)


@pytest.mark.parametrize("tried", [0, 1, 9])
def test_a_number_is_looked_for_however_often_and_safety_goes_its_own_way(tried: int) -> None:
    hearing = Hearing(tried=tried, tries=3)
    for reason in (FIND_NUMBER, CONFIRM_NUMBER, ANOTHER_WAY, BAD_NUMBER):
        assert what_follows(reason, CallOutcome.no_answer, hearing).comes_back
    for reason in (CallReason.safety_unanswered, UNWELL):
        assert not what_follows(reason, CallOutcome.no_answer, hearing).stays
    for reason in (CallReason.alert_unseen, CallReason.alert_unassessed):
        follows = what_follows(reason, CallOutcome.no_answer, hearing)
        assert (follows.stays, follows.comes_back) == (True, False)
