"""The same answers give the same scores and alerts, whether a page or the desk brought them."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.study.entering import for_entry
from pro_service.domain.study.facts import KNEES, ParticipantFacts
from pro_service.services.answering import (
    AnsweringCase,
    AnswersPlan,
    Entered,
    GivenAnswer,
    Sitting,
    plan_answers,
)
from pro_service.services.base.context import ServiceContext
from tests.support.study import make_context
from tests.unit.study.study_makers import (
    INJECTION_ON,
    at,
    example,
    injection,
    participant,
    plan,
    visit,
)

INSTRUMENTS = load_instruments()
PLANNED = plan([injection(occurred_at=at(INJECTION_ON, 10))], KNEES)
BY_PAGE = Sitting(mode="web", authentication="link", language="en", actor="participant:K-001")


@cache
def context() -> ServiceContext:
    return make_context("http://127.0.0.1")


def outcome(plan_: AnswersPlan) -> tuple[object, ...]:
    """Scores, alerts and questions about data, without ids and names of who wrote them."""
    document = plan_.document
    scores = [
        (one.scale, one.basis, one.raw, one.normalised, one.answered, one.substituted)
        for one in document.scores
    ]
    answers = [(one.item, one.value, one.gap) for one in document.responses]
    alerts = [(one.rule, one.severity) for one in document.alerts]
    return scores, answers, alerts, [one.rule for one in document.queries], document.visits_done


@given(data=st.data())
def test_the_same_answers_give_the_same_whichever_way_they_came(data: st.DataObject) -> None:
    definition = data.draw(st.sampled_from(["safety_1", "safety_3", "week_2", "month_1"]))
    asked = visit(PLANNED[definition])
    one = data.draw(st.sampled_from(asked.assessments))
    instrument = INSTRUMENTS[one.instrument]
    told_at = asked.opens_at + timedelta(hours=data.draw(st.integers(0, 20)))
    answers = []
    for item in instrument.items:
        values = st.sampled_from(range(item.minimum, item.maximum + 1, int(item.step)))
        value = data.draw(st.none() | values)
        answers.append(
            GivenAnswer(one.id, item.code, value, None if value is not None else "skipped")
        )
    told: ParticipantFacts = participant(
        [asked], now=told_at, events=[injection(occurred_at=at(INJECTION_ON, 10))]
    )
    by_page = AnsweringCase(context(), example(), told, BY_PAGE, {})
    typed_at = told_at + timedelta(days=data.draw(st.integers(0, 40)))
    entered = Entered(told_at=told_at, offset_minutes=480, typed_at=typed_at)
    at_desk = Sitting(
        mode="telephone",
        authentication="staff",
        language="en",
        actor="staff:anna",
        entered=entered,
    )
    later = told.model_copy(update={"now": typed_at})
    by_entry = AnsweringCase(
        context(), example(), for_entry(later, one.id, None, told_at), at_desk, {}
    )
    send = [one.id] if data.draw(st.booleans()) else []
    assert outcome(plan_answers(by_page, answers, submit=send)) == outcome(
        plan_answers(by_entry, answers, submit=send)
    )
