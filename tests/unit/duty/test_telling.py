"""Whom an urgent alert is told to: steps, repeats, holds, and people who are not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.study.coming import Escalation, EscalationStep
from pro_service.domain.study.duty import (
    AlertClock,
    DueNotice,
    NoticeState,
    Reachable,
    Stretch,
    Told,
    notices_due,
    people_of_step,
)

ANNA, BO, CAI = (uuid5(UUID(int=7), name) for name in ("anna", "bo", "cai"))
START = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STEPS = (
    EscalationStep(after_minutes=0, tell="on_duty"),
    EscalationStep(after_minutes=15, tell="deputy"),
    EscalationStep(after_minutes=45, tell="medical_monitor", outside_the_site=True),
)
LADDER = Escalation(hold_minutes=30, steps=STEPS)
Whom = Mapping[str, Sequence[UUID]]
ALL: Whom = {"on_duty": [ANNA], "deputy": [BO], "medical_monitor": [CAI]}
sent, refused = NoticeState.sent, NoticeState.refused
ambiguous, claimed = NoticeState.ambiguous, NoticeState.claimed


def due(
    minutes: float, *told: Told, whom: Whom = ALL, held: datetime | None = None
) -> list[DueNotice]:
    clock = AlertClock(START + minutes * MINUTE, START, held, told)
    return notices_due(LADDER, clock, lambda step: whom[step.tell])


def told(
    person: UUID,
    step: int,
    state: NoticeState,
    minutes: float = 0,
    *,
    tries: int = 1,
    on: float = 0,
) -> Told:
    return Told(person, START + on * MINUTE, step, tries, START + minutes * MINUTE, state)


def test_each_step_is_told_once_its_minutes_have_passed() -> None:
    assert due(0) == [DueNotice(ANNA, START, 0, 1)]
    first = told(ANNA, 0, sent)
    assert due(14, first) == []
    assert due(15, first) == [DueNotice(BO, START, 1, 1)]
    second = told(BO, 1, sent, 15)
    assert due(44, first, second) == []
    assert due(45, first, second) == [DueNotice(CAI, START, 2, 1)]


def test_a_notice_of_unknown_fate_is_repeated_once_and_then_the_next_person_is_told() -> None:
    for state in (ambiguous, refused):
        assert due(1, told(ANNA, 0, state)) == [DueNotice(ANNA, START, 0, 2)]
        again = told(ANNA, 0, state, tries=2)
        assert due(1, told(ANNA, 0, state), again) == [DueNotice(BO, START, 1, 1)]
    # While it is being sent nobody else is told for it.
    assert due(1, told(ANNA, 0, claimed)) == []


def test_where_nobody_is_on_duty_the_step_outside_the_site_does_not_wait() -> None:
    nobody = {"on_duty": [], "deputy": [], "medical_monitor": [CAI]}
    assert due(0, whom=nobody) == [DueNotice(CAI, START, 2, 1)]
    assert due(0, whom=dict.fromkeys(ALL, ())) == []


def test_whoever_takes_it_holds_the_next_step_back_and_then_the_ladder_begins_anew() -> None:
    first = told(ANNA, 0, sent)
    held = START + 40 * MINUTE
    assert due(39, first, held=held) == []
    assert due(40, first, held=held) == [DueNotice(ANNA, held, 0, 1)]
    again = told(ANNA, 0, sent, 40, on=40)
    assert due(54, first, again, held=held) == []
    assert due(55, first, again, held=held) == [DueNotice(BO, held, 1, 1)]


def test_where_all_were_told_in_vain_it_begins_anew_until_somebody_assesses_it() -> None:
    whole = [told(ANNA, 0, sent), told(BO, 1, sent, 15), told(CAI, 2, sent, 45)]
    assert due(74, *whole) == []
    anew = START + 75 * MINUTE
    assert due(75, *whole) == [DueNotice(ANNA, anew, 0, 1)]
    assert due(300, *whole) == [DueNotice(ANNA, anew, 0, 1)]


@given(
    gone=st.sets(st.sampled_from(sorted(ALL))),
    fates=st.lists(st.sampled_from([sent, ambiguous, refused]), min_size=60, max_size=60),
)
def test_as_long_as_anybody_can_be_told_somebody_is_within_the_hour(
    gone: set[str], fates: list[NoticeState]
) -> None:
    """A round a minute for five hours: there is never an hour without a notice."""
    whom = {name: ([] if name in gone else people) for name, people in ALL.items()}
    past: list[Told] = []
    for minute in range(300):
        for one in due(minute, *past, whom=whom):
            fate = fates[len(past) % len(fates)]
            past.append(
                Told(one.person, one.ladder_at, one.step, one.try_, START + minute * MINUTE, fate)
            )
        if len(gone) < len(ALL):
            assert past
            assert START + minute * MINUTE - past[-1].made_at <= timedelta(hours=1)
    assert len(set(past)) == len(past)
    keys = [(one.person, one.ladder_at, one.step, one.try_) for one in past]
    assert len(set(keys)) == len(keys)


def test_a_step_means_deputies_a_role_or_whoever_is_first() -> None:
    duty = [
        Stretch(START, START + MINUTE, ANNA, 1),
        Stretch(START, START + MINUTE, BO, 3),
    ]
    staff = [
        Reachable(ANNA, {"coordinator"}, set()),
        Reachable(BO, {"investigator"}, set()),
        Reachable(CAI, {"investigator"}, {"investigator"}),
    ]

    def means(tell: str, *, outside: bool = False) -> list[UUID]:
        step = EscalationStep(after_minutes=0, tell=tell, outside_the_site=outside)
        return people_of_step(step, duty, staff)

    assert means("on_duty") == [ANNA]
    assert means("deputy") == [BO]
    assert means("investigator") == [BO]
    assert means("medical_monitor", outside=True) == [CAI]
    assert means("coordinator", outside=True) == []
    # Whoever cannot be told, for want of an address, is left out.
    assert people_of_step(STEPS[0], duty, staff[1:]) == []
