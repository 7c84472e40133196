"""What a call came to, and what follows: the table the desk acts by (N2, N4)."""

from __future__ import annotations

import pytest

from pro_service.domain.study.calls import CallReason
from pro_service.domain.study.follow_up.call_keys import (
    ANOTHER_WAY,
    BAD_NUMBER,
    CONFIRM_NUMBER,
    FIND_NUMBER,
    TEXT_HELD,
)
from pro_service.domain.study.reaching.call_outcomes import (
    DEATH_REPORTED,
    HOSPITAL_REPORTED,
    REST_LASTS,
    UNTIL_DONE,
    UNTIL_REACHED,
    CallOutcome,
    WhatFollows,
    what_follows,
)

REASONS = [
    *CallReason,
    *(ANOTHER_WAY, BAD_NUMBER, CONFIRM_NUMBER, FIND_NUMBER, TEXT_HELD),
    *("not_understood", "no_channel", "too_long"),
]


@pytest.mark.parametrize(
    ("outcome", "follows"),
    [
        (CallOutcome.reached, WhatFollows()),
        (CallOutcome.no_answer, WhatFollows()),
        (CallOutcome.wrong_number, WhatFollows(not_theirs=True)),
        (CallOutcome.rest, WhatFollows(rests_for=REST_LASTS)),
        (CallOutcome.hospital, WhatFollows(alert=HOSPITAL_REPORTED)),
        (CallOutcome.died, WhatFollows(alert=DEATH_REPORTED, rests_until_said=True)),
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
