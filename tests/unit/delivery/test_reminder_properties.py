"""What holds of every participant's reminders, whatever their visits and hours."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.delivery.contacts import ConsentFacts
from pro_service.domain.study.facts import ParticipantFacts, Status
from pro_service.domain.study.nudges import is_quiet_at, plan_first
from pro_service.domain.study.reminders import judge
from pro_service.domain.study.times import last_day_before, local_day
from tests.unit.study.study_makers import (
    INJECTION_ON,
    LONG_AGO,
    SHANGHAI,
    at,
    closing,
    contact,
    days,
    example,
    injection,
    participant,
    plan,
    reminder,
    statuses,
    submitted,
    visit,
    with_reminders,
)

PLANNED = plan([injection(occurred_at=at(INJECTION_ON, 10))])
FIRST_AT = at(PLANNED["week_2"].target_on - days(2), 18, 30)
CONSENT = ConsentFacts(version="1", signed_on=LONG_AGO.date(), messages=False)

HOURS = st.integers(min_value=-24 * 10, max_value=24 * 40)
INSTANTS = HOURS.map(lambda hours: at(INJECTION_ON, 9, 30) + timedelta(hours=hours))
DEFINITIONS = st.sampled_from(
    ["baseline", "safety_1", "safety_3", "week_2", "month_1", "injection"]
)


CONTACT = st.builds(contact, opted_out_at=st.none() | INSTANTS, texts_today=st.integers(0, 5))


@st.composite
def _participants(draw: st.DrawFn) -> ParticipantFacts:
    visits = []
    for number in range(draw(st.integers(0, 4))):
        of = visit(PLANNED[draw(DEFINITIONS)], number, provisional=draw(st.booleans()))
        count = draw(st.integers(0, 3))
        reminders = [
            reminder(
                10 * number + n,
                draw(INSTANTS),
                n + 1,
                ended_at=draw(st.none() | INSTANTS),
                sent_at=draw(st.none() | INSTANTS),
            )
            for n in range(count)
        ]
        of = with_reminders(of, *reminders)
        visits.append(submitted(of, FIRST_AT) if draw(st.booleans()) else of)
    return participant(
        visits,
        consent=draw(st.sampled_from([CONSENT, participant().consent, participant().consent])),
        contacts=(draw(CONTACT),),
        nudge_at=draw(st.none() | st.times()),
        last_reminder_text_at=draw(st.none() | INSTANTS),
        statuses=statuses((draw(st.sampled_from(list(Status))), LONG_AGO)),
    )


@given(facts=_participants(), now=INSTANTS)
def test_every_due_reminder_gets_exactly_one_outcome(
    facts: ParticipantFacts, now: datetime
) -> None:
    found = judge(facts, example(), now)
    due = [
        each.id
        for of in facts.visits
        for each in of.reminders
        if each.ended_at is None and each.due_at <= now
    ]
    outcomes = [
        *found.together,
        *(each.reminder_id for each in found.ended),
        *(each.reminder_id for each in found.postponed),
    ]
    assert sorted(outcomes) == sorted(due)
    assert all(each.due_at > now for each in found.postponed)
    assert all(each.due_at >= now for each in found.planned)
    for due_at in (*(p.due_at for p in found.postponed), *(p.due_at for p in found.planned)):
        assert not is_quiet_at(due_at, example().messaging, SHANGHAI)
    if found.together:
        assert not is_quiet_at(now, example().messaging, SHANGHAI)


def _live(facts: ParticipantFacts, lag: timedelta) -> list[tuple[datetime, tuple[str, ...]]]:
    """Live a silent participant's reminders to the end; `lag` is how late each is judged."""
    texts: list[tuple[datetime, tuple[str, ...]]] = []
    visits = {}
    for number, of in enumerate(facts.visits):
        first_at = plan_first(of, example(), SHANGHAI, facts.nudge_at, facts.now)
        reminders = () if first_at is None else (reminder(1000 * number, first_at),)
        visits[of.id] = with_reminders(of, *reminders)
    for _ in range(1000):
        due = [r.due_at for of in visits.values() for r in of.reminders if r.ended_at is None]
        if not due:
            return texts
        now = min(due) + lag
        found = judge(facts.model_copy(update={"visits": tuple(visits.values())}), example(), now)
        if found.together:
            texts.append((now, tuple(visits[each].definition for each in found.visits)))
        ended = {each.reminder_id: None for each in found.ended}
        moved = {each.reminder_id: each.due_at for each in found.postponed}
        for key, of in visits.items():
            changed = [
                r.model_copy(update={"ended_at": now, "sent_at": now})
                if r.id in found.together
                else r.model_copy(update={"ended_at": now})
                if r.id in ended
                else r.model_copy(update={"due_at": moved.get(r.id, r.due_at)})
                for r in of.reminders
            ]
            changed += [
                reminder(changed[-1].id.int - 999, each.due_at, each.ordinal)
                for each in found.planned
                if each.visit_id == key
            ]
            visits[key] = with_reminders(of, *changed)
    raise AssertionError("reminders without an end")


@given(
    lag=st.integers(0, 20 * 3600).map(lambda seconds: timedelta(seconds=seconds)),
    chosen=st.none() | st.times(),
    start=st.integers(-20, 380),
)
def test_a_silent_year_ends_with_no_two_standard_texts_within_24_hours(
    lag: timedelta, chosen: time | None, start: int
) -> None:
    visits = [visit(each, n) for n, each in enumerate(PLANNED.values())]
    facts = participant(visits, nudge_at=chosen, now=at(INJECTION_ON + days(start), 12))
    texts = _live(facts, lag)
    standard = [
        when for when, definitions in texts if not all(d.startswith("safety") for d in definitions)
    ]
    for earlier, later in pairwise(standard):
        assert later - earlier >= timedelta(hours=24)
        assert local_day(later, SHANGHAI) > local_day(earlier, SHANGHAI)
    for when, definitions in texts:
        assert not is_quiet_at(when, example().messaging, SHANGHAI)
        for definition in definitions:
            closes_at = closing(PLANNED[definition])
            if definition.startswith("safety"):
                assert when < closes_at
            else:
                assert local_day(when, SHANGHAI) < last_day_before(closes_at, SHANGHAI)


def test_a_silent_year_gets_every_text_the_protocol_means() -> None:
    visits = [visit(each, n) for n, each in enumerate(PLANNED.values())]
    facts = participant(visits, now=at(INJECTION_ON - days(20), 12))
    counts: dict[str, int] = {}
    for _, definitions in _live(facts, timedelta(0)):
        for definition in definitions:
            counts[definition] = counts.get(definition, 0) + 1
    assert counts == {
        "baseline": 2,
        "safety_1": 2,
        "safety_3": 2,
        "safety_7": 2,
        "week_2": 2,
        "month_1": 3,
        **{f"month_{n}": 2 for n in (2, 4, 5, 7, 8, 9, 10, 11)},
        **{f"month_{n}": 3 for n in (3, 6, 12)},
    }
