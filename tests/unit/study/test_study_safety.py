from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
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
from pro_service.domain.endpoints.baselines import (
    CompleteSitting,
    baselines,
    compared_instruments,
    last_injection_at,
)
from pro_service.domain.study.facts import EventFacts, EventKind, Target
from pro_service.domain.study.protocol import Safety, SafetyRule
from pro_service.domain.study.safety import Baseline, RaisedAlert, raised, timely
from pro_service.store.ids import new_id
from tests.unit.study.study_makers import example

INJECTED = datetime(2026, 12, 1, 2, tzinfo=UTC)
GUIDE = Path(__file__).parents[3] / "pro_service" / "catalog" / "README.md"
WOMAC = "womac-nrs-3.1"
SIGNS = [item.code for item in load_instruments()["safety"].items]


def _rules(
    instrument: str, answers: dict[str, int], baseline: int | None = 5, day: int | None = 3
) -> list[str]:
    before = {} if baseline is None else {("pain-nrs", "pain"): baseline}
    found = raised(
        example().safety, instrument, answers, baseline=Baseline(before), days_since_injection=day
    )
    return [alert.rule for alert in found]


@pytest.mark.parametrize("sign", SIGNS)
def test_any_warning_sign_alone_raises_an_urgent_alert(sign: str) -> None:
    answers = dict.fromkeys(SIGNS, 0) | {sign: 1}
    assert raised(example().safety, "safety", answers, days_since_injection=None) == (
        RaisedAlert(rule="warning_sign", severity="urgent", items=(sign,)),
    )


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
    given = {"id": "rule", "instruments": (WOMAC,)} | keys
    return Safety(rules=(SafetyRule.model_validate(given),))


def _met(safety: Safety, **how: Any) -> list[tuple[str, ...]]:
    given: dict[str, Any] = {"days_since_injection": None} | how
    return [one.items for one in raised(safety, WOMAC, {"pain_1": 9}, **given)]


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


def test_a_score_that_moved_by_the_step_since_its_own_baseline_raises_an_alert() -> None:
    safety = _rule(scale="pain", above_baseline=10, within_days=14)
    before = Baseline(scores={(WOMAC, "pain"): Fraction(25, 2), ("koos", "pain"): Fraction(0)})
    for raw, met in (("22.4", []), ("22.5", [("pain",)])):
        given = {"baseline": before, "scores": {"pain": Fraction(raw)}}
        assert _met(safety, days_since_injection=14, **given) == met
        assert _met(safety, days_since_injection=15, **given) == []


def test_a_score_on_which_low_is_bad_falls_below_its_baseline() -> None:
    safety = _rule(scale="pain", below_baseline=10)
    before = Baseline(scores={(WOMAC, "pain"): Fraction(60)})
    assert _met(safety, baseline=before, scores={"pain": Fraction(50)}) == [("pain",)]
    assert _met(safety, baseline=before, scores={"pain": Fraction(51)}) == []


def test_an_item_is_compared_with_its_own_baseline_and_no_other() -> None:
    safety = _rule(above_baseline=4)
    for place, met in (
        ((WOMAC, "pain_1"), [("pain_1",)]),
        ((WOMAC, "pain_2"), []),
        (("womac-lk-3.1", "pain_1"), []),
    ):
        assert _met(safety, baseline=Baseline({place: 5})) == met
    assert _met(safety, baseline=Baseline({(WOMAC, "pain_1"): 6})) == []


def test_a_rule_s_own_word_on_its_baseline_comes_before_the_study_s() -> None:
    rule = SafetyRule(id="rise", instruments=("pain-nrs-now",), above_baseline=3)
    safety = Safety(baseline_instrument="pain-nrs", rules=(rule,))
    assert safety.compared_with(rule, "pain-nrs-now") == "pain-nrs"
    own = rule.model_copy(update={"baseline_instrument": "pain-nrs-week"})
    assert safety.compared_with(own, "pain-nrs-now") == "pain-nrs-week"
    # A score has one scale of its own only where the study's word is about an item.
    scale = rule.model_copy(update={"scale": "pain"})
    assert safety.compared_with(scale, "pain-nrs-now") == "pain-nrs-now"


def _sitting(day: int, answers: dict[str, int], **how: Any) -> CompleteSitting:
    given = {"target": "left_knee", "instrument": WOMAC, "visit": "baseline"} | how
    at = INJECTED + timedelta(days=day)
    return CompleteSitting.model_validate(given | {"submitted_at": at, "answers": answers})


def _injection(target: str | None, day: int = 0, ordinal: int = 1) -> EventFacts:
    return EventFacts.model_validate(
        {
            "id": new_id(),
            "kind": EventKind.injection,
            "ordinal": ordinal,
            "target": target,
            "planned_on": None,
            "occurred_at": INJECTED + timedelta(days=day),
        }
    )


def _baselines(*sittings: CompleteSitting, **keys: Any) -> dict[Target, Baseline]:
    events = keys.pop("events", [_injection("left_knee")])
    return baselines(Safety.model_validate(keys), load_instruments(), sittings, events)


PAIN = {f"pain_{number}": 4 for number in range(1, 6)}


def test_baseline_is_the_last_scorable_sitting_before_the_injection() -> None:
    unscorable = {"pain_1": 9}
    found = _baselines(
        _sitting(-2, PAIN | {"stiffness_1": 3}),
        _sitting(-9, dict.fromkeys(PAIN, 1)),
        _sitting(-1, unscorable),
        _sitting(0, dict.fromkeys(PAIN, 10)),
        _sitting(2, dict.fromkeys(PAIN, 10)),
    )["left_knee"]
    assert found.scores == {(WOMAC, "pain"): 20, (WOMAC, "stiffness"): 6}
    assert (found.items[WOMAC, "pain_1"], found.items[WOMAC, "pain_2"]) == (9, 4)


def test_each_knee_s_baseline_ends_with_its_own_injection() -> None:
    events = [_injection("left_knee"), _injection("right_knee", 30, ordinal=2)]
    sittings = [
        _sitting(20, PAIN, target=knee, visit="month_1") for knee in ("left_knee", "right_knee")
    ]
    found = _baselines(*sittings, events=events)
    assert found["left_knee"].scores == {}
    assert found["right_knee"].scores == {(WOMAC, "pain"): 20}
    assert last_injection_at(events) == INJECTED + timedelta(days=30)


def test_a_baseline_visit_shuts_out_all_others() -> None:
    sittings = (_sitting(-3, PAIN), _sitting(-1, dict.fromkeys(PAIN, 9), visit="unscheduled"))
    keys: dict[str, Any] = {"baseline_visit": "baseline"}
    assert _baselines(*sittings, **keys)["left_knee"].scores == {(WOMAC, "pain"): 20}
    assert _baselines(*sittings)["left_knee"].scores == {(WOMAC, "pain"): 45}


def test_what_the_present_instrument_refuses_is_no_baseline() -> None:
    strange = PAIN | {"pain_1": 99, "pain_77": 3}
    found = _baselines(_sitting(-3, strange), _sitting(-3, {"x": 1}, instrument="gone"))
    assert set(found["left_knee"].items) == {(WOMAC, f"pain_{n}") for n in range(2, 6)}
    assert found["left_knee"].scores == {(WOMAC, "pain"): 20}


def test_only_instruments_that_rules_compare_with_are_read() -> None:
    assert compared_instruments(example().safety, example().safety.rules) == ("pain-nrs",)
    rules = (
        SafetyRule(id="one", instruments=(WOMAC, "koos"), scale="pain", below_baseline=1),
        SafetyRule(id="two", instruments=("pga",), at_least=9),
    )
    assert compared_instruments(Safety(rules=rules), rules) == ("koos", WOMAC)


@pytest.mark.parametrize(("days", "compared"), [(None, ()), (14, ("pain-nrs",)), (15, ())])
def test_no_baseline_is_wanted_on_a_day_no_change_is_looked_at(
    days: int | None, compared: tuple[str, ...]
) -> None:
    safety = example().safety
    assert compared_instruments(safety, timely(safety, days, {})) == compared


def test_the_rule_the_guide_shows_is_right(tmp_path: Path) -> None:
    section = GUIDE.read_text(encoding="utf-8").split("## Safety rules")[1]
    path = tmp_path / "protocol.toml"
    text = example_protocol_file().read_text(encoding="utf-8")
    rule = section.split("```toml\n")[1].split("```")[0]
    path.write_text(text.replace("# What may go by text", f"{rule}\n#", 1), encoding="utf-8")
    added = load_protocol_file(path).protocol.safety.rules[-1]
    assert (added.scale, added.above_baseline, added.severity) == ("pain", 15, "urgent")


def test_urgent_rules_are_told_in_the_protocol_s_order_and_notices_are_not() -> None:
    rules = tuple(
        SafetyRule.model_validate(
            {"id": one, "instruments": ("pga",), "at_least": 1, "severity": severity}
        )
        for one, severity in (("b", "urgent"), ("n", "notice"), ("a", "urgent"))
    )
    told = Safety(rules=rules).urgent({"a", "n", "b", "unknown"})
    assert [rule.id for rule in told] == ["b", "a"]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("at_least = 7\nat_most = 1", "safety.rules[1]: needs exactly one of"),
        ('at_least = 7\nscale = "pian"', "safety.rules[1].scale: is no scale of pain-nrs-now"),
        ('at_least = 7\nscale = "pain"\nitems = ["pain"]', "safety.rules[1].items: cannot stand"),
        ('above_baseline = 11\nscale = "pain"', "safety.rules[1].above_baseline: can never be"),
        ("below_baseline = 11", "safety.rules[1].below_baseline: can never be reached: answers"),
        ("at_most = -1", "safety.rules[1].at_most: can never be reached: answers begin at 0"),
        ("at_least = 0", "safety.rules[1].at_least: is met by everybody: answers begin at 0"),
        ("at_most = 10", "safety.rules[1].at_most: is met by everybody: answers end at 10"),
        ("above_baseline = 2", "safety.rules[1].above_baseline: has no baseline to compare with"),
        (
            'at_least = 7\nbaseline_instrument = "pga"',
            "safety.rules[1].baseline_instrument: means something beside",
        ),
        (
            'above_baseline = 2\nbaseline_instrument = "pain-nsr"',
            "safety.rules[1].baseline_instrument: pain-nsr is no known instrument",
        ),
        (
            'above_baseline = 2\nbaseline_instrument = "pga"',
            "safety.rules[1].baseline_instrument: pga has none of what the rule looks at: pain",
        ),
        ('at_least = 7\ninstruction = { en = "Call" }', "safety.rules[1].instruction.zh_CN: is"),
    ],
)
def test_a_mistake_in_a_rule_is_named_by_its_key(tmp_path: Path, keys: str, said: str) -> None:
    path = tmp_path / "protocol.toml"
    text = example_protocol_file().read_text(encoding="utf-8")
    text = re.sub(r"at_least = 7\n.*\n.*\n.*\n", lambda _: f"{keys}\n", text, count=1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProtocolFileError) as caught:
        load_protocol_file(path)
    assert any(str(problem).startswith(said) for problem in caught.value.problems), caught.value
