from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.catalog.protocol_files import example_protocol_file
from pro_service.domain.study.protocol_check import Problem, check_protocol

DATA = Path(__file__).parents[2] / "data" / "protocols"
INSTRUMENTS = load_instruments()
EXAMPLE: dict[str, Any] = tomllib.loads(example_protocol_file().read_text("utf-8"))


def _check(document: dict[str, Any]) -> list[Problem]:
    protocol, problems = check_protocol(document, INSTRUMENTS)
    assert (protocol is None) == bool(problems)
    return list(problems)


def _changed(path: str, value: Any) -> dict[str, Any]:
    """The example with one value changed; `path` is like visit.week_2.window.days_after."""
    document = copy.deepcopy(EXAMPLE)
    place: Any = document
    *steps, last = path.split("/")
    for step in steps:
        if isinstance(place, list):
            named = [each for each in place if step in (each.get("id"), each.get("instrument"))]
            place = named[0]
        else:
            place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document


def _index(visit: str) -> int:
    return [each["id"] for each in EXAMPLE["visit"]].index(visit)


def _only(path: str, value: Any) -> Problem:
    (problem,) = _check(_changed(path, value))
    return problem


def test_the_example_study_has_no_problems() -> None:
    protocol, problems = check_protocol(EXAMPLE, INSTRUMENTS)
    assert problems == ()
    assert protocol is not None
    assert len(protocol.visits) == 21


def test_a_protocol_may_name_one_baseline_for_all_its_rules() -> None:
    document = _changed("safety/baseline_visit", "baseline")
    document["safety"]["baseline_instrument"] = "pain-nrs"
    del document["safety"]["rules"][2]["baseline_instrument"]
    assert _check(document) == []
    document["safety"]["baseline_visit"] = "month_1"
    (problem,) = _check(document)
    assert problem.key == "safety.rules[2].above_baseline"


def test_everything_wrong_is_said_at_once() -> None:
    document = tomllib.loads((DATA / "everything_wrong.toml").read_text("utf-8"))
    assert {problem.key for problem in _check(document)} == {
        "colour",
        "study.code",
        "study.name.zh_CN",
        "events.injektion",
        "messaging.quite_from",
        "messaging.nudge_at",
        "calls.nudges_unanswered",
        "safety.baseline_visit",
        "safety.rules[0].above_baseline",
        "safety.rules[1].at_least",
        'instrument."pain-nsr"',
        "visit[0].asks[0].instrument",
        "visit[1].id",
        "visit[1].label.zh_CN",
        "visit[1].anchor.ordinal",
        "visit[2].anchor.event",
        "visit[3].window.days_befor",
        "visit[3].window.days_after",
        "visit[4].asks[0].targets",
        "visit[4].asks[0].ways",
        "visit[4].nudges",
        "visit[5].window.to_day",
    }


def test_every_problem_is_one_line_with_a_mend() -> None:
    document = tomllib.loads((DATA / "everything_wrong.toml").read_text("utf-8"))
    for problem in _check(document):
        assert "\n" not in str(problem)
        assert str(problem).startswith(f"{problem.key}: ")
        assert problem.mend.endswith((".", "?"))


@pytest.mark.parametrize(
    ("path", "value", "key", "mend"),
    [
        ("messaging/quiet_form", "20:30", "messaging.quiet_form", "Did you mean quiet_from?"),
        ("visit/week_2/nudge", "none", "visit[6].nudge", "Did you mean nudges?"),
        ("visit/week_2/window/day_after", 3, "visit[6].window.day_after", "days_after?"),
        ("visits", [], "visits", "Did you mean visit?"),
        ("events/injektion", 1, "events.injektion", "Did you mean injection?"),
    ],
)
def test_an_unknown_key_is_named_with_the_likely_one(
    path: str, value: Any, key: str, mend: str
) -> None:
    problem = _only(path, value)
    assert problem.key == key
    assert mend in problem.mend


def test_an_unknown_instrument_is_named_with_the_likely_one() -> None:
    problem = _only("visit/week_2/asks/pga/instrument", "pgaa")
    assert problem.key == "visit[6].asks[2].instrument"
    assert problem.mend == "Did you mean pga?"


@pytest.mark.parametrize("value", ["3", True, 2.5, -1, None])
def test_a_number_of_the_wrong_kind_is_named_by_its_path(value: object) -> None:
    document = _changed("visit/week_2/window/days_after", value or "3")
    if value is None:
        document["visit"][6]["window"]["days_after"] = [3]
    (problem,) = _check(document)
    assert problem.key == "visit[6].window.days_after"


def test_the_id_of_the_safety_checklists_visit_is_kept_for_it() -> None:
    assert _only("visit/week_2/id", "unwell").key == "visit[6].id"


def test_a_missing_translation_of_a_declared_language_is_named() -> None:
    assert _only("visit/week_2/label", {"en": "Week 2"}).key == "visit[6].label.zh_CN"
    assert _only("study/sender", {"zh_CN": "团队"}).key == "study.sender.en"


def test_a_duplicate_visit_id_is_named_at_the_second() -> None:
    keys = {problem.key for problem in _check(_changed("visit/month_2/id", "month_1"))}
    assert keys == {f"visit[{_index('month_2')}].id"}


def test_overlapping_windows_of_one_instrument_and_target_are_named() -> None:
    problem = _only("visit/week_2/window", {"days_before": 3, "days_after": 10})
    assert problem.key == f"visit[{_index('month_1')}].window"
    assert "week_2" in problem.message
    assert "womac-nrs-3.1" in problem.message


def test_windows_that_share_a_single_day_overlap() -> None:
    problem = _only("visit/safety_1/window", {"days_before": 0, "days_after": 1})
    assert problem.key == f"visit[{_index('safety_3')}].window"


def test_windows_that_overlap_only_around_a_short_february_are_found() -> None:
    # 15 days on either side of months 1 and 2 meet exactly when a month has 28 to 30 days.
    document = _changed("visit/month_4/window", {"days_before": 15, "days_after": 15})
    document["visit"][_index("month_5")]["window"] = {"days_before": 15, "days_after": 14}
    (problem,) = _check(document)
    assert problem.key == f"visit[{_index('month_5')}].window"


def test_different_instruments_may_overlap() -> None:
    document = _changed("visit/month_2/window", {"days_before": 40, "days_after": 3})
    assert _check(document) == []


def test_a_visit_whose_nudges_all_come_on_its_closing_day_or_later_is_named() -> None:
    problem = _only("visit/month_2/window", {"days_before": 0, "days_after": 0})
    assert problem.key == f"visit[{_index('month_2')}].nudges"


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("visit/week_2/anchor/event", "rescue_injection", None),
        ("visit/week_2/anchor/ordinal", 2, "visit[6].anchor.ordinal"),
        ("visit/early_termination/anchor/basis", "planned", "visit[19].anchor.basis"),
        ("visit/week_2/anchor", None, "visit[6].anchor"),
        ("visit/early_termination/anchor/event", "death", "visit[19].anchor.event"),
        ("events/early_termination", None, "visit[19].anchor.event"),
        ("visit/unscheduled/anchor", {"event": "injection"}, "visit[20].anchor"),
    ],
)
def test_a_visit_that_can_never_be_reached_is_named(path: str, value: Any, key: str | None) -> None:
    assert [problem.key for problem in _check(_changed(path, value))] == ([key] if key else [])


def test_a_text_only_question_that_may_not_go_by_text_is_named() -> None:
    document = _changed("instrument/pain-nrs-now/by_text", False)
    problems = _check(document)
    assert [problem.key for problem in problems] == [f"visit[{n}].asks[1].ways" for n in (3, 4, 5)]
    assert all("never be answered" in problem.message for problem in problems)


def test_a_window_that_closes_before_it_opens_is_named() -> None:
    problem = _only("visit/screening/window", {"from_day": 5, "to_day": -28})
    assert problem.key == "visit[0].window.to_day"
    late = _only("visit/baseline/window", {"from_day": 2, "closes": "anchor instant"})
    assert late.key == "visit[1].window.closes"


def test_a_target_outside_its_window_is_named() -> None:
    assert _only("visit/baseline/target", {"days": -20}).key == "visit[1].target"


def test_a_window_of_two_kinds_is_named() -> None:
    window = {"days_before": 3, "days_after": 3, "from_day": 1}
    assert _only("visit/week_2/window", window).key == "visit[6].window"


def test_a_question_about_a_knee_cannot_be_asked_of_the_person() -> None:
    problem = _only("visit/week_2/asks/pain-nrs/targets", "person")
    assert problem.key == "visit[6].asks[1].targets"


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("messaging/nudge_at", "20:30", "messaging.nudge_at"),
        ("messaging/safety/nudge_at", "08:00", "messaging.safety.nudge_at"),
        ("messaging/safety/again_after_hours", [11], "messaging.safety.again_after_hours[0]"),
        ("messaging/then_days_after_first", [5, 2], "messaging.then_days_after_first[1]"),
        ("messaging/then_days_after_first", [2, 2], "messaging.then_days_after_first[1]"),
        ("messaging/nudge_at", "half past six", "messaging.nudge_at"),
        ("visit/screening/nudges", "standard", "visit[0].nudges"),
        ("safety/baseline_visit", "basline", "safety.baseline_visit"),
        ("study", None, "study"),
        ("events", None, "events"),
        ("visit", None, "visit"),
        ("visit", [], "visit"),
        ("instrument", "all", "instrument"),
    ],
)
def test_other_mistakes_are_named_by_their_key(path: str, value: Any, key: str) -> None:
    assert key in [problem.key for problem in _check(_changed(path, value))]


def test_two_visits_with_ill_formed_ids_are_not_called_the_same() -> None:
    document = _changed("visit/month_4/id", "Month 4")
    document["visit"][_index("month_5")]["id"] = "第5个月"
    keys = [problem.key for problem in _check(document)]
    assert keys == [f"visit[{_index('month_4')}].id", f"visit[{_index('month_5')}].id"]


@pytest.mark.slow
@pytest.mark.parametrize("junk", [1, "x", [], [1], {"a": 1}, None, True, [[]], {"": {}}])
@pytest.mark.parametrize("section", ["study", "events", "messaging", "safety", "visit", "calls"])
def test_junk_in_any_section_is_told_not_raised(section: str, junk: object) -> None:
    keys = [problem.key for problem in _check(EXAMPLE | {section: junk})]
    assert any(key.startswith(section) for key in keys)


def test_an_empty_document_says_what_is_missing() -> None:
    assert [problem.key for problem in _check({})] == ["study", "events", "visit"]


@pytest.mark.parametrize(
    ("language", "sender"), [("en", "Knee study"), ("zh_CN", "某医院干细胞研究组")]
)
def test_a_sender_that_tells_what_the_study_is_about_needs_the_protocols_word(
    language: str, sender: str
) -> None:
    document = _changed(f"study/sender/{language}", sender)
    (problem,) = _check(document)
    assert problem.key == f"study.sender.{language}"
    assert "tells bystanders" in str(problem)
    document["study"]["may_name_condition"] = True
    assert _check(document) == []
