from __future__ import annotations

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.study.safety import RaisedAlert, raised
from tests.unit.study_makers import example

SIGNS = [item.code for item in load_instruments()["safety"].items]


def _rules(
    instrument: str, answers: dict[str, int], baseline: int | None = 5, day: int | None = 3
) -> list[str]:
    found = raised(
        example().safety, instrument, answers, baseline_pain=baseline, days_since_injection=day
    )
    return [alert.rule for alert in found]


@pytest.mark.parametrize("sign", SIGNS)
def test_any_warning_sign_alone_raises_an_urgent_alert(sign: str) -> None:
    answers = dict.fromkeys(SIGNS, 0) | {sign: 1}
    assert raised(
        example().safety, "safety", answers, baseline_pain=None, days_since_injection=None
    ) == (RaisedAlert(rule="warning_sign", severity="urgent", items=(sign,)),)


def test_a_checklist_without_signs_raises_nothing() -> None:
    assert _rules("safety", dict.fromkeys(SIGNS, 0)) == []


@pytest.mark.parametrize(("value", "rules"), [(6, []), (7, ["severe_pain"]), (10, ["severe_pain"])])
def test_pain_of_7_raises_an_alert_without_a_baseline(value: int, rules: list[str]) -> None:
    assert _rules("pain-nrs-now", {"pain": value}, baseline=None) == rules


@pytest.mark.parametrize(("value", "rules"), [(4, []), (5, ["pain_rise"]), (6, ["pain_rise"])])
def test_pain_3_above_baseline_raises_an_alert(value: int, rules: list[str]) -> None:
    assert _rules("pain-nrs-now", {"pain": value}, baseline=2) == rules


@pytest.mark.parametrize(("day", "count"), [(0, 2), (14, 2), (15, 0), (-1, 0), (None, 0)])
def test_pain_raises_alerts_on_days_0_to_14_after_the_injection(
    day: int | None, count: int
) -> None:
    assert len(_rules("pain-nrs", {"pain": 9}, baseline=4, day=day)) == count


def test_other_ratings_are_no_pain() -> None:
    assert _rules("pga", {"pga": 10}) == []
    assert _rules("pain-nrs-week", {"pain": 10}) == []
