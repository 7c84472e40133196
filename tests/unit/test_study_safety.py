from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.catalog.protocol_files import (
    ProtocolFileError,
    example_protocol_file,
    load_protocol_file,
)
from pro_service.domain.study.facts import EventKind
from pro_service.domain.study.protocol import Safety, SafetyRule
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


def _rule(**keys: Any) -> Safety:
    given = {"id": "rule", "instruments": ("womac-nrs-3.1",)} | keys
    return Safety(rules=(SafetyRule.model_validate(given),))


def _met(safety: Safety, **how: Any) -> list[tuple[str, ...]]:
    given: dict[str, Any] = {"baseline_pain": None, "days_since_injection": None} | how
    return [one.items for one in raised(safety, "womac-nrs-3.1", {"pain_1": 9}, **given)]


@pytest.mark.parametrize(("raw", "met"), [("39.9", []), ("40", [("pain",)]), ("50", [("pain",)])])
def test_a_score_at_its_bound_raises_an_alert(raw: str, met: list[tuple[str, ...]]) -> None:
    safety = _rule(scale="pain", at_least=40)
    assert _met(safety, scores={"pain": Fraction(raw), "function": Fraction(170)}) == met


def test_a_rule_about_a_score_is_silent_before_the_sitting_is_submitted() -> None:
    assert _met(_rule(scale="pain", at_least=0)) == []


def test_a_score_on_which_low_is_bad_has_an_upper_bound() -> None:
    safety = _rule(scale="pain", at_most=30)
    assert _met(safety, scores={"pain": Fraction(30)}) == [("pain",)]
    assert _met(safety, scores={"pain": Fraction(31)}) == []


@pytest.mark.parametrize(("day", "count"), [(0, 1), (3, 1), (4, 0), (None, 0)])
def test_days_count_from_the_event_a_rule_names(day: int | None, count: int) -> None:
    safety = _rule(at_least=9, within_days=3, after="rescue_injection")
    since = {} if day is None else {EventKind.rescue_injection: day}
    assert len(_met(safety, days_since=since, days_since_injection=0)) == count


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("at_least = 7\nat_most = 1", "safety.rules[1]: needs exactly one of"),
        ('at_least = 7\nscale = "pian"', "safety.rules[1].scale: is no scale of pain-nrs-now"),
        ('at_least = 7\nscale = "pain"\nitems = ["pain"]', "safety.rules[1].items: cannot stand"),
        ('above_baseline = 2\nscale = "pain"', "safety.rules[1].above_baseline: compares answers"),
        ('at_least = 7\ninstruction = { en = "Call" }', "safety.rules[1].instruction.zh_CN: is"),
    ],
)
def test_a_mistake_in_a_rule_is_named_by_its_key(tmp_path: Path, keys: str, said: str) -> None:
    path = tmp_path / "protocol.toml"
    text = example_protocol_file().read_text(encoding="utf-8")
    path.write_text(text.replace("at_least = 7", keys, 1), encoding="utf-8")
    with pytest.raises(ProtocolFileError) as caught:
        load_protocol_file(path)
    assert any(str(problem).startswith(said) for problem in caught.value.problems), caught.value
