"""What differs between two protocol versions for everybody, and what one participant's move is."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from typing import Any

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.catalog.protocol_files import example_protocol_file
from pro_service.domain.study.amending.moving import Versions, plan_move
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.protocol_check import check_protocol
from tests.unit.study.study_makers import (
    INJECTION_ON,
    at,
    example,
    injection,
    participant,
    plan,
    submitted,
    visit,
)

TEXT = example_protocol_file().read_text("utf-8")


def version(old: str, new: str) -> Protocol:
    """The example with one part of its text changed."""
    assert old in TEXT
    document: dict[str, Any] = tomllib.loads(TEXT.replace(old, new))
    protocol, problems = check_protocol(document, load_instruments())
    assert protocol is not None, problems
    return protocol


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            'nudge_at = "09:30"',
            'nudge_at = "10:00"',
            "messaging.safety.nudge_at: 09:30:00 -> 10:00:00",
        ),
        (
            "at_least = 7\nwithin_days = 14",
            "at_least = 7\nwithin_days = 21",
            "safety.rules.severe_pain.within_days: 14 -> 21",
        ),
        (
            "[instrument.pga]\nby_text = true",
            '[instrument.pga]\nby_text = true\nscreens = "one by one"',
            "instruments.pga.screens: grouped -> one by one",
        ),
        ('en = "Study team"', 'en = "Your study"', "study.sender.en: Study team -> Your study"),
    ],
)
def test_what_differs_for_everybody_is_one_line_each(old: str, new: str, line: str) -> None:
    versions = Versions(example(), version(old, new), load_instruments())
    assert versions.differences() == (line,)


def test_the_same_version_differs_in_nothing() -> None:
    assert Versions(example(), example(), load_instruments()).differences() == ()


@pytest.mark.parametrize("day", [0, 2, 10, 14, 18, 40, 61, 91, 200, 364, 400])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "window = { days_before = 3, days_after = 3 }",
            "window = { days_before = 2, days_after = 4 }",
        ),
        ("target = { months = 3 }", "target = { months = 2, days = 20 }"),
        ("target = { days = 14 }", "target = { days = 16 }"),
        ('nudge_at = "18:30"\nquiet', 'nudge_at = "19:30"\nquiet'),
    ],
)
def test_the_past_stays_and_nothing_is_made_that_is_over(old: str, new: str, day: int) -> None:
    events = [injection(occurred_at=at(INJECTION_ON, 10))]
    stored = [visit(one, number) for number, one in enumerate(plan(events).values(), start=1)]
    now = at(INJECTION_ON + timedelta(days=day), 12)
    # Every other visit that has opened was answered on its first day.
    visits = [
        submitted(one, one.opens_at) if number % 2 and one.opens_at <= now else one
        for number, one in enumerate(stored)
    ]
    facts = participant(visits, events=tuple(events), now=now)
    moves = plan_move(facts, Versions(example(), version(old, new), load_instruments()), {})
    assert moves.refusals == ()
    found = moves.rescheduling
    by_id = {one.id: one for one in visits}
    for gone in found.superseded:
        closes_at = by_id[gone].closes_at
        assert closes_at is not None
        assert closes_at > now
        assert not any(one.submitted_at for one in by_id[gone].assessments)
    assert all(one.visit.closes_at is None or one.visit.closes_at > now for one in found.created)
    # Nobody loses a visit by other dates: what goes comes again.
    assert {by_id[one].definition for one in found.superseded} == {
        one.visit.definition for one in found.created
    }
    assert all(one.schedule_revision == 2 for one in found.created)
