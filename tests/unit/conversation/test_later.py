"""T8: "later" finds the next evening that the visit, the gap and the hours allow, or none."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.conversation.later import plan_later
from pro_service.domain.study.facts import Status
from pro_service.domain.study.nudges import DRIFT, is_quiet_at
from pro_service.domain.study.times import zone
from tests.unit.study.study_makers import (
    INJECTION_ON,
    LONG_AGO,
    at,
    days,
    example,
    injection,
    participant,
    plan,
    reminder,
    statuses,
    visit,
)

PLANNED = plan([injection(occurred_at=at(INJECTION_ON, 10))])
TARGET = PLANNED["week_2"].target_on
SENT = at(TARGET - days(2), 18, 30)
ACTIVE = statuses((Status.active, LONG_AGO))
GONE = reminder(1, SENT).model_copy(update={"ended_at": SENT, "sent_at": SENT})
WAITING = reminder(2, at(TARGET + days(1), 18, 30))
WEEK_2 = visit(PLANNED["week_2"], reminders=(GONE, WAITING))


def test_t8_the_waiting_nudge_comes_the_next_evening() -> None:
    now = SENT + timedelta(minutes=5)
    facts = participant([WEEK_2], now=now, statuses=ACTIVE)
    facts = facts.model_copy(update={"last_reminder_text_at": SENT})
    made = plan_later(facts, example(), WEEK_2)
    assert (made.asks_at, made.moves, made.adds) == (
        at(TARGET - days(1), 18, 30),
        WAITING.id,
        None,
    )


def test_t8_a_safety_visit_keeps_its_own_hours() -> None:
    due_at = at(INJECTION_ON + days(3), 9, 30)
    safety = visit(PLANNED["safety_3"], 2, reminders=(reminder(1, due_at),))
    facts = participant([safety], now=at(INJECTION_ON + days(3), 9), statuses=ACTIVE)
    made = plan_later(facts, example(), safety)
    assert (made.asks_at, made.moves, made.adds) == (due_at, None, None)


def test_t8_in_a_pause_nothing_is_promised() -> None:
    facts = participant([WEEK_2], now=SENT, statuses=statuses((Status.paused, LONG_AGO)))
    assert plan_later(facts, example(), WEEK_2).asks_at is None


@given(
    st.timedeltas(timedelta(0), timedelta(days=20)),
    st.integers(0, 6),
    st.booleans(),
)
def test_t8_what_is_promised_can_be_kept(since: timedelta, used: int, waits: bool) -> None:
    """The hour lies inside the visit, out of quiet hours, an hour ahead, and the gap is kept."""
    protocol = example()
    gone = tuple(
        reminder(number, SENT).model_copy(update={"ended_at": SENT, "sent_at": SENT})
        for number in range(1, used + 1)
    )
    waiting = (reminder(used + 1, at(TARGET + days(1), 18, 30)),) if waits else ()
    week_2 = visit(PLANNED["week_2"], reminders=(*gone, *waiting))
    facts = participant([week_2], now=SENT + since, statuses=ACTIVE)
    facts = facts.model_copy(update={"last_reminder_text_at": SENT})
    made = plan_later(facts, protocol, week_2)
    if made.asks_at is None:
        assert (made.moves, made.adds) == (None, None)
        return
    assert week_2.closes_at is not None
    assert facts.now + DRIFT <= made.asks_at < week_2.closes_at
    assert made.asks_at >= SENT + timedelta(hours=protocol.messaging.minimum_gap_hours)
    assert not is_quiet_at(made.asks_at, protocol.messaging, zone(facts.zone))
    assert made.adds is None or made.adds <= len(protocol.messaging.then_days_after_first) + 2
    assert not (made.moves and made.adds)
