"""When groups may be looked at, whose scores count, and what they come to (R20, R3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pro_service.domain.endpoints.groups import FEWEST, SittingScore, counted, summary
from pro_service.domain.endpoints.looking import Cut, Gate, openings
from pro_service.domain.endpoints.plan import Look
from pro_service.domain.endpoints.rules import EndpointRules

NOW = datetime(2027, 1, 5, tzinfo=UTC)
CUT = Cut("interim", NOW - timedelta(days=30))
LATER = Cut("primary", NOW - timedelta(days=3))
LOOK = Look(id="open_label", what="pain by visit", by=("Data Manager", "li"), citation="x")
CLOSED = Gate("production", (), (), ())


def test_nobody_looks_at_groups_of_a_trial_before_a_named_cut() -> None:
    assert openings(CLOSED, {"li", "data_manager"}, NOW) == ()
    assert openings(CLOSED._replace(kind=None), {"li"}, NOW) == ()


def test_a_cut_opens_groups_as_of_its_instant_the_latest_first() -> None:
    found = openings(CLOSED._replace(cuts=(CUT, LATER)), {"mo"}, NOW)
    assert [(one.ground, one.name, one.as_of) for one in found] == [
        ("cut", "primary", LATER.at),
        ("cut", "interim", CUT.at),
    ]


def test_where_the_protocol_foresees_cuts_no_other_opens_groups() -> None:
    gate = CLOSED._replace(cuts=(CUT, LATER), foreseen=("primary",))
    assert [one.name for one in openings(gate, {"mo"}, NOW)] == ["primary"]
    assert openings(gate._replace(cuts=(CUT,)), {"mo"}, NOW) == ()


@pytest.mark.parametrize(
    ("names", "may"), [({"li"}, True), ({"data_manager"}, True), ({"monitor", "lin"}, False)]
)
def test_a_look_of_the_plan_opens_groups_to_whom_it_names(names: set[str], may: bool) -> None:
    found = openings(CLOSED._replace(looks=(LOOK,)), names, NOW)
    assert [(one.ground, one.as_of) for one in found] == ([("look", NOW)] if may else [])


@pytest.mark.parametrize("kind", ["demo", "validation"])
def test_data_of_nobody_are_open(kind: str) -> None:
    (found,) = openings(CLOSED._replace(kind=kind), set(), NOW)
    assert (found.ground, found.as_of) == ("nobodys", NOW)


def score(number: int = 1, **parts: object) -> SittingScore:
    """A score of the only sitting at an assessment of its own."""
    score = SittingScore(
        participant_id=UUID(int=number),
        assessment_id=UUID(int=number),
        target="left_knee",
        treated=True,
        site="BJ01",
        definition="baseline",
        occurrence=1,
        sittings=1,
        chosen=False,
        apart=False,
        mode="web",
        respondent="self",
        basis="complete",
        raw=Fraction(5),
        normalised=Fraction(50),
    )
    return score._replace(**parts)


def test_one_sitting_is_the_record_and_of_several_the_one_that_was_chosen() -> None:
    rules = EndpointRules()
    two = [score(1, sittings=2), score(1, sittings=2, chosen=True, raw=Fraction(7))]
    assert [one.raw for one in counted(rules, two).scores] == [7]
    open_still = counted(rules, [score(1, sittings=2), score(1, sittings=2)])
    assert (open_still.scores, open_still.undecided) == ((), 1)


def test_what_is_unsent_kept_apart_or_not_scored_is_not_counted() -> None:
    found = [
        score(1),
        score(2, basis="unsent"),
        score(3, apart=True),
        score(4, raw=None, normalised=None),
        score(5, basis=None, raw=None, normalised=None),
    ]
    assert [one.participant_id for one in counted(EndpointRules(), found).scores] == [UUID(int=1)]


def test_fewer_than_five_values_have_a_number_and_no_mean() -> None:
    few = summary([Fraction(1)] * (FEWEST - 1))
    assert (few.count, few.mean, few.deviation) == (4, None, None)


def test_mean_and_spread_are_those_of_a_hand_worked_case() -> None:
    found = summary([Fraction(one) for one in (2, 4, 4, 4, 5, 5, 7, 9)])
    assert found.mean == 5
    assert found.deviation == pytest.approx((32 / 7) ** 0.5)


@given(some.lists(some.fractions(0, 100), min_size=FEWEST, max_size=30))
def test_a_mean_lies_among_its_values(values: list[Fraction]) -> None:
    found = summary(values)
    assert found.mean is not None
    assert found.deviation is not None
    assert float(min(values)) - 1e-9 <= found.mean <= float(max(values)) + 1e-9
    assert found.deviation >= 0
