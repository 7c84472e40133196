"""Baseline, change, thresholds, responders, areas, study days: the facts' edge rows and more."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.catalog.endpoint_files import (
    EndpointFileError,
    load_endpoint_file,
    load_endpoint_rules,
)
from pro_service.catalog.instrument_files import load_instruments
from pro_service.catalog.protocol_files import example_protocol_file, load_protocol_file
from pro_service.domain.endpoints.change import (
    Measurement,
    baseline,
    change,
    improvement,
    in_window,
    injection_at,
    percent_improvement,
    study_day,
)
from pro_service.domain.endpoints.responder import DomainPair, Responder, burden, respond
from pro_service.domain.endpoints.rules import DomainName
from pro_service.domain.endpoints.table import EndpointRow, endpoint_rows, visit_responses
from pro_service.domain.endpoints.visits import analysis_target, analysis_targets
from pro_service.domain.study.facts import EventFacts, EventKind
from pro_service.store.ids import new_id

RULES = load_endpoint_rules()
assert RULES.responder is not None
RESPONDER = RULES.responder
PROTOCOL = load_protocol_file(example_protocol_file()).protocol
SHANGHAI = ZoneInfo("Asia/Shanghai")
INJECTED = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai


def pairs(**domains: tuple[int | None, int | None]) -> dict[DomainName, DomainPair]:
    """Domain pairs from (baseline, value)."""
    made: dict[DomainName, DomainPair] = {}
    for name in ("pain", "function", "patient_global"):
        if name in domains:
            made[name] = DomainPair(
                *(None if one is None else Fraction(one) for one in domains[name])
            )
    return made


def outcome(**domains: tuple[int | None, int | None]) -> Responder:
    return respond(RESPONDER, pairs(**domains))


def injection(**changed: Any) -> EventFacts:
    given = {"kind": EventKind.injection, "occurred_at": INJECTED, "target": "left_knee"} | changed
    return EventFacts(id=new_id(), **given)


def measured(day: float, value: int | None, **changed: Any) -> Measurement:
    """WOMAC pain of the left knee, this many days after the injection's instant."""
    at = INJECTED + timedelta(days=day)
    score = None if value is None else Fraction(value)
    given: dict[str, Any] = {
        "target": "left_knee",
        "instrument": "womac-nrs-3.1",
        "scale": "pain",
        "direction": "higher is worse",
        "visit": "baseline" if day < 0 else "week_2",
        "occurrence": 1,
        "answered_at": at,
        "opens_at": at - timedelta(days=1),
        "closes_at": at + timedelta(days=1),
        "raw": None if score is None else score / 2,
        "normalised": score,
    }
    return Measurement(**given | changed)


def rows(*measurements: Measurement) -> tuple[EndpointRow, ...]:
    return endpoint_rows(RULES, PROTOCOL, [injection()], measurements, SHANGHAI)


# ---- responders


def test_e36_bounds_of_path_a_are_included() -> None:
    assert outcome(pain=(40, 20), function=(50, 50), patient_global=(50, 50)) == Responder(
        "responder", "A"
    )


def test_e37_relative_alone_is_not_enough() -> None:
    found = outcome(pain=(30, 14), function=(30, 29), patient_global=(30, 29))
    assert found == Responder("non_responder")


def test_e38_function_and_global_alone_make_a_responder_by_path_b() -> None:
    found = outcome(pain=(60, 58), function=(60, 48), patient_global=(50, 40))
    assert found == Responder("responder", "B")


def test_e39_a_baseline_of_0_counts_as_not_improved() -> None:
    found = outcome(pain=(0, 0), function=(60, 48), patient_global=(50, 45))
    assert found == Responder("non_responder")


def test_e39_a_missing_domain_matters_only_where_it_could_change_the_result() -> None:
    a = outcome(pain=(40, 20), function=(None, None))
    assert a == Responder("responder", "A")
    open_ = outcome(pain=(60, 58), function=(60, 48), patient_global=(50, None))
    assert open_ == Responder("not_evaluable", reason="patient_global: no value")
    settled = outcome(pain=(60, 58), function=(60, 58), patient_global=(50, None))
    assert settled == Responder("non_responder")


def test_missing_pain_could_always_change_the_result_unless_its_baseline_was_too_low() -> None:
    assert outcome(pain=(50, None), function=(50, 50), patient_global=(50, 50)).outcome == (
        "not_evaluable"
    )
    low = outcome(pain=(9, None), function=(50, 50), patient_global=(50, 40))
    assert low == Responder("non_responder")


def test_missing_baseline_could_not_help_a_value_that_is_almost_the_worst() -> None:
    assert outcome(pain=(None, 95), function=(50, 50), patient_global=(50, 40)) == Responder(
        "non_responder"
    )
    assert outcome(pain=(None, 20), function=(50, 50)).reason == (
        "pain: no baseline; patient_global: no baseline and no value"
    )


def test_no_scores_at_all_are_not_evaluable() -> None:
    assert outcome().outcome == "not_evaluable"


def test_a_bound_met_exactly_by_a_value_without_end_is_met() -> None:
    """50 % of 200/3 and 20 % of 100/3 would be missed by scores rounded to 12 places."""
    pair = DomainPair(Fraction(200, 3), Fraction(100, 3))
    assert respond(RESPONDER, {"pain": pair}).path == "A"


def test_a_scale_on_which_100_is_best_is_turned_round() -> None:
    assert burden(Fraction(70), "higher is better") == 30
    assert burden(Fraction(70), "higher is worse") == 70
    assert burden(None, "higher is better") is None


scores = st.one_of(st.none(), st.integers(0, 100))


@given(
    st.dictionaries(
        st.sampled_from(["pain", "function", "patient_global"]), st.tuples(scores, scores)
    )
)
def test_evaluable_outcome_stays_whatever_the_missing_scores_are(
    domains: dict[str, tuple[int | None, int | None]],
) -> None:
    found = outcome(**domains)
    if found.outcome == "not_evaluable":
        assert found.reason
        return
    for missing in (0, 37, 100):
        filled = {
            name: (missing if first is None else first, missing if then is None else then)
            for name in ("pain", "function", "patient_global")
            for first, then in (domains.get(name, (None, None)),)
        }
        assert outcome(**filled).outcome == found.outcome


# ---- baseline, change, thresholds


def test_baseline_is_the_last_scorable_sitting_before_the_injection() -> None:
    early, late, empty = measured(-9, 60), measured(-2, 50), measured(-1, None)
    partial = measured(-1.5, 10, basis="partial")
    after = measured(1, 20)
    assert baseline([after, partial, late, empty, early], INJECTED) is late


def test_an_answer_at_the_minute_of_the_injection_is_not_before_it() -> None:
    assert baseline([measured(0, 50)], INJECTED) is None


def test_percent_improvement_at_baseline_0_is_undefined() -> None:
    assert percent_improvement(Fraction(10), Fraction(0), "higher is worse") is None
    assert change(Fraction(10), Fraction(0)) == 10


def test_improvement_is_positive_when_things_get_better_in_either_direction() -> None:
    assert improvement(Fraction(20), Fraction(50), "higher is worse") == 30
    assert improvement(Fraction(80), Fraction(50), "higher is better") == 30
    assert percent_improvement(Fraction(80), Fraction(50), "higher is better") == 60
    assert improvement(Fraction(80), Fraction(50), "none") is None


def test_percent_improvement_is_of_the_burden_where_100_is_best() -> None:
    """KOOS pain 20 -> 40 is a burden of 80 -> 60: a quarter of it is gone, not all."""
    assert percent_improvement(Fraction(40), Fraction(20), "higher is better") == 25
    assert percent_improvement(Fraction(100), Fraction(100), "higher is better") is None
    assert percent_improvement(Fraction(40), Fraction(20), "none") is None


def test_a_raw_score_of_which_more_is_better_has_no_percentage() -> None:
    alone: dict[str, Any] = {"normalised": None, "direction": "higher is better"}
    _, row = rows(
        measured(-1, 0, raw=Fraction(40), **alone), measured(14, 0, raw=Fraction(50), **alone)
    )
    assert (row.change_raw, row.percent_improvement) == (Fraction(10), None)


def test_change_and_percent_of_a_visit_are_from_baseline() -> None:
    _, row = rows(measured(-1, 80), measured(14, 60))
    assert (row.baseline, row.change, row.percent_improvement) == (
        Fraction(80),
        Fraction(-20),
        Fraction(25),
    )


def test_a_scale_without_normalisation_has_raw_figures_and_a_percentage() -> None:
    alone: dict[str, Any] = {"normalised": None}
    _, row = rows(
        measured(-1, 0, raw=Fraction(8), **alone), measured(14, 0, raw=Fraction(6), **alone)
    )
    assert (row.baseline_raw, row.change_raw, row.percent_improvement) == (
        Fraction(8),
        Fraction(-2),
        Fraction(25),
    )
    assert (row.baseline, row.change, row.average) == (None, None, None)


@pytest.mark.parametrize(("value", "met"), [("40.3", True), ("40.31", False)])
def test_a_threshold_s_bound_is_included_and_exact(value: str, met: bool) -> None:
    exact = Fraction(Decimal(value))
    _, row = rows(measured(-1, 50), measured(14, 0, normalised=exact))
    assert row.thresholds == {"perceptible_pain": met}


def test_thresholds_of_the_rating_are_on_its_raw_points() -> None:
    nrs = {"instrument": "pain-nrs", "raw": Fraction(7), "normalised": Fraction(70)}
    now = nrs | {"raw": Fraction(5), "normalised": Fraction(50)}
    _, row = rows(measured(-1, 0, **nrs), measured(14, 0, **now))
    assert row.thresholds == {"important_pain": True}


def test_every_threshold_and_the_responder_name_their_source() -> None:
    assert {one.id: (one.points, one.on) for one in RULES.thresholds} == {
        "perceptible_pain": (Decimal("9.7"), "0-100"),
        "perceptible_function": (Decimal("9.3"), "0-100"),
        "perceptible_stiffness": (Decimal("10.0"), "0-100"),
        "important_pain": (Decimal(2), "raw"),
    }
    assert all(one.citation for one in RULES.thresholds)
    assert "2004" in (RESPONDER.citation or "")


def test_no_baseline_gives_no_change_and_no_figure_of_0() -> None:
    (row,) = rows(measured(14, 60))
    assert (row.baseline, row.change, row.percent_improvement, row.average) == (None,) * 4
    assert row.thresholds == {}


# ---- days


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2026, 11, 30), -1), (date(2026, 12, 1), 1), (date(2026, 12, 2), 2)],
)
def test_there_is_no_study_day_0(day: date, expected: int) -> None:
    assert study_day(day, date(2026, 12, 1)) == expected


@given(st.dates(), st.integers(-4000, 4000))
def test_study_days_rise_and_never_are_0(reference: date, ahead: int) -> None:
    day = date.fromordinal(max(2, min(date.max.toordinal() - 1, reference.toordinal() + ahead)))
    found = study_day(day, reference)
    assert found != 0
    assert study_day(day + timedelta(days=1), reference) - found in (1, 2)


def test_study_day_is_of_the_participant_s_own_calendar() -> None:
    """16:30 UTC on the day before is already the day of the injection in Shanghai."""
    (row,) = rows(measured(-1, 50, answered_at=datetime(2026, 11, 30, 16, 30, tzinfo=UTC)))
    assert row.study_day == 1
    assert row.analysis_visit == "baseline"


def test_before_the_injection_happens_there_is_no_study_day() -> None:
    (row,) = endpoint_rows(RULES, PROTOCOL, [], [measured(-1, 50)], SHANGHAI)
    assert (row.study_day, row.is_baseline, row.analysis_visit) == (None, False, None)


@pytest.mark.parametrize(("late_by", "within"), [(-1, True), (0, False), (1, False)])
def test_the_closing_instant_is_no_longer_in_the_window(late_by: int, within: bool) -> None:
    one = measured(14, 50)
    assert one.closes_at is not None
    at = one.closes_at + timedelta(microseconds=late_by)
    assert in_window(measured(14, 50, answered_at=at)) is within
    assert in_window(measured(14, 50, answered_at=at, closes_at=None))
    assert not in_window(measured(14, 50, answered_at=one.opens_at - timedelta(microseconds=1)))


def test_each_knee_counts_from_its_own_injection() -> None:
    later = INJECTED + timedelta(days=30)
    events = [injection(), injection(ordinal=2, target="right_knee", occurred_at=later)]
    assert injection_at(events, "left_knee") == INJECTED
    assert injection_at(events, "right_knee") == later
    assert injection_at(events, "person") == INJECTED
    assert injection_at([injection(target=None)], "right_knee") == INJECTED
    rescue = injection(kind=EventKind.rescue_injection)
    assert (
        injection_at([rescue, injection(occurred_at=None, planned_on=later.date())], "left_knee")
        is None
    )


# ---- analysis visits


def test_analysis_visit_is_the_nearest_by_day_whatever_visit_asked() -> None:
    _, row = rows(measured(-1, 80), measured(40, 60, visit="week_2"))
    assert row.measured.visit == "week_2"
    assert row.analysis_visit == "month_1"


def test_of_two_equally_near_visits_the_earlier_is_taken() -> None:
    targets = analysis_targets(PROTOCOL, "womac-nrs-3.1", date(2026, 12, 1))
    assert [one.visit for one in targets][:2] == ["week_2", "month_1"]
    first, second = targets[0].day, targets[1].day
    middle = date.fromordinal((first.toordinal() + second.toordinal()) // 2)
    found = analysis_target(middle, targets)
    assert found is not None
    assert found.visit == "week_2"


def test_the_last_analysis_visit_ends_as_long_after_its_day_as_it_begins_before_it() -> None:
    """An extra visit on day 601 was month 12 once: its days end now, as those of the others do."""
    *_, before, last = analysis_targets(PROTOCOL, "womac-nrs-3.1", date(2026, 12, 1))
    half = timedelta(days=(last.day - before.day).days // 2)
    assert analysis_target(last.day + half, (before, last)) == last
    assert analysis_target(last.day + timedelta(days=1) + half, (before, last)) is None
    (row,) = rows(measured(601, 30))
    assert (row.analysis_visit, row.days_off, row.is_analysis_record) == (None, None, False)


def test_one_value_of_a_visit_is_flagged_the_nearest_then_the_earlier() -> None:
    values = [
        measured(-9, 70),
        measured(-1, 80),
        measured(88, 60, visit="month_3"),
        measured(95, 30, visit="early_termination"),
        measured(92, 50, visit="extra"),
        measured(90, None),
        measured(90, 10, basis="partial"),
    ]
    found = rows(*values)
    assert [one.analysis_visit for one in found] == ["baseline", "baseline", *["month_3"] * 5]
    assert [one.days_off for one in found[2:]] == [-2, 5, 2, 0, 0]
    assert [one.is_analysis_record for one in found] == [False, True, True, *[False] * 4]


def test_each_knee_and_each_scale_has_a_record_of_its_own() -> None:
    found = rows(
        measured(91, 60),
        measured(95, 60, scale="function"),
        measured(96, 60, target="person"),
    )
    assert [one.is_analysis_record for one in found] == [True, True, True]


def test_an_instrument_no_visit_asks_has_no_analysis_visit() -> None:
    _, row = rows(measured(-1, 8), measured(3, 6, instrument="koos"))
    assert row.analysis_visit is None


# ---- visits


def test_area_does_not_count_a_day_0() -> None:
    """From the day before the injection to the day after are two days, not three."""
    _, middle, last = rows(measured(-1, 60), measured(0.1, 0), measured(1, 60))
    assert middle.average == 30
    assert last.average == 30


def test_a_knee_s_response_takes_the_person_s_global_rating() -> None:
    rating = {"instrument": "pga", "scale": "pga", "target": "person"}
    function = {"scale": "function"}
    found = visit_responses(
        RULES,
        [injection()],
        [
            measured(-1, 60),
            measured(-1, 60, **function),
            measured(-1, 50, **rating),
            measured(14, 58),
            measured(14, 48, **function),
            measured(14, 40, **rating),
        ],
    )
    assert [(one.target, one.visit, one.responder) for one in found] == [
        ("left_knee", "week_2", Responder("responder", "B"))
    ]


def test_one_instrument_s_baseline_is_never_compared_with_another_s_value() -> None:
    found = visit_responses(
        RULES, [injection()], [measured(-1, 60), measured(14, 10, instrument="womac-lk-3.1")]
    )
    assert [one.responder.outcome for one in found] == ["not_evaluable"]


# ---- configuration


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("points = 9.7", "points = 0", "thresholds.0.points"),
        ('scale = "pain"\npoints', 'scale = "pian"\npoints', "has no scale pian"),
        ("low_domains = 2", "low_domains = 4", "responder.low_domains"),
        ("low_domains = 2", "low_domains = ", "is not TOML"),
    ],
)
def test_a_mistake_in_the_rules_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    import pro_service.catalog

    shipped = Path(pro_service.catalog.__file__).parent / "endpoints" / "default.toml"
    text = shipped.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "rules.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(EndpointFileError, match=said):
        load_endpoint_file(path, load_instruments())
