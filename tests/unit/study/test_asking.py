"""What a protocol lets be asked by text and by link, and how a text asks it."""

from __future__ import annotations

from typing import Any

import pytest

from pro_service.domain.conversation.advance import begin
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.services.answering.asking import agenda, open_questions, urgent_parts
from tests.support.seed import make_context
from tests.unit.study.study_makers import (
    INJECTION_ON,
    at,
    days,
    example,
    injection,
    participant,
    plan,
)
from tests.unit.study.study_makers import visit as stored

NRS = "womac-nrs-3.1"
CONTEXT = make_context()


def facts() -> ParticipantFacts:
    """Somebody whose visit of week 2 is open: WOMAC, pain, global rating."""
    events = [injection(occurred_at=at(INJECTION_ON, 10))]
    now = at(INJECTION_ON + days(14), 12)
    return participant([stored(plan(events)["week_2"])], now=now, events=tuple(events))


def protocol(*, by_text: bool = True, **ask: Any) -> Protocol:
    """The example, with other words on how WOMAC is asked at week 2."""
    document = example().model_dump()
    document["instruments"][NRS]["by_text"] = by_text
    for visit in document["visits"]:
        for one in visit["asks"]:
            if visit["id"] == "week_2" and one["instrument"] == NRS:
                one |= ask
    return Protocol.model_validate(document)


@pytest.mark.parametrize(
    ("ways", "by_text", "asked"),
    [
        (("link", "text"), True, {"link", "text"}),
        (("link", "text"), False, {"link"}),
        (("link",), True, {"link"}),
        (("text",), True, {"text"}),
    ],
)
def test_an_instrument_is_asked_only_the_ways_its_protocol_gives(
    ways: tuple[str, ...], by_text: bool, asked: set[str]
) -> None:
    given = protocol(by_text=by_text, ways=ways)
    for way in ("link", "text"):
        found = open_questions(facts(), given, "link" if way == "link" else "text")
        names = [question.assessment.instrument for question in found]
        assert (NRS in names) == (way in asked), way
        assert names[-2:] == ["pain-nrs", "pga"]  # What is said of one says nothing of another.
    texted = [entry.instrument.id for entry in agenda(CONTEXT, given, facts())]
    assert (NRS in texted) == ("text" in asked)


@pytest.mark.parametrize(("text_mode", "together"), [("item", 1), ("grouped", 5)])
def test_a_text_asks_item_by_item_or_a_group_at_once(text_mode: str, together: int) -> None:
    entries = agenda(CONTEXT, protocol(text_mode=text_mode), facts())
    assert entries[0].instrument.id == NRS
    assert len(entries[0].next_items) == together
    _, parts = begin(entries, facts().now)
    assert parts[0].key.startswith("prompt.group" if together > 1 else "prompt.item")


def test_rules_that_say_the_same_are_told_once() -> None:
    rules = example().safety.urgent({"severe_pain", "pain_rise", "warning_sign"})
    assert [part.key for part in urgent_parts(rules, "en")] == [
        "safety.urgent",
        *["safety.instruction"] * 2,
    ]
    assert urgent_parts((), "en") == ()
