"""The safety floor (R1): whatever stops texts, a safety visit is texted, paged or called for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pro_service.domain.delivery.channels import AskingWay
from pro_service.domain.delivery.contacts import ConsentFacts, ContactFacts
from pro_service.domain.study.calls import CallReason, calls_wanted
from pro_service.domain.study.consenting.parts import ConsentPart, agreed_to, with_part
from pro_service.domain.study.consenting.versions import ConsentVersion, owed_by
from pro_service.domain.study.facts import (
    EventFacts,
    EventKind,
    ParticipantFacts,
    Status,
    VisitFacts,
)
from pro_service.domain.study.follow_up.call_keys import CallKey, ClosedCall
from pro_service.domain.study.follow_up.safety_floor import FloorWay, OverReason, safety_floor
from pro_service.domain.study.reminders import EndReason, judge
from pro_service.domain.study.statuses import FINAL
from pro_service.domain.study.times import local_day
from tests.unit.study.study_makers import (
    INJECTION_ON,
    LONG_AGO,
    SHANGHAI,
    at,
    contact,
    days,
    example,
    injection,
    participant,
    plan,
    reminder,
    statuses,
    submitted,
    uuid,
    visit,
)

INJECTED = injection(occurred_at=at(INJECTION_ON, 10))
PLANNED = plan([INJECTED])
NAMES = ("safety_1", "safety_3", "safety_7")
VISITS = {name: visit(PLANNED[name], number) for number, name in enumerate(NAMES, start=1)}
DAY = {"safety_1": 1, "safety_3": 3, "safety_7": 7}
TICK = timedelta(seconds=1)
ENDS = {Status.died, Status.withdrew_follow_up}
"""The statuses that end safety follow-up after an injection: these two and no other."""


def facts_of(
    visits: Sequence[VisitFacts] = tuple(VISITS.values()), **more: Any
) -> ParticipantFacts:
    """A participant injected on the tenth of March."""
    return participant(visits, **({"events": (INJECTED,)} | more))


def evening(name: str) -> datetime:
    """When silence at a safety visit becomes a call."""
    return at(INJECTION_ON + days(DAY[name]), 18, 30)


def wanted(facts: ParticipantFacts, now: datetime) -> list[Any]:
    """The visits that want a safety call now."""
    return [
        one.visit_id
        for one in calls_wanted(facts, example(), now, lambda _first, _last: 99)
        if one.reason is CallReason.safety_unanswered
    ]


def closed(name: str, when: datetime, outcome: str) -> ClosedCall:
    """A call about a visit, closed by staff."""
    return ClosedCall(visit_id=VISITS[name].id, closed_at=when, outcome=outcome)


NUMBERS: dict[str, tuple[ContactFacts, ...]] = {
    "good": (contact(),),
    "none": (),
    "wrong": (contact(wrong=True),),
    "bad": (contact(bad=True),),
    "unconfirmed": (contact(confirmed=False),),
    "opted_out": (contact(opted_out_at=LONG_AGO),),
    "email": (contact(kind="email"),),
    "child": (contact(relation="child", may_be_texted=False),),
}
CONSENTS: dict[str, ConsentFacts | None] = {
    "all": ConsentFacts(version="1", signed_on=LONG_AGO.date(), messages=True),
    "no_messages": ConsentFacts(version="1", signed_on=LONG_AGO.date(), messages=False),
    "abroad_too": ConsentFacts(
        version="1", signed_on=LONG_AGO.date(), messages=True, cross_border=True, caregiver=True
    ),
    "others_alone": ConsentFacts(
        version="1", signed_on=LONG_AGO.date(), messages=False, caregiver=True
    ),
    "none_known": None,
}
WAYS: tuple[AskingWay | None, ...] = (None, "text", "link", "code", "call")


@given(
    status=st.sampled_from([None, *Status]),
    consent=st.sampled_from(sorted(CONSENTS)),
    channel=st.sampled_from(["text", "link"]),
    asking=st.sampled_from(WAYS),
    number=st.sampled_from(sorted(NUMBERS)),
    name=st.sampled_from(NAMES),
    minutes=st.integers(0, 24 * 60 - 1),
)
def test_whatever_has_stopped_a_safety_day_brings_a_text_a_page_or_a_call(
    status: Status | None,
    consent: str,
    channel: str,
    asking: AskingWay | None,
    number: str,
    name: str,
    minutes: int,
) -> None:
    now = at(INJECTION_ON + days(DAY[name]), minutes // 60, minutes % 60)
    facts = facts_of(
        statuses=() if status is None else statuses((status, LONG_AGO)),
        consent=CONSENTS[consent],
        channel=channel,
        contacts=NUMBERS[number],
        now=now,
    )
    floor = safety_floor(facts, example(), VISITS[name], now, asking)
    if status in ENDS:
        assert floor.way is FloorWay.over
        assert floor.over is not None
        assert floor.over.value == status
        assert wanted(facts, now) == []
        return
    assert floor.way in (FloorWay.text, FloorWay.page, FloorWay.call)
    # Whatever becomes of the texts, somebody rings the same day at the latest.
    assert floor.call_at is not None
    assert local_day(max(floor.call_at, now), SHANGHAI) == local_day(now, SHANGHAI)
    if floor.way is not FloorWay.call:
        assert floor.no_text is None
    assert VISITS[name].id in wanted(facts, max(floor.call_at, now))


@given(
    status=st.sampled_from([None, *sorted(set(Status) - ENDS)]),
    consent=st.sampled_from(sorted(set(CONSENTS) - {"none_known"})),
    asking=st.sampled_from(WAYS),
    number=st.sampled_from(sorted(NUMBERS)),
    name=st.sampled_from(NAMES),
    part=st.sampled_from(ConsentPart),
)
def test_a_consent_given_taken_back_or_owed_leaves_the_safety_floor(
    status: Status | None,
    consent: str,
    asking: AskingWay | None,
    number: str,
    name: str,
    part: ConsentPart,
) -> None:
    now = evening(name)
    facts = facts_of(
        statuses=() if status is None else statuses((status, LONG_AGO)),
        consent=CONSENTS[consent],
        contacts=NUMBERS[number],
        now=now,
    )
    given_now = agreed_to(facts.consent, part)
    assume(given_now or status not in FINAL)
    said = with_part(facts, part, LONG_AGO.date(), given=not given_now)
    changed = facts.model_copy(update={"consent": said})
    # A version that everybody was to have signed by long ago: the one they gave stands for safety.
    asked = ConsentVersion(
        id="2", valid_from=LONG_AGO.date(), signed_again_by="everybody", within_days=1
    )
    protocol = example()
    owing = protocol.model_copy(
        update={"coming": protocol.coming.model_copy(update={"consent_version": (asked,)})}
    )
    assert owed_by((asked,), "S1", said.version, local_day(now, SHANGHAI), treated=True)
    for one in (facts, changed):
        floor = safety_floor(one, owing, VISITS[name], now, asking)
        assert floor.way in (FloorWay.text, FloorWay.page, FloorWay.call)
        assert floor.call_at is not None
        assert floor.call_at <= now
        assert safety_floor(one, protocol, VISITS[name], now, asking) == floor
        assert VISITS[name].id in wanted(one, now)


@given(
    status=st.sampled_from(sorted(set(Status) - ENDS)),
    consent=st.sampled_from(sorted(CONSENTS)),
    number=st.sampled_from(sorted(NUMBERS)),
    name=st.sampled_from(NAMES),
)
def test_what_reminders_leave_undone_calls_do(
    status: Status, consent: str, number: str, name: str
) -> None:
    due = at(INJECTION_ON + days(DAY[name]), 9, 30)
    nudged = VISITS[name].model_copy(update={"nudged": (reminder(1, due),)})
    facts = facts_of(
        [nudged],
        statuses=statuses((status, LONG_AGO)),
        consent=CONSENTS[consent],
        contacts=NUMBERS[number],
        now=due,
    )
    judgement = judge(facts, example(), due)
    floor = safety_floor(facts, example(), nudged, due)
    assert bool(judgement.together) == (floor.way in (FloorWay.text, FloorWay.page))
    if not judgement.together:
        (ended,) = judgement.ended
        assert ended.reason is floor.no_text
        assert wanted(facts, evening(name)) == [nudged.id]


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (Status.paused, EndReason.paused),
        (Status.stopped_questionnaires, EndReason.stopped_questionnaires),
        (Status.lost, EndReason.lost),
        (Status.withdrew_data_use, EndReason.withdrew_data_use),
        (Status.completed, EndReason.study_completed),
    ],
)
def test_a_status_that_stops_texts_is_a_call_in_the_evening(
    status: Status, word: EndReason
) -> None:
    facts = facts_of(statuses=statuses((status, LONG_AGO)))
    floor = safety_floor(facts, example(), VISITS["safety_3"], evening("safety_3") - TICK)
    assert (floor.way, floor.no_text, floor.call_at) == (
        FloorWay.call,
        word,
        evening("safety_3"),
    )
    assert wanted(facts, evening("safety_1") - TICK) == []
    assert wanted(facts, evening("safety_1")) == [VISITS["safety_1"].id]


def test_a_call_that_reached_nobody_is_followed_by_another_the_next_morning() -> None:
    when = evening("safety_1") + timedelta(hours=1)
    for outcome in ("no_answer", "wrong_number", "other", "not_needed"):
        facts = facts_of(closed_calls=(closed("safety_1", when, outcome),))
        morning = at(INJECTION_ON + days(2), 8, 30)
        assert wanted(facts, when) == []
        assert wanted(facts, morning - TICK) == []
        assert wanted(facts, morning) == [VISITS["safety_1"].id]


def test_calls_go_on_every_day_until_the_next_safety_visit_takes_over() -> None:
    facts = facts_of(statuses=statuses((Status.paused, LONG_AGO)))
    now, rung = at(INJECTION_ON + days(1), 0), []
    while now < at(INJECTION_ON + days(12), 0):
        called = wanted(facts, now)
        rung += [local_day(now, SHANGHAI).day - INJECTION_ON.day for _ in called]
        made = tuple(ClosedCall(visit_id=one, closed_at=now, outcome="no_answer") for one in called)
        facts = facts.model_copy(update={"closed_calls": (*facts.closed_calls, *made)})
        now += timedelta(minutes=30)
    # Every day, and in the evening of each visit's own; the last one's days end with its window.
    assert rung == [1, 2, 3, 3, 4, 5, 6, 7, 7, 8, 9]


def test_a_call_that_reached_somebody_ends_it_for_that_visit_alone() -> None:
    when = evening("safety_1") + timedelta(hours=1)
    facts = facts_of(closed_calls=(closed("safety_1", when, "reached"),))
    floor = safety_floor(facts, example(), VISITS["safety_1"], when)
    assert floor.over is OverReason.reached
    # The questions may still be answered: texts that are due go.
    assert floor.no_text is None
    assert wanted(facts, evening("safety_3") - TICK) == []
    assert wanted(facts, evening("safety_3")) == [VISITS["safety_3"].id]


def test_an_open_call_about_the_visit_is_not_doubled() -> None:
    facts = facts_of(open_calls=(CallKey(VISITS["safety_1"].id, "no_channel"),))
    assert wanted(facts, evening("safety_1")) == []


def test_a_later_safety_visit_that_was_answered_ends_an_earlier_one() -> None:
    done = submitted(VISITS["safety_3"], at(INJECTION_ON + days(2), 9))
    facts = facts_of([VISITS["safety_1"], done])
    assert wanted(facts, at(INJECTION_ON + days(2), 10)) == []


def test_somebody_who_was_seen_at_the_visit_is_not_called() -> None:
    seen = VISITS["safety_3"].model_copy(update={"attended_on": INJECTION_ON + days(3)})
    assert wanted(facts_of([seen]), evening("safety_3")) == []


def test_past_the_hour_the_call_is_wanted_at_once() -> None:
    facts = facts_of(contacts=())
    assert wanted(facts, evening("safety_3") + timedelta(hours=3)) == [VISITS["safety_3"].id]


def test_withdrawing_the_use_of_the_data_takes_no_withdrawal_from_follow_up_back() -> None:
    both = statuses(
        (Status.withdrew_follow_up, LONG_AGO), (Status.withdrew_data_use, LONG_AGO + days(1))
    )
    facts = facts_of(statuses=both)
    assert wanted(facts, evening("safety_3")) == []
    back = statuses((Status.withdrew_follow_up, LONG_AGO), (Status.active, LONG_AGO + days(1)))
    assert VISITS["safety_3"].id in wanted(facts_of(statuses=back), evening("safety_3"))


def test_a_death_that_no_status_tells_ends_it() -> None:
    death = EventFacts(id=uuid(77), kind=EventKind.death, occurred_at=at(INJECTION_ON + days(2), 1))
    assert wanted(facts_of(events=(INJECTED, death)), evening("safety_3")) == []


def test_without_an_injection_nobody_is_followed_up() -> None:
    planned = injection()
    provisional = tuple(visit(one) for one in plan([planned]).values() if one.definition in NAMES)
    for status in (Status.screen_failure, Status.completed, Status.lost):
        facts = participant(provisional, events=(planned,), statuses=statuses((status, LONG_AGO)))
        assert wanted(facts, evening("safety_3")) == []


def test_the_end_of_the_study_ends_nothing_while_safety_days_run() -> None:
    facts = facts_of(statuses=statuses((Status.completed, LONG_AGO)))
    assert wanted(facts, evening("safety_7")) == [VISITS["safety_7"].id]
    assert wanted(facts, at(INJECTION_ON + days(10), 0)) == []


def test_an_investigators_word_ends_the_calls_and_texts_of_the_injection_it_followed() -> None:
    facts = facts_of(safety_ended_at=at(INJECTION_ON + days(2), 9))
    floor = safety_floor(facts, example(), VISITS["safety_3"], evening("safety_3"))
    assert (floor.over, floor.no_text) == (OverReason.ended, EndReason.safety_ended)
    assert wanted(facts, evening("safety_3")) == []


def test_a_later_injection_begins_a_safety_follow_up_of_its_own() -> None:
    facts = facts_of(safety_ended_at=at(INJECTION_ON, 9))
    assert wanted(facts, evening("safety_1")) == [VISITS["safety_1"].id]
