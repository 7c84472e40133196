"""A page sent in too soon raises a data query in the write that stores it, if the protocol asks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.study.coming import Coming, DataQueries
from pro_service.services.answering import AnsweringCase, GivenAnswer, Sitting, plan_answers
from tests.support.study import make_context
from tests.unit.study.study_makers import (
    INJECTION_ON,
    at,
    attempt,
    example,
    injection,
    participant,
    plan,
    visit,
)

BY_PAGE = Sitting(mode="web", authentication="link", language="en", actor="participant:K-001")
ASKS = Coming(data_query=DataQueries(under_seconds=20))


@pytest.mark.parametrize(
    ("coming", "seconds", "raised"),
    [(ASKS, 19, ["answered_fast"]), (ASKS, 20, []), (Coming(), 19, [])],
)
def test_it_is_raised_where_the_protocol_asks_and_it_was_too_soon(
    coming: Coming, seconds: int, raised: list[str]
) -> None:
    happened = injection(occurred_at=at(INJECTION_ON, 10))
    asked = visit(plan([happened])["month_1"])
    one = next(each for each in asked.assessments if each.instrument == "womac-nrs-3.1")
    begun = one.model_copy(update={"attempt": attempt(asked.opens_at)})
    asked = visit(plan([happened])["month_1"], assessments=(begun,))
    facts = participant([asked], now=asked.opens_at + timedelta(seconds=seconds), events=[happened])
    protocol = example().model_copy(update={"coming": coming})
    case = AnsweringCase(make_context("http://127.0.0.1"), protocol, facts, BY_PAGE, {})
    items = load_instruments()["womac-nrs-3.1"].items
    answers = [GivenAnswer(one.id, item.code, item.maximum, None) for item in items]
    document = plan_answers(case, answers, submit=[one.id]).document
    assert [each.rule for each in document.queries] == raised
