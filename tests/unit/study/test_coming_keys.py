"""Keys for rules to come: checked for form and sense, and said to be no more than that."""

from __future__ import annotations

import copy
import tomllib
from datetime import date
from typing import Any

import pytest

from pro_service.catalog.documents import content_hash
from pro_service.catalog.instrument_files import load_instruments
from pro_service.catalog.protocol_files import example_protocol_file
from pro_service.domain.study.checking.binding import unbound
from pro_service.domain.study.checking.problems import Problem
from pro_service.domain.study.coming import NOT_YET, not_yet
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.protocol_check import SECTIONS, check_protocol

EXAMPLE: dict[str, Any] = tomllib.loads(example_protocol_file().read_text("utf-8"))
WORDS = {"en": "Painkiller", "zh_CN": "止痛药"}
STEPS = [
    {"after_minutes": 0, "tell": "coordinator"},
    {"after_minutes": 30, "tell": "medical_monitor", "outside_the_site": True},
]
WHOLE: dict[str, Any] = {
    "entry": {"roles": ["coordinator"]},
    "escalation": {"hold_minutes": 30, "steps": STEPS},
    "reply": [{"id": "thanks", "words": {"en": "Thank you.", "zh_CN": "谢谢。"}}],
    "own_event": [
        {
            "id": "painkiller",
            "label": WORDS,
            "dose_unit": "mg",
            "asked_before": ["womac-nrs-3.1"],
            "hours_before": 48,
            "flagged": True,
            "alert": "harm",
        }
    ],
    "source_system": {"name": "redcap", "instruments": ["womac-nrs-3.1"]},
    "tablet": {"instruments": ["womac-nrs-3.1"]},
    "data_query": {
        "under_seconds": 20,
        "change": [{"instrument": "womac-nrs-3.1", "scale": "pain", "at_least": 30}],
        "unverified": True,
    },
    "signature_meaning": [{"id": "approved", "label": {"en": "Approved", "zh_CN": "批准"}}],
    "data_cut": [{"id": "primary", "visit": "month_12"}],
    "consent_version": [
        {"id": "1", "valid_from": date(2026, 1, 1)},
        {
            "id": "2",
            "valid_from": date(2026, 6, 1),
            "valid_from_at": {"BJ01": date(2026, 6, 15)},
            "signed_again_by": "treated",
            "within_days": 28,
        },
    ],
}


def whole() -> dict[str, Any]:
    """The example with every one of these keys."""
    document = copy.deepcopy(EXAMPLE) | copy.deepcopy(WHOLE)
    document["study"] |= {
        "retain_until": date(2060, 1, 1),
        "free_text_visible_to": ["data_manager"],
    }
    document["messaging"] |= {"own_words": True, "read_from": "08:00", "read_until": "17:00"}
    document["instrument"]["womac-nrs-3.1"] |= {
        "modes": ["web", "text", "telephone", "tablet"],
        "respondents": ["self", "self_with_reader"],
    }
    return document


def checked(document: dict[str, Any]) -> Protocol:
    protocol, problems = check_protocol(document, load_instruments())
    assert problems == ()
    assert protocol is not None
    return protocol


def test_a_protocol_with_all_of_them_is_in_order() -> None:
    protocol = checked(whole())
    assert protocol.study.retain_until == date(2060, 1, 1)
    assert protocol.coming.tablet is not None
    assert protocol.coming.tablet.idle_minutes == 10
    assert protocol.use("womac-nrs-3.1").respondents == ("self", "self_with_reader")
    assert protocol.coming.own_event[0].hours_before == 48


def test_each_of_them_is_said_to_be_acted_upon_by_nothing() -> None:
    assert list(not_yet(EXAMPLE)) == []
    named = [place for place, _ in not_yet(whole())]
    assert len(named) == len(NOT_YET)
    assert "source_system" in named
    built = ("study", "entry", "escalation", "instrument", "messaging", "reply", "data_query")
    assert not any(place.startswith(built) for place in named)


def test_every_section_of_a_protocol_is_read_or_said_to_wait() -> None:
    acted = {
        "study",
        "events",
        "messaging",
        "calls",
        "safety",
        "reply",
        "entry",
        "escalation",
        "instrument",
        "visit",
        "own_event",
        "tablet",
        "data_query",
        "consent_version",
        "data_cut",
        "measures",
        "signature_meaning",
    }
    assert set(SECTIONS) == acted | {place for place in NOT_YET if "." not in place}


def test_a_key_left_out_is_no_part_of_the_hash() -> None:
    assert content_hash(EXAMPLE) != content_hash(whole())
    assert content_hash(copy.deepcopy(EXAMPLE)) == content_hash(EXAMPLE)


def _changed(place: str, value: Any) -> list[Problem]:
    document = whole()
    *steps, last = place.split("/")
    table: Any = document
    for step in steps:
        table = table[int(step)] if isinstance(table, list) else table[step]
    if value is None:
        del table[last]
    else:
        table[last] = value
    protocol, problems = check_protocol(document, load_instruments())
    assert protocol is None
    return list(problems)


@pytest.mark.parametrize(
    ("place", "value", "key", "said"),
    [
        ("study/retain_until", "when it is over", "study.retain_until", "date"),
        (
            "study/free_text_visible_to",
            ["coordinator"],
            "study.free_text_visible_to[0]",
            "tell answers",
        ),
        ("messaging/read_until", None, "messaging.read_until", "Name both hours"),
        ("messaging/read_until", "08:00", "messaging.read_until", "the hour of read_from"),
        ("entry/roles", [], "entry.roles", "at least 1"),
        ("entry/roles", ["monitor"], "entry.roles[0]", "coordinator"),
        ("entry/never", ["injects"], "entry.never", "knows_allocation, rates"),
        ("escalation/hold_minutes", 0, "escalation.hold_minutes", "greater than or equal to 5"),
        ("escalation/steps", [STEPS[0]], "escalation.steps[0]", "does not leave the site"),
        ("escalation/steps", STEPS[::-1], "escalation.steps[1].after_minutes", "in order"),
        ("reply/0/words", {"en": "Thank you."}, "reply[0].words.zh_CN", "declares this language"),
        ("own_event/0/id", "injection", "own_event[0].id", "a kind of event already"),
        ("own_event/0/hours_before", None, "own_event[0].hours_before", "for example 48"),
        ("own_event/0/asked_before", ["womac"], "own_event[0].asked_before[0]", "no known"),
        ("source_system/instruments", ["x"], "source_system.instruments[0]", "no known"),
        ("tablet/idle_minutes", 60, "tablet.idle_minutes", "less than or equal to 10"),
        (
            "instrument/womac-nrs-3.1/modes",
            ["web", "text"],
            "tablet.instruments[0]",
            "leave out tablet",
        ),
        ("data_cut/0/visit", "month_13", "data_cut[0].visit", "Did you mean month_"),
        ("data_cut/0/on", date(2028, 1, 1), "data_cut[0]", "exactly one of on, visit"),
        ("data_cut", {"id": "x"}, "data_cut", "Write [[data_cut]]"),
        ("instrument/womac-nrs-3.1/modes", [], 'instrument."womac-nrs-3.1".modes', "nothing"),
        (
            "instrument/womac-nrs-3.1/modes",
            ["web"],
            'instrument."womac-nrs-3.1".modes',
            "leaves out text",
        ),
        (
            "instrument/womac-nrs-3.1/modes",
            ["text", "paper"],
            'instrument."womac-nrs-3.1".modes',
            "leaves out web, though every questionnaire can be asked on a page",
        ),
        ("consent_version/1/id", "1", "consent_version[1].id", "an earlier one's"),
        ("consent_version/0/id", "<1>", "consent_version[0].id", "no version of a form"),
        (
            "consent_version/1/valid_from",
            date(2026, 1, 1),
            "consent_version[1].valid_from",
            "order",
        ),
        (
            "consent_version/1/valid_from_at",
            {"BJ01": date(2025, 6, 15)},
            "consent_version[1].valid_from_at.BJ01",
            "not later than that of 1",
        ),
        ("consent_version/1/signed_again_by", "nobody", "consent_version[1].within_days", "nobody"),
        ("consent_version/1/signed_again_by", "men", "consent_version[1].signed_again_by", "treat"),
        ("tablet/rooms", 1, "tablet.rooms", "is not a known key"),
    ],
)
def test_a_wrong_value_is_refused_at_its_place(place: str, value: Any, key: str, said: str) -> None:
    found = _changed(place, value)
    assert key in [one.key for one in found]
    assert any(said in str(one) for one in found)


def test_paper_typed_twice_needs_somebody_who_may_type() -> None:
    document = whole()
    document["instrument"]["womac-nrs-3.1"]["second_entry"] = True
    assert checked(document).use("womac-nrs-3.1").second_entry
    del document["entry"]
    protocol, problems = check_protocol(document, load_instruments())
    assert protocol is None
    assert [one.key for one in problems] == ['instrument."womac-nrs-3.1".second_entry']


def test_what_binds_entries_alone_is_said() -> None:
    document = whole()
    document["instrument"]["pga"]["modes"] = ["web", "text", "voice"]
    said = dict(unbound(checked(document)))
    assert set(said) == {'instrument."womac-nrs-3.1".respondents', 'instrument."pga".modes'}
    assert "binds what staff enter" in said['instrument."womac-nrs-3.1".respondents']
    assert list(unbound(checked(copy.deepcopy(EXAMPLE)))) == []
