from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.study.facts import EventFacts, EventKind, VisitFacts
from pro_service.domain.study.schedule import Rescheduling, plan_visits, reschedule
from pro_service.domain.study.times import day_end, day_start, zone
from tests.unit.study.study_makers import (
    INJECTION_ON,
    SHANGHAI,
    answer,
    at,
    attempt,
    days,
    example,
    injection,
    plan,
    submitted,
    uuid,
    visit,
)

DONE = at(INJECTION_ON, 10, 15)


def _window(definition: str, done: datetime = DONE) -> tuple[datetime, date, datetime | None]:
    planned = plan([injection(occurred_at=done)])[definition]
    return planned.opens_at, planned.target_on, planned.closes_at


def test_baseline_opens_14_days_before_the_planned_injection_and_is_asked_before_it() -> None:
    baseline = plan([injection()])["baseline"]
    assert baseline.opens_at == day_start(INJECTION_ON - days(14), SHANGHAI)
    assert baseline.target_on == INJECTION_ON - days(3)
    assert not baseline.provisional


def test_baseline_closes_after_the_planned_day_until_the_injection_has_happened() -> None:
    assert plan([injection()])["baseline"].closes_at == day_end(INJECTION_ON, SHANGHAI)
    assert plan([injection(occurred_at=DONE)])["baseline"].closes_at == DONE


def test_an_injection_weeks_before_its_plan_takes_the_baseline_window_with_it() -> None:
    early = at(INJECTION_ON - days(30), 9)
    baseline = plan([injection(occurred_at=early)])["baseline"]
    assert baseline.closes_at == early
    assert baseline.opens_at == day_start(INJECTION_ON - days(44), SHANGHAI)


def test_visits_after_a_planned_injection_are_provisional_until_it_happens() -> None:
    planned = plan([injection()])
    after = {key for key, each in planned.items() if each.provisional}
    assert after == {v.id for v in example().visits} - {
        "screening", "baseline", "early_termination", "unscheduled"
    }  # fmt: skip
    assert not any(each.provisional for each in plan([injection(occurred_at=DONE)]).values())


def test_visits_count_from_the_day_the_injection_happened_not_from_the_plan() -> None:
    slipped = at(INJECTION_ON + days(6), 9)
    opens_at, target_on, closes_at = _window("week_2", slipped)
    assert target_on == INJECTION_ON + days(20)
    assert opens_at == day_start(INJECTION_ON + days(17), SHANGHAI)
    assert closes_at == day_end(INJECTION_ON + days(23), SHANGHAI)


def test_safety_3_is_open_from_day_2_to_day_4() -> None:
    opens_at, target_on, closes_at = _window("safety_3")
    assert target_on == INJECTION_ON + days(3)
    assert opens_at == day_start(INJECTION_ON + days(2), SHANGHAI)
    assert closes_at == day_end(INJECTION_ON + days(4), SHANGHAI)


def test_month_offsets_clamp_to_the_end_of_february() -> None:
    _, target_on, _ = _window("month_1", at(date(2026, 1, 31), 9))
    assert target_on == date(2026, 2, 28)


def test_screening_aims_at_the_consent_day_and_ends_on_the_planned_injection_day() -> None:
    consent = EventFacts(
        id=uuid(9), kind=EventKind.consent, occurred_at=at(INJECTION_ON - days(20), 11)
    )
    screening = plan([consent, injection()])["screening"]
    assert screening.target_on == INJECTION_ON - days(20)
    assert screening.opens_at == day_start(INJECTION_ON - days(28), SHANGHAI)
    assert screening.closes_at == day_end(INJECTION_ON, SHANGHAI)
    assert screening.assessments == ()


def test_early_termination_appears_once_it_has_happened() -> None:
    expected = EventFacts(
        id=uuid(9), kind=EventKind.early_termination, planned_on=INJECTION_ON + days(50)
    )
    assert "early_termination" not in plan([injection(), expected])
    happened = expected.model_copy(update={"occurred_at": at(INJECTION_ON + days(40), 12)})
    ended = plan([injection(), happened])["early_termination"]
    assert ended.target_on == INJECTION_ON + days(40)
    assert ended.closes_at == day_end(INJECTION_ON + days(54), SHANGHAI)


def test_a_question_about_knees_is_asked_for_each_treated_knee() -> None:
    planned = plan([injection(occurred_at=DONE)], ("left_knee", "right_knee"))
    assert planned["week_2"].assessments == (
        ("womac-nrs-3.1", "left_knee"),
        ("womac-nrs-3.1", "right_knee"),
        ("pain-nrs", "left_knee"),
        ("pain-nrs", "right_knee"),
        ("pga", "person"),
    )


def test_without_any_injection_date_nothing_counts_from_it() -> None:
    assert plan([]) == {}
    assert plan([injection(planned_on=None)]) == {}


def _moved(current: list[VisitFacts], event: EventFacts) -> Rescheduling:
    return reschedule(current, list(plan([event]).values()))


def test_the_same_events_again_change_nothing() -> None:
    current = [visit(each, n) for n, each in enumerate(plan([injection()]).values())]
    result = _moved(current, injection())
    assert (result.superseded, result.created, result.reclosed) == ((), (), ())
    assert result.kept == tuple(each.id for each in current)


def test_first_visits_have_schedule_revision_1() -> None:
    assert {new.schedule_revision for new in _moved([], injection()).created} == {1}


def test_moving_the_injection_supersedes_untouched_visits_with_the_next_revision() -> None:
    current = [visit(each, n) for n, each in enumerate(plan([injection()]).values())]
    result = _moved(current, injection(planned_on=INJECTION_ON + days(5)))
    assert set(result.superseded) == {each.id for each in current}
    assert {new.schedule_revision for new in result.created} == {2}
    assert len(result.created) == len(current)


def test_a_visit_with_an_answer_or_attempt_keeps_its_dates() -> None:
    baseline = visit(plan([injection()])["baseline"])
    moved = injection(planned_on=INJECTION_ON + days(5))
    for update in ({"answers": (answer(),)}, {"attempt": attempt(DONE)}, {"declined_at": DONE}):
        first = baseline.assessments[0].model_copy(update=update)
        touched = baseline.model_copy(update={"asked": (first, *baseline.assessments[1:])})
        result = _moved([touched], moved)
        assert result.kept == (touched.id,)
        assert "baseline" not in {new.visit.definition for new in result.created}


def test_an_answered_baseline_still_closes_at_the_time_of_the_injection() -> None:
    baseline = submitted(visit(plan([injection()])["baseline"]), DONE + timedelta(hours=3))
    result = _moved([baseline], injection(occurred_at=DONE))
    assert result.kept == (baseline.id,)
    assert [(each.visit_id, each.closes_at) for each in result.reclosed] == [(baseline.id, DONE)]


def test_an_unscheduled_visit_is_never_superseded() -> None:
    extra = visit(plan([injection()])["baseline"], definition="unscheduled", closes_at=None)
    assert reschedule([extra], []).kept == (extra.id,)


def test_an_untouched_visit_whose_event_was_taken_back_is_superseded_without_another() -> None:
    month = visit(plan([injection()])["month_1"])
    result = reschedule([month], [])
    assert result.superseded == (month.id,)
    assert result.created == ()


def test_a_definition_planned_again_goes_on_after_its_highest_revision() -> None:
    planned = [plan([injection()])["month_1"]]
    result = reschedule([], planned, {("month_1", 1): 3})
    assert result.created[0].schedule_revision == 4


ZONES = st.sampled_from(["Asia/Shanghai", "Europe/London", "America/Sao_Paulo", "Pacific/Apia"])


@given(
    name=ZONES,
    done=st.datetimes(min_value=datetime(2015, 1, 1), max_value=datetime(2035, 1, 1)),  # noqa: DTZ001  (made aware below)
)
def test_every_planned_window_is_open_for_a_while(name: str, done: datetime) -> None:
    event = injection(planned_on=None, occurred_at=done.replace(tzinfo=UTC))
    for planned in plan_visits(
        example(), events=[event], zone=zone(name), treated_knees=("left_knee",)
    ):
        assert planned.closes_at is not None
        assert planned.opens_at < planned.closes_at
