"""The OMERACT-OARSI responder: its two paths, missing scores, and scales on which 100 is best."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.catalog.plan_files import example_plan_file, load_plan_file
from pro_service.domain.endpoints.change import Measurement
from pro_service.domain.endpoints.responder import DomainPair, Responder, burden, respond
from pro_service.domain.endpoints.rules import DomainName
from pro_service.domain.endpoints.table import visit_responses
from tests.unit.instruments.test_endpoints import RULES, injection, measured

assert RULES.responder is not None
RESPONDER = RULES.responder
PLAN = load_plan_file(example_plan_file()).plan.rules


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


# ---- of a knee at a visit


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


def koos(day: float, pain: int, adl: int) -> list[Measurement]:
    """KOOS pain and daily living, of which 100 is best, this many days after the injection."""
    given = {"instrument": "koos", "direction": "higher is better"}
    return [measured(day, pain, **given), measured(day, adl, scale="adl", **given)]


@pytest.mark.parametrize(
    ("pain", "adl", "expected"),
    [
        # A burden of 80 -> 40 is half and 40 points; 80 -> 60 is a quarter and 20 points.
        (60, 20, Responder("responder", "A")),
        (40, 40, Responder("responder", "B")),
        (30, 20, Responder("non_responder")),
    ],
)
def test_a_koos_trial_has_responders_by_the_burden(
    pain: int, adl: int, expected: Responder
) -> None:
    rating = {"instrument": "pga", "scale": "pga", "target": "person"}
    before = [*koos(-1, 20, 20), measured(-1, 50, **rating)]
    after = [*koos(14, pain, adl), measured(14, 50, **rating)]
    counted = [one._replace(mode="web", respondent="self") for one in (*before, *after)]
    found = visit_responses(PLAN, [injection()], counted)
    assert [one.responder for one in found] == [expected]


def test_a_koos_trial_whose_baseline_is_missing_is_not_evaluable_and_never_no() -> None:
    counted = [one._replace(mode="web", respondent="self") for one in koos(14, 40, 40)]
    (found,) = visit_responses(PLAN, [injection()], counted)
    assert found.responder.outcome == "not_evaluable"
