"""A data query's steps, and the sitting that was sent in sooner than reading takes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pro_service.domain.study.coming import DataQueries
from pro_service.domain.study.data_queries import (
    QueryState,
    QueryStep,
    QueryStepError,
    check_step,
    is_answered_fast,
    may_follow,
)
from pro_service.domain.study.respondents import Mode

RULES = DataQueries(under_seconds=20)
FAST, SLOW = timedelta(seconds=19), timedelta(seconds=20)


def test_what_may_follow_what() -> None:
    may = {(state, step) for state in QueryState for step in QueryStep if may_follow(state, step)}
    assert may == {
        (QueryState.open, QueryStep.answered),
        (QueryState.open, QueryStep.closed),
        (QueryState.answered, QueryStep.answered),
        (QueryState.answered, QueryStep.closed),
        (QueryState.answered, QueryStep.reopened),
        (QueryState.closed, QueryStep.reopened),
    }
    with pytest.raises(QueryStepError) as refused:
        check_step(QueryState.closed, QueryStep.answered)
    assert refused.value.word == "closed"


@pytest.mark.parametrize(
    ("rules", "mode", "questions", "took", "fast"),
    [
        (RULES, "web", 24, FAST, True),
        (RULES, "web", 24, SLOW, False),
        (RULES, "web", 1, FAST, False),
        (RULES, "text", 24, FAST, False),
        (RULES, "telephone", 24, FAST, False),
        (RULES, "web", 24, None, False),
        (None, "web", 24, FAST, False),
    ],
)
def test_a_page_of_several_questions_sent_in_too_soon_is_asked_about(
    rules: DataQueries | None, mode: Mode, questions: int, took: timedelta | None, fast: bool
) -> None:
    assert is_answered_fast(rules, mode, questions=questions, took=took) is fast
