"""The analysis plan: what is refused, what differs, and what endpoints make of it."""

from __future__ import annotations

import copy
import tomllib
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pro_service.catalog.endpoint_files import load_endpoint_rules
from pro_service.catalog.instrument_files import load_instruments
from pro_service.catalog.plan_files import (
    PlanFileError,
    example_plan_file,
    load_plan_file,
    read_plan,
)
from pro_service.catalog.protocol_files import example_protocol_file, load_protocol_file
from pro_service.domain.endpoints.change import Measurement
from pro_service.domain.endpoints.plan import AnalysisPlan
from pro_service.domain.endpoints.plan_check import Known, check_plan
from pro_service.domain.endpoints.rules import TO_BE_CONFIRMED, EndpointRules
from pro_service.domain.endpoints.table import EndpointRow, endpoint_rows, visit_responses
from pro_service.domain.study.checking.problems import Problem
from pro_service.domain.study.facts import EventFacts, EventKind
from pro_service.store.ids import new_id

TEXT = example_plan_file().read_text("utf-8")
EXAMPLE: dict[str, Any] = tomllib.loads(TEXT)
PROTOCOL = load_protocol_file(example_protocol_file()).protocol
KNOWN = Known(load_instruments(), {visit.id for visit in PROTOCOL.visits})
SHANGHAI = ZoneInfo("Asia/Shanghai")
INJECTED = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
CONFIRMED = {"confirmed_by": "A. Statistician", "confirmed_on": date(2027, 1, 15)}


def trial_plan() -> dict[str, Any]:
    """The example as a trial's own plan: everything confirmed by somebody, on a day."""
    document = copy.deepcopy(EXAMPLE)
    document["plan"] |= {"purpose": "trial", "version": "1.0", **CONFIRMED}
    for name in ("records", "windows", "baseline", "responder", "pairing"):
        document[name] |= CONFIRMED
    for rule in document["thresholds"]:
        rule |= CONFIRMED
    return document


def changed(document: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """The document with one value changed or, with None, taken out."""
    document = copy.deepcopy(document)
    *steps, last = place.split("/")
    table: Any = document
    for step in steps:
        table = table[int(step)] if isinstance(table, list) else table[step]
    if value is None:
        del table[last]
    else:
        table[last] = value
    return document


def checked(document: dict[str, Any]) -> AnalysisPlan:
    plan, problems = check_plan(document, KNOWN)
    assert problems == ()
    assert plan is not None
    return plan


def problems_of(document: dict[str, Any]) -> list[Problem]:
    plan, problems = check_plan(document, KNOWN)
    assert plan is None
    return list(problems)


# ---- what is checked


def test_the_example_is_in_order_and_says_what_is_to_be_confirmed() -> None:
    plan = load_plan_file(example_plan_file()).plan
    assert plan.plan.confirmed_by == TO_BE_CONFIRMED
    assert {"records", "windows", "responder", "thresholds[0]"} <= set(plan.unconfirmed())


def test_the_example_has_the_thresholds_and_responder_of_a_study_without_a_plan() -> None:
    own = {"confirmed_by", "confirmed_on"}
    plan, without = checked(EXAMPLE).rules, load_endpoint_rules()
    assert plan.responder is not None
    assert without.responder is not None
    assert [one.model_dump(exclude=own) for one in plan.thresholds] == [
        one.model_dump(exclude=own) for one in without.thresholds
    ]
    apart = own | {"scales"}
    assert plan.responder.model_dump(exclude=apart) == without.responder.model_dump(exclude=apart)
    for domain, names in without.responder.scales.items():
        # Beside WOMAC's scales the example names KOOS's, so that a KOOS trial has responders too.
        further = plan.responder.scales[domain][len(names) :]
        assert plan.responder.scales[domain] == (*names, *further)
        assert {one.instrument for one in further} <= {"koos", "koos-12"}


def test_a_trial_s_own_plan_is_in_order_once_everything_is_confirmed() -> None:
    plan = checked(trial_plan())
    assert plan.unconfirmed() == ()


@pytest.mark.parametrize(
    ("place", "value", "key", "said"),
    [
        ("records/unsent", None, "records.unsent", "Say whether answers count"),
        ("records/unsent", "perhaps", "records.unsent", "exclude"),
        ("records/modes", None, "records.modes", "Name the ways of answering"),
        ("records/respondents", [], "records.respondents", "at least 1"),
        ("records/mods", ["web"], "records.mods", "Did you mean modes?"),
        ("records/choice", ["earlier"], "records.choice", "sent before unsent"),
        ("records/confirmed_on", None, "records.confirmed_on", "on which day"),
        ("records/confirmed_by", "to be confirmed", "records.confirmed_by", "only an example"),
        ("plan/stage", "soon", "plan.stage", "after_unblinding"),
        ("plan/stage", None, "plan.stage", "Add stage"),
        ("plan/confirmed_on", None, "plan.confirmed_on", "on which day"),
        ("plan/confirmed_by", "to be confirmed", "plan.confirmed_by", "only an example"),
        ("thresholds/0/scale", "pian", "thresholds[0]", "Did you mean pain?"),
        ("thresholds/0/instruments", ["womac"], "thresholds[0]", "no known instrument"),
        ("thresholds/1/id", "perceptible_pain", "thresholds", "the id of 2 rules"),
        ("responder/low_domains", 4, "responder.low_domains", "less than or equal to 3"),
        ("windows/choice", "bounded", "windows.visits", "from_day and to_day"),
        ("pairing/within_days", "30", "pairing.within_days", "integer"),
        ("windows", None, "windows", "Add the table [windows]"),
        ("extra", {}, "extra", "is not a known key"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_the_mend(
    place: str, value: Any, key: str, said: str
) -> None:
    found = problems_of(changed(trial_plan(), place, value))
    assert found[0].key == key
    assert said in str(found[0])


def test_all_mistakes_are_said_at_once() -> None:
    document = changed(trial_plan(), "records/unsent", None)
    document = changed(document, "plan/stage", "soon")
    document = changed(document, "thresholds/0/scale", "pian")
    assert {one.key for one in problems_of(document)} == {
        "plan.stage",
        "records.unsent",
        "thresholds[0]",
    }


@pytest.mark.parametrize("name", ["baseline", "records", "windows", "pairing"])
def test_a_rule_with_neither_citation_nor_confirmer_is_refused(name: str) -> None:
    document = trial_plan()
    for key in CONFIRMED:
        del document[name][key]
    (problem,) = problems_of(document)
    assert (problem.key, "neither a citation nor" in problem.message) == (name, True)
    document[name]["citation"] = "Somebody et al. 2020"
    checked(document)


def test_a_planned_correlation_names_a_scale_and_a_visit_that_exist() -> None:
    correlation = {
        "id": "pain_t2star",
        "score": {"instrument": "womac-nrs-3.1", "scale": "pain"},
        "measure": "ute_t2star",
        "kind": "change from baseline",
        "visit": "month_6",
        **CONFIRMED,
    }
    assert checked(trial_plan() | {"correlations": [correlation]}).correlations
    for wrong, said in (
        ({"visit": "month_66"}, "is no visit"),
        ({"kind": "within knees over time"}, "no correlation over time"),
        ({"score": {"instrument": "womac-nrs-3.1", "scale": "joy"}}, "has no scale joy"),
    ):
        (problem,) = problems_of(trial_plan() | {"correlations": [correlation | wrong]})
        assert said in problem.message


def test_a_look_and_a_trend_are_checked() -> None:
    look = {"id": "open_label", "what": "pain by visit", "by": ["DMC"], **CONFIRMED}
    plan = checked(
        trial_plan() | {"looks": [look], "trend": {"shown": "from the start", **CONFIRMED}}
    )
    assert (plan.looks[0].by, plan.trend is not None) == (("DMC",), True)
    (problem,) = problems_of(trial_plan() | {"looks": [look | {"by": []}]})
    assert problem.key == "looks[0].by"


def window(visit: str, days: tuple[int, int, int], **more: Any) -> dict[str, Any]:
    first, target, last = days
    return {"visit": visit, "from_day": first, "target_day": target, "to_day": last, **more}


@pytest.mark.parametrize(
    ("visits", "said"),
    [
        ([window("month_1", (20, 10, 40))], "does not hold its own target day"),
        ([window("month_9", (1, 2, 3)), window("month_1", (3, 30, 40))], "shares days"),
        ([{"visit": "month_1", "target_day": 30}], "has no bounds"),
        ([window("month_99", (1, 2, 3))], "is no visit of the protocol"),
    ],
)
def test_bounded_windows_are_whole_and_apart(visits: list[dict[str, Any]], said: str) -> None:
    document = changed(trial_plan(), "windows/choice", "bounded")
    document["windows"]["visits"] = visits
    assert any(said in one.message for one in problems_of(document))


# ---- versions


def test_the_hash_is_of_the_content_and_not_of_its_layout() -> None:
    first = read_plan(TEXT)
    again = read_plan("# another comment\n" + TEXT.replace('"exclude"  ', '"exclude" '))
    other = read_plan(TEXT.replace('unsent = "exclude"', 'unsent = "include"'))
    assert first.content_sha256 == again.content_sha256 != other.content_sha256


def test_what_differs_between_versions_is_said_by_its_place() -> None:
    before = checked(trial_plan())
    document = changed(trial_plan(), "thresholds/0/points", 12)
    document = changed(document, "records/unsent", "include")
    del document["thresholds"][3], document["pairing"]
    lines = checked(document).changed_since(before)
    assert "records.unsent: exclude -> include" in lines
    assert "thresholds.perceptible_pain.points: 9.7 -> 12" in lines
    assert any(line.startswith("thresholds.important_pain: no longer") for line in lines)
    assert any(line.startswith("pairing: no longer") for line in lines)
    assert len(lines) == 4


def test_a_file_that_is_no_plan_is_one_clear_error() -> None:
    with pytest.raises(PlanFileError, match="is not TOML"):
        read_plan("[plan")


# ---- what endpoints make of it


def measured(day: float, value: int, **more: Any) -> Measurement:
    """WOMAC pain of the left knee, this many days after the injection, by page and oneself."""
    at = INJECTED + timedelta(days=day)
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
        "raw": Fraction(value) / 2,
        "normalised": Fraction(value),
        "mode": "web",
        "respondent": "self",
    }
    return Measurement(**given | more)


def rows(rules: EndpointRules, *measurements: Measurement) -> tuple[EndpointRow, ...]:
    injection = EventFacts(
        id=new_id(), kind=EventKind.injection, occurred_at=INJECTED, target="left_knee"
    )
    return endpoint_rows(rules, PROTOCOL, [injection], measurements, SHANGHAI)


def rules_with(**records: Any) -> EndpointRules:
    document = trial_plan()
    document["records"] |= records
    return checked(document).rules


def test_the_example_s_plan_counts_what_is_counted_without_one() -> None:
    measurements = [measured(-1, 60), measured(14, 30), measured(14, 20, basis="partial")]
    assert rows(checked(EXAMPLE).rules, *measurements) == rows(load_endpoint_rules(), *measurements)


@pytest.mark.parametrize(("unsent", "change"), [("exclude", None), ("include", -30)])
def test_an_unsent_sitting_counts_only_if_the_plan_says_so(unsent: str, change: int | None) -> None:
    found = rows(rules_with(unsent=unsent), measured(-1, 60), measured(14, 30, basis="unsent"))
    assert found[1].change == change
    assert found[1].baseline == 60


def test_an_unfinished_sitting_never_counts_and_without_a_plan_an_unsent_one_neither() -> None:
    measurements = [measured(-1, 60), measured(14, 30, basis="partial")]
    assert rows(rules_with(unsent="include"), *measurements)[1].change is None
    unsent = [measured(-1, 60), measured(14, 30, basis="unsent")]
    assert rows(load_endpoint_rules(), *unsent)[1].change is None


@pytest.mark.parametrize(
    ("records", "given"),
    [
        ({"modes": ["web"]}, {"mode": "telephone"}),
        ({"respondents": ["self"]}, {"respondent": "proxy"}),
    ],
)
def test_modes_and_respondents_the_plan_leaves_out_do_not_count(
    records: dict[str, Any], given: dict[str, str]
) -> None:
    measurements = [measured(-2, 60), measured(-1, 80, **given), measured(14, 30, **given)]
    everybody = rows(rules_with(), *measurements)
    assert everybody[2].baseline == 80
    assert everybody[2].change == -50
    found = rows(rules_with(**records), *measurements)
    assert found[2].baseline == 60
    assert found[2].change is None
    assert (found[0].is_baseline, found[1].is_baseline) == (True, False)
    response = visit_responses(
        rules_with(**records),
        [EventFacts(id=new_id(), kind=EventKind.injection, occurred_at=INJECTED)],
        measurements,
    )
    assert [one.responder.outcome for one in response] == ["not_evaluable"]


def test_a_bounded_window_leaves_what_is_outside_all_without_a_visit() -> None:
    document = changed(trial_plan(), "windows/choice", "bounded")
    document["windows"]["visits"] = [
        window("month_3", (75, 91, 120), instruments=["womac-nrs-3.1"]),
        window("month_2", (50, 61, 100), instruments=["pain-nrs-week"]),
    ]
    found = rows(
        checked(document).rules,
        measured(-1, 60),
        measured(60, 30),
        measured(75, 30),
        measured(120, 30),
        measured(121, 30),
    )
    assert [one.analysis_visit for one in found] == ["baseline", None, "month_3", "month_3", None]


def test_named_targets_replace_those_of_the_protocol() -> None:
    document = trial_plan()
    document["windows"]["visits"] = [{"visit": "month_3", "target_day": 91}]
    found = rows(checked(document).rules, measured(14, 30))
    assert found[0].analysis_visit == "month_3"


def test_a_plan_without_a_responder_tells_none() -> None:
    document = trial_plan()
    del document["responder"]
    rules = checked(document).rules
    injection = EventFacts(id=new_id(), kind=EventKind.injection, occurred_at=INJECTED)
    assert visit_responses(rules, [injection], [measured(-1, 60), measured(14, 3)]) == ()
